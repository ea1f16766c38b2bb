/** The files of a server's configuration. They lie on the data volume, so that a new container or server finds them. */
import type { ConfigurationFile, ServerSpec } from "../engine.ts";
import { adminRole, usersRole } from "./names.ts";
import { configurationPath, hbaPath, type Setting, settingsOf } from "./settings.ts";
import { printed } from "./values.ts";

const header = "# Written by Coffer; a change by hand is undone.\n";

/** Readable by the server, writable by root alone. */
const access = { mode: 0o640, owner: "root:postgres" } as const;

export function renderConfiguration(spec: ServerSpec): readonly ConfigurationFile[] {
  const lines = [...settingsOf(spec)].map(([name, setting]) => `${name} = ${quoted(setting)}\n`);
  return [
    { path: configurationPath, content: header + lines.join(""), ...access },
    { path: hbaPath, content: header + hba, ...access },
  ];
}

/** Every value is quoted: backslashes and quotes are what the file's syntax takes specially. */
function quoted({ variable, value }: Setting): string {
  return `'${printed(variable, value).replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** The first line that fits decides. The administrator comes by OS identity over the socket, and never over TCP. */
const rules = [
  ["local", "all", adminRole, "", "peer"],
  ["local", "all", "all", "", "reject"],
  ["host", "all", adminRole, "all", "reject"],
  ["host", "all", `+${usersRole}`, "0.0.0.0/0", "scram-sha-256"],
  ["host", "all", `+${usersRole}`, "::/0", "scram-sha-256"],
  ["host", "all", "all", "all", "reject"],
] as const;

const widths = [6, 9, 14, 10, 0] as const;

const hba = rules.map((rule) => `${rule.map((word, column) => word.padEnd(widths[column] ?? 0)).join("")}\n`).join("");
