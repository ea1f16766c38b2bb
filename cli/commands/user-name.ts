/** How commands name a user: the same words everywhere. */
import { type Args, type Option, present } from "../command.ts";

export const user = { name: "user", describe: "the user, NAME or NAME@HOST", required: true };

export const hostOption: Readonly<Record<string, Option>> = {
  host: { type: "string", value: "HOST", describe: "the user's host, in place of the one behind @" },
};

export const userIn = (args: Args) => ({ user: args.text("user"), ...present({ host: args.optional("host") }) });

/** As people are told it. */
export const userText = ({ user, host }: { user: string; host?: string }): string =>
  host === undefined || user.endsWith(`@${host}`) ? user : `${user}@${host}`;
