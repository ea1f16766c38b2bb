/** `access`: who may connect to an instance. */
import { OperationError } from "../../operations/errors.ts";
import type { Args, Command } from "../command.ts";
import { present } from "../command.ts";
import { appliedWords, editOptions, editRequest, instance } from "./edit.ts";

export const access: Command = {
  name: "access",
  changes: "never asks",
  describe: "say who may connect to an instance",
  positionals: [instance],
  options: {
    public: { type: "boolean", describe: "give the database a floating IP" },
    "no-public": { type: "boolean", describe: "take the floating IP away" },
    allow: { type: "each", value: "CIDR", describe: "a network that may use the database" },
    admin: { type: "each", value: "CIDR", describe: "a network that coffer's SSH comes from" },
    ...editOptions,
  },
  notes: `What is not named stays as it is. --allow and --admin may be repeated; together they are the whole new list, and
"none" stands for an empty one.`,
  examples: ["coffer access orders --public --allow 198.51.100.0/24 --allow 203.0.113.7/32"],
  async run(context, args) {
    const operations = await import("../../operations/access.ts");
    const request = editRequest(context, args, "access");
    const result = await operations.changeAccess({
      ...request,
      ...present({ public: publicIn(args), allow: listIn(args, "allow"), admin: listIn(args, "admin") }),
    });
    context.result({ name: request.name, ...result }, () =>
      appliedWords(context, result, `the access to instance "${request.name}" is as the spec says now`),
    );
    return undefined;
  },
};

function publicIn(args: Args): boolean | undefined {
  const [yes, no] = [args.flag("public"), args.flag("no-public")];
  if (yes && no) {
    throw new OperationError("input", "--public and --no-public exclude each other", {
      remedy: "coffer access --help",
    });
  }
  return yes || no ? yes : undefined;
}

function listIn(args: Args, name: string): readonly string[] | undefined {
  const words = args.list(name);
  return words.length ? words : undefined;
}
