/** The files of a server's configuration. They lie on the data volume, so that a new container or server finds them. */
import type { ConfigurationFile, ServerSpec, TlsMode } from "../engine.ts";
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
    { path: hbaPath, content: header + accessRules(spec.tls), ...access },
  ];
}

/** Every value is quoted: backslashes and quotes are what the file's syntax takes specially. */
function quoted({ variable, value }: Setting): string {
  return `'${printed(variable, value).replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** How clients come over the network. Under `mtls` the certificate's common name must be the user's name. */
const clients: Readonly<Record<TlsMode, readonly [type: string, method: string]>> = {
  basic: ["host", "scram-sha-256"],
  enforced: ["hostssl", "scram-sha-256"],
  mtls: ["hostssl", "scram-sha-256 clientcert=verify-full"],
};

/** The first line that fits decides. The administrator comes by OS identity over the socket, and never over TCP. */
function accessRules(tls: TlsMode): string {
  const [type, method] = clients[tls];
  const rules = [
    ["local", "all", adminRole, "", "peer"],
    ["local", "all", "all", "", "reject"],
    ["host", "all", adminRole, "all", "reject"],
    [type, "all", `+${usersRole}`, "0.0.0.0/0", method],
    [type, "all", `+${usersRole}`, "::/0", method],
    ["host", "all", "all", "all", "reject"],
  ];
  return rules.map((rule) => `${rule.map((word, column) => word.padEnd(widths[column] ?? 0)).join("")}\n`).join("");
}

const widths = [8, 5, 14, 10, 0] as const;
