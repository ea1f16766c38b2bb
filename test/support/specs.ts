/** Specs for tests, as a user would write them. */

export interface InstanceOptions {
  flavor?: string;
  parameters?: Record<string, string | number>;
  databases?: readonly string[];
  /** Users, each with databases it has all privileges in, or only reads. */
  users?: Record<string, { all?: readonly string[]; read?: readonly string[] }>;
  extra?: string;
}

const header = `coffer: 1
target: docker
flavors:
  small: { vcpus: 1, memory: 512M }
  bigger: { vcpus: 1.5, memory: 768M }
datastores:
  mariadb: { default: "10.11", versions: { "10.11": {} } }
  postgresql: { default: "15", versions: { "15": {} } }
instances:
`;

/** A spec with the given instances; names start with the engine's: `mariadb-orders` is a MariaDB. */
export function specOf(instances: Record<string, InstanceOptions>): string {
  return (
    header +
    Object.entries(instances)
      .map(([name, options]) => instanceOf(name, options))
      .join("")
  );
}

export const engineOfName = (name: string): string => name.split("-")[0] ?? "";

function instanceOf(name: string, options: InstanceOptions): string {
  const lines = [
    `  ${name}:`,
    `    datastore: ${engineOfName(name)}`,
    `    flavor: ${options.flavor ?? "small"}`,
    "    volume: 1",
  ];
  if (options.parameters) lines.push(`    parameters: ${JSON.stringify(options.parameters)}`);
  if (options.databases) lines.push(`    databases: ${JSON.stringify(options.databases)}`);
  if (options.users) lines.push("    users:", ...Object.entries(options.users).map(userOf));
  if (options.extra) lines.push(`    ${options.extra}`);
  return `${lines.join("\n")}\n`;
}

function userOf([name, { all = [], read = [] }]: [
  string,
  { all?: readonly string[]; read?: readonly string[] },
]): string {
  const databases = [...all, ...read.map((database) => ({ name: database, privileges: "read" }))];
  return `      - ${JSON.stringify({ name, databases })}`;
}
