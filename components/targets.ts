/** The targets there are. Adding one is a folder and a line here. A target's SDK is loaded only when it is used. */
import type { SpecSource } from "./source.ts";
import type { OpenTarget } from "./target.ts";

type Open = (source: SpecSource) => Promise<OpenTarget>;

const targets: Readonly<Record<string, () => Promise<Open>>> = {
  docker: async () => (await import("./docker/index.ts")).openDocker,
  openstack: async () => (await import("./openstack/index.ts")).openOpenstack,
};

/** The spec's target, ready to declare things. Throws a SpecError for what the target finds wrong in the spec. */
export async function openTarget(source: SpecSource): Promise<OpenTarget> {
  const { kind } = source.spec.target;
  const load = targets[kind];
  if (!load) throw new Error(`no target named "${kind}"; there are: ${Object.keys(targets).join(", ")}`);
  return (await load())(source);
}
