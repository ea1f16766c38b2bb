/** Docker resources whose replacement or removal concerns data: no apply does that unasked. */
export const statefulTypes: readonly string[] = ["docker:index/container:Container", "docker:index/volume:Volume"];
