/** Commands that show users of databases. */
import type { Command } from "../command.ts";
import { present } from "../command.ts";
import { hostOption, user, userIn } from "./user-name.ts";

export const userList: Command = {
  name: "user-list",
  describe: "users of all instances, or of one",
  positionals: [{ name: "instance", describe: "only its users", required: false, instance: true }],
  async run(context, args) {
    const operations = await import("../../operations/users.ts");
    const rows = await operations.listUsers({
      ...context.request(),
      ...present({ instance: args.optional("instance") }),
    });
    const { userTable } = await import("../tables.ts");
    context.result(rows, () => userTable(rows));
    return undefined;
  },
};

export const userShow: Command = {
  name: "user-show",
  describe: "one user, and its password when asked for",
  positionals: [{ name: "instance", describe: "the instance", required: true, instance: true }, user],
  options: {
    ...hostOption,
    password: { type: "boolean", describe: "print the password too" },
  },
  async run(context, args) {
    const operations = await import("../../operations/users.ts");
    const row = await operations.showUser({
      ...context.request(),
      instance: args.text("instance"),
      ...userIn(args),
      withPassword: args.flag("password"),
    });
    const { sheet } = await import("../output.ts");
    context.result(row, () =>
      sheet([
        ["instance", row.instance],
        ["name", row.name],
        ["host", row.host],
        ["grants", row.grants.map((grant) => `${grant.database}: ${grant.privileges}`)],
        ...(row.password === undefined ? [] : [["password", row.password] as const]),
      ]),
    );
    return undefined;
  },
};

export const userShowAccess: Command = {
  name: "user-show-access",
  describe: "what a user may do, as the server has it",
  positionals: [{ name: "instance", describe: "the instance", required: true, instance: true }, user],
  options: hostOption,
  notes: "PRIVILEGES: read, write, all, or partial, when something is granted that makes up none of them.",
  async run(context, args) {
    const operations = await import("../../operations/contents.ts");
    const rows = await operations.showAccess({
      ...context.request(),
      instance: args.text("instance"),
      ...userIn(args),
    });
    const { accessTable } = await import("../content-tables.ts");
    context.result(rows, () => accessTable(rows));
    return undefined;
  },
};
