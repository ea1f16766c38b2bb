/** Commands on a whole stack. */
import type { InstanceRow } from "../../operations/rows.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../failure.ts";

const fileArgument = { name: "spec", describe: "the spec file, as -f", required: false };
const takeOver = {
  "take-over": { type: "boolean", describe: "let this file be the stack's spec from now on" },
} as const;
const allowReplace = {
  "allow-replace": { type: "each", value: "NAME", describe: "allow that this instance's server or volume is replaced" },
} as const;

export const up: Command = {
  name: "up",
  changes: "asks",
  describe: "bring the stack to its spec",
  positionals: [fileArgument],
  options: { ...allowReplace, ...takeOver },
  notes: `Shows the plan, and asks on a terminal before it changes, restarts, drops, replaces, deletes or closes anything that is
there. A plan that only creates goes on by itself; so does every plan with --yes, and where standard input is no terminal.`,
  examples: ["coffer up stacks/demo.yaml"],
  async run(context, args) {
    const operations = await import("../../operations/up.ts");
    const result = await operations.up({
      ...context.request(args.optional("spec")),
      verb: "up",
      takeOver: args.flag("take-over"),
      allowReplace: args.list("allow-replace"),
      async approve(plan) {
        // Without a terminal nobody is asked: a pipeline has looked at the preview before.
        if (args.flag("yes") || !context.answers) return true;
        const { planQuestion } = await import("../confirm.ts");
        const question = planQuestion(plan);
        return question === undefined || context.confirm(question, "--yes");
      },
    });
    const { planText } = await import("../plan-view.ts");
    const { listTable } = await import("../tables.ts");
    const { applied, changes, instances, stack, keep } = result;
    context.result({ stack, applied, changes, instances }, () => {
      const head = applied ? "" : planText(result, context.paint);
      return `${head}${listTable(instances)}${connectWords(instances)}`;
    });
    if (keep) {
      context.tell(`\nThe state of this stack lies in ${keep.state}.`);
      if (keep.passphraseFile) {
        context.tell(
          `Its passphrase lies in ${keep.passphraseFile}. Keep a copy of both: without them no stored password can be read.`,
        );
        context.tell(`One sealed file of both: coffer state export FILE`);
      }
    }
    return undefined;
  },
};

function connectWords(instances: readonly InstanceRow[]): string {
  const serving = instances.filter(({ operatingStatus }) => operatingStatus === "HEALTHY");
  const lines = serving.map(({ name }) => `  coffer connect ${name}`);
  return lines.length ? `\nConnect with:\n${lines.join("\n")}\n` : "";
}

export const preview: Command = {
  name: "preview",
  describe: "show what up would change",
  positionals: [fileArgument],
  options: {
    "detailed-exitcode": { type: "boolean", describe: "exit with 3 when there are changes" },
    ...allowReplace,
    ...takeOver,
  },
  async run(context, args) {
    const operations = await import("../../operations/apply.ts");
    const plan = await operations.preview({
      ...context.request(args.optional("spec")),
      verb: "preview",
      takeOver: args.flag("take-over"),
      allowReplace: args.list("allow-replace"),
    });
    const { planText } = await import("../plan-view.ts");
    context.result(plan, () => planText(plan, context.paint));
    for (const refusal of plan.refusals) context.tell(`coffer: ${refusal.message}\n  what to do: ${refusal.remedy}`);
    if (plan.refusals.length) return exitCodes.input;
    const pending = plan.changes.length > 0 || plan.recordsDiffer || plan.mending.length > 0;
    return args.flag("detailed-exitcode") && pending ? exitCodes.pending : undefined;
  },
};

export const destroy: Command = {
  name: "destroy",
  changes: "asks",
  describe: "remove the whole stack; data volumes are kept",
  positionals: [fileArgument],
  options: {
    "with-data": { type: "boolean", describe: "delete the data volumes too" },
    "yes-delete-data": { type: "each", value: "NAME", describe: "confirm that this instance's data is deleted" },
  },
  async run(context, args) {
    const operations = await import("../../operations/destroy.ts");
    const result = await operations.destroy({
      ...context.request(args.optional("spec")),
      verb: "destroy",
      withData: args.flag("with-data"),
      confirmedData: args.list("yes-delete-data"),
      async approve(plan) {
        if (args.flag("yes")) return true;
        const lines = [
          `This removes stack "${plan.stack}": ${plan.instances.length ? plan.instances.join(", ") : "no instances"}.`,
        ];
        const fate = plan.withData ? "DELETED, with all data in it" : "kept";
        lines.push(...plan.volumes.map((volume) => `  data volume ${volume.id} (${volume.instance}): ${fate}`));
        return context.confirm(lines.join("\n"), "--yes");
      },
    });
    const { keptWords, deletedWords } = await import("../tables.ts");
    context.result(result, () => {
      const removed = result.removed.length ? `removed: ${result.removed.join(", ")}\n` : "";
      return `${removed}${deletedWords(result.deleted)}${keptWords(result.kept, result.datastores)}`;
    });
    return undefined;
  },
};

export const validate: Command = {
  name: "validate",
  describe: "check a spec file; contacts nothing",
  positionals: [fileArgument],
  async run(context, args) {
    const operations = await import("../../operations/validate.ts");
    const result = await operations.validate(context.request(args.optional("spec")));
    const { formatProblems } = await import("../../spec/problem.ts");
    if (result.warnings.length) context.tell(formatProblems(result.warnings));
    if (result.valid || context.format !== "table") {
      context.result(result, () => `${result.file}: valid, ${count(result.instances.length, "instance")}\n`);
    } else {
      context.tell(formatProblems(result.problems));
      context.tell(`${result.file}: ${count(result.problems.length, "problem")}`);
    }
    return result.valid ? undefined : exitCodes.input;
  },
};

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

export const env: Command = {
  name: "env",
  describe: "print what a shell needs for plain pulumi",
  examples: ['eval "$(coffer env)"'],
  positionals: [fileArgument],
  async run(context, args) {
    const operations = await import("../../operations/env.ts");
    const shell = await operations.shellEnvironment(context.request(args.optional("spec")));
    const unset = Object.fromEntries(shell.unset.map((name) => [name, null]));
    context.result({ ...shell.variables, ...unset }, () => operations.exportLines(shell));
    return undefined;
  },
};

export const init: Command = {
  name: "init",
  changes: "never asks",
  describe: "write a starter spec",
  positionals: [
    { name: "spec", describe: "the file to make; default stacks/NAME-OF-THIS-FOLDER.yaml", required: false },
  ],
  async run(context, args) {
    const operations = await import("../../operations/init.ts");
    const { basename, join, resolve } = await import("node:path");
    const file = args.optional("spec") ?? context.options.file ?? join("stacks", `${basename(process.cwd())}.yaml`);
    await operations.init(resolve(file), file);
    context.result({ file }, () => `made ${file}; edit it, then: coffer up ${file}\n`);
    return undefined;
  },
};
