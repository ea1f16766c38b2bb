/** What commands that edit the spec have in common. */
import type { EditResult } from "../../operations/spec-edits.ts";
import type { Args, Option } from "../command.ts";
import type { Context } from "../context.ts";

export const instance = { name: "name", describe: "the instance", required: true, instance: true };

/** As it is called where something inside of it is named, too. */
export const inInstance = { ...instance, name: "instance" };

export const editOptions: Readonly<Record<string, Option>> = {
  "edit-only": { type: "boolean", describe: "write the spec file and apply nothing" },
  all: { type: "boolean", describe: "apply other pending changes too" },
};

export function editRequest(context: Context, args: Args, verb: string, positional = "name") {
  const name = args.text(positional);
  const [editOnly, all] = [args.flag("edit-only"), args.flag("all")];
  return { ...context.request(), verb: `${verb} ${name}`, name, editOnly, all };
}

/** `done` when it was applied, else what is left to do. */
export function appliedWords(context: Context, result: EditResult, done: string): string {
  if (!result.applied) return editWords(context, result);
  return result.applied.applied ? `${done}\n` : `${context.shown(result.file)} says it; there was nothing to apply\n`;
}

/** Nothing when it was applied. */
export function editWords(context: Context, result: EditResult): string {
  const file = context.shown(result.file);
  return result.applied ? "" : `${file} is changed; apply it with: coffer up\n`;
}
