/** The server's configuration file. */
import { layout } from "../../access/guest.ts";
import type { ConfigurationFile, ServerSpec } from "../engine.ts";
import { type Setting, settings } from "./settings.ts";

export const configurationPath = `${layout.conf}/mariadb.cnf`;

const titles: Readonly<Record<Setting["from"], string>> = {
  coffer: "Coffer's own: paths, durability, replication.",
  flavor: "Defaults computed from the flavor.",
  user: "The configuration of the spec.",
};

/** Renders the one file that the server reads. */
export function renderConfiguration(spec: ServerSpec): readonly ConfigurationFile[] {
  const lines = ["# Written by Coffer; changes made here are undone. Edit the spec instead.", "[mariadbd]"];
  let from: Setting["from"] | undefined;
  for (const setting of settings(spec)) {
    if (setting.from !== from) {
      from = setting.from;
      lines.push("", `# ${titles[from]}`);
    }
    lines.push(`${setting.name} = ${optionValue(setting.value)}`);
  }
  return [{ path: configurationPath, content: `${lines.join("\n")}\n`, mode: 0o644, owner: "root:root" }];
}

/** A value as option files take it: plain where that is safe, else quoted with the file's own escapes. */
export function optionValue(value: string): string {
  if (/\p{Cc}/u.test(value)) throw new Error("a parameter with a control character was not refused by the rules");
  if (/^[A-Za-z0-9_./,=+:-]+$/.test(value)) return value;
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
