/** Commands that change users of databases. */
import { type Privileges, privilegeLevels } from "../../engines/engine.ts";
import type { Args, Command, Option } from "../command.ts";
import { present } from "../command.ts";
import type { Context } from "../context.ts";
import { shellWord } from "../shell-word.ts";
import { appliedWords, editOptions, editRequest, inInstance } from "./edit.ts";
import { hostOption, user, userIn, userText } from "./user-name.ts";

const databases = { name: "databases", describe: "the databases", required: true, rest: true };

const privileges: Option = {
  type: "string",
  choices: privilegeLevels,
  describe: "what the user may do in them; default: all",
};

const passwordOptions: Readonly<Record<string, Option>> = {
  "password-env": { type: "string", value: "VARIABLE", describe: "take the password from an environment variable" },
  "password-file": { type: "string", value: "FILE", describe: "take the password from a file" },
};

const passwordIn = (args: Args) =>
  present({ env: args.optional("password-env"), file: args.optional("password-file") });

const levelIn = (args: Args) => present({ privileges: args.optional("privileges") as Privileges | undefined });

export const userCreate: Command = {
  name: "user-create",
  changes: "never asks",
  describe: "add a user, with a generated password",
  positionals: [inInstance, { ...user, describe: "the new user, NAME or NAME@HOST" }],
  options: {
    ...hostOption,
    databases: { type: "list", value: "NAME", describe: "databases that the user may use" },
    privileges,
    ...passwordOptions,
    ...editOptions,
  },
  examples: ["coffer user-create orders analyst --databases shop --privileges read"],
  surplus: "one user at a time, and no password: everybody on the machine can read a command line",
  async run(context, args) {
    const operations = await import("../../operations/user-edits.ts");
    const request = { ...editRequest(context, args, "user-create", "instance"), ...userIn(args) };
    const result = await operations.createUser({
      ...request,
      databases: args.list("databases"),
      password: passwordIn(args),
      ...levelIn(args),
    });
    context.result({ name: request.name, user: userText(request), ...result }, () =>
      appliedWords(context, result, madeWords(context, request, args.list("databases"))),
    );
    return undefined;
  },
};

/** What somebody does next with a new user. The password itself is not among it. */
function madeWords(
  context: Context,
  asked: { name: string; user: string; host?: string },
  databases: readonly string[],
): string {
  const line = (...words: string[]) => ["coffer", ...words, ...context.stackWords].map(shellWord).join(" ");
  const host = asked.host === undefined ? [] : ["--host", asked.host];
  const next = databases.length
    ? []
    : [`it may use no database yet:  ${line("user-grant-access", asked.name, asked.user, "DATABASE", ...host)}`];
  return [
    `user "${userText(asked)}" is made`,
    ...next,
    `connect as it:  ${line("connect", asked.name, "--user", asked.user, ...host)}`,
    `its password:   ${line("user-show", asked.name, asked.user, ...host, "--password")}`,
  ].join("\n  ");
}

export const userDelete: Command = {
  name: "user-delete",
  changes: "asks",
  describe: "drop a user",
  positionals: [inInstance, user],
  options: { ...hostOption, ...editOptions },
  async run(context, args) {
    const operations = await import("../../operations/user-edits.ts");
    const request = { ...editRequest(context, args, "user-delete", "instance"), ...userIn(args) };
    const result = await operations.deleteUser({
      ...request,
      async approve() {
        if (args.flag("yes")) return true;
        const what = `This drops user "${userText(request)}" of instance "${request.name}", and its password is lost.`;
        return context.confirm(`${what} Data stays.`, "--yes");
      },
    });
    context.result({ name: request.name, user: userText(request), ...result }, () =>
      appliedWords(context, result, `user "${userText(request)}" of instance "${request.name}" is dropped`),
    );
    return undefined;
  },
};

export const userUpdate: Command = {
  name: "user-update",
  changes: "never asks",
  describe: "give a user another name, host or password",
  positionals: [inInstance, user],
  options: {
    ...hostOption,
    "new-name": { type: "string", value: "NAME", describe: "its new name" },
    "new-host": {
      type: "string",
      value: "HOST",
      describe: "where it may connect from, with engines whose users have hosts",
    },
    "new-password": { type: "boolean", describe: "generate another password" },
    ...passwordOptions,
    ...editOptions,
  },
  notes: "The grants stay, and so does the password unless another one is asked for.",
  examples: ["coffer user-update orders app --new-name shop", "coffer user-update orders app --new-password"],
  async run(context, args) {
    const operations = await import("../../operations/user-edits.ts");
    const request = { ...editRequest(context, args, "user-update", "instance"), ...userIn(args) };
    const result = await operations.updateUser({
      ...request,
      newPassword: args.flag("new-password"),
      password: passwordIn(args),
      ...present({ newName: args.optional("new-name"), newHost: args.optional("new-host") }),
    });
    context.result({ name: request.name, user: userText(request), ...result }, () =>
      appliedWords(
        context,
        result,
        `user "${userText(request)}" of instance "${request.name}" is as the spec says now`,
      ),
    );
    return undefined;
  },
};

export const userGrantAccess: Command = {
  name: "user-grant-access",
  changes: "never asks",
  describe: "let a user use databases",
  positionals: [inInstance, user, databases],
  options: { ...hostOption, privileges, ...editOptions },
  notes: "What the user had in them before is replaced.",
  examples: ["coffer user-grant-access orders analyst shop reports --privileges read"],
  async run(context, args) {
    const operations = await import("../../operations/user-edits.ts");
    const request = { ...editRequest(context, args, "user-grant-access", "instance"), ...userIn(args) };
    const result = await operations.grantAccess({ ...request, databases: args.list("databases"), ...levelIn(args) });
    context.result({ name: request.name, user: userText(request), ...result }, () =>
      appliedWords(context, result, `the privileges of user "${userText(request)}" are as the spec says now`),
    );
    return undefined;
  },
};

export const userRevokeAccess: Command = {
  name: "user-revoke-access",
  changes: "never asks",
  describe: "take a user's privileges in databases away",
  positionals: [inInstance, user, databases],
  options: { ...hostOption, ...editOptions },
  async run(context, args) {
    const operations = await import("../../operations/user-edits.ts");
    const request = { ...editRequest(context, args, "user-revoke-access", "instance"), ...userIn(args) };
    const result = await operations.revokeAccess({ ...request, databases: args.list("databases") });
    context.result({ name: request.name, user: userText(request), ...result }, () =>
      appliedWords(context, result, `the privileges of user "${userText(request)}" are as the spec says now`),
    );
    return undefined;
  },
};
