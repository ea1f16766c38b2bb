/** Commands that show users of databases. */
import type { Command } from "../command.ts";
import { present } from "../command.ts";

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
  positionals: [
    { name: "instance", describe: "the instance", required: true, instance: true },
    { name: "user", describe: "the user's name", required: true },
  ],
  options: {
    host: { type: "string", value: "HOST", describe: "the user's host, where one name has several" },
    password: { type: "boolean", describe: "print the password too" },
  },
  async run(context, args) {
    const operations = await import("../../operations/users.ts");
    const user = await operations.showUser({
      ...context.request(),
      instance: args.text("instance"),
      user: args.text("user"),
      withPassword: args.flag("password"),
      ...present({ host: args.optional("host") }),
    });
    const { sheet } = await import("../output.ts");
    context.result(user, () =>
      sheet([
        ["instance", user.instance],
        ["name", user.name],
        ["host", user.host],
        ["grants", user.grants.map((grant) => `${grant.database}: ${grant.privileges}`)],
        ...(user.password === undefined ? [] : [["password", user.password] as const]),
      ]),
    );
    return undefined;
  },
};

export const userShowAccess: Command = {
  name: "user-show-access",
  describe: "what a user may do, as the server has it",
  positionals: [
    { name: "instance", describe: "the instance", required: true, instance: true },
    { name: "user", describe: "the user's name", required: true },
  ],
  options: { host: { type: "string", value: "HOST", describe: "the user's host, where one name has several" } },
  notes: "PRIVILEGES: read, write, all, or partial, when something is granted that makes up none of them.",
  async run(context, args) {
    const operations = await import("../../operations/contents.ts");
    const rows = await operations.showAccess({
      ...context.request(),
      instance: args.text("instance"),
      user: args.text("user"),
      ...present({ host: args.optional("host") }),
    });
    const { accessTable } = await import("../content-tables.ts");
    context.result(rows, () => accessTable(rows));
    return undefined;
  },
};
