/** `resize-volume` and `resize-instance`. */
import type { Command } from "../command.ts";
import { appliedWords, editOptions, editRequest, instance } from "./edit.ts";

export const resizeVolume: Command = {
  name: "resize-volume",
  changes: "never asks",
  describe: "make a data volume larger, while it is in use",
  positionals: [instance, { name: "size", describe: "its new size in GiB", required: true }],
  options: editOptions,
  examples: ["coffer resize-volume orders 20"],
  async run(context, args) {
    const operations = await import("../../operations/resize.ts");
    const request = editRequest(context, args, "resize-volume");
    const [{ name }, size] = [request, args.text("size")];
    const result = await operations.resizeVolume({ ...request, size });
    context.result({ name, size: Number(size), ...result }, () =>
      appliedWords(context, result, `the volume of instance "${name}" has ${size} GiB`),
    );
    return undefined;
  },
};

export const resizeInstance: Command = {
  name: "resize-instance",
  changes: "never asks",
  describe: "give an instance another flavor",
  positionals: [instance, { name: "flavor", describe: "its new flavor", required: true }],
  options: editOptions,
  notes: "Its database is down meanwhile where the flavor needs that.",
  examples: ["coffer resize-instance orders m1.medium"],
  async run(context, args) {
    const operations = await import("../../operations/resize.ts");
    const request = editRequest(context, args, "resize-instance");
    const [{ name }, flavor] = [request, args.text("flavor")];
    const result = await operations.resizeInstance({ ...request, flavor });
    context.result({ name, flavor, ...result }, () =>
      appliedWords(context, result, `instance "${name}" has flavor ${flavor}`),
    );
    return undefined;
  },
};
