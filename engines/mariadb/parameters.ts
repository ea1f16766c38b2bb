/** The rules of server parameters: what a configuration may say. */
import type { Parameters, ParameterValue, Problem } from "../engine.ts";
import { formatSize, MiB } from "../shared/units.ts";
import { ownedReason } from "./owned.ts";
import { memoryUse } from "./settings.ts";
import { tableOf, type VersionTable } from "./table.ts";
import { canonicalValue, charsetOf } from "./values.ts";

/** The part of the flavor's memory that the server's global buffers may take together. */
const memoryShare = 0.8;

/** All problems of a configuration, in its order. */
export function checkParameters(version: string, parameters: Parameters, memoryBytes: number): readonly Problem[] {
  const table = tableOf(version);
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    const problem = checkName(name, table) ?? checkValue(name, value, table, parameters);
    if (problem) problems.push({ path: [name], ...problem });
  }
  return problems.length > 0 ? problems : checkMemory(version, parameters, memoryBytes);
}

function checkName(name: string, table: VersionTable): Omit<Problem, "path"> | undefined {
  const reason = ownedReason(name);
  if (Object.hasOwn(table.parameters, name)) {
    if (reason === undefined) return undefined;
    return { message: `${name} belongs to Coffer: ${reason}`, allowed: "remove it" };
  }
  const plain = name.toLowerCase().replaceAll("-", "_");
  const option = Object.entries(table.parameters).find(([, row]) => row.variable === plain)?.[0] ?? plain;
  if (option !== name && Object.hasOwn(table.parameters, option))
    return { message: `no parameter is called ${JSON.stringify(name)}`, allowed: `write ${option}` };
  return {
    message: `MariaDB has no parameter called ${JSON.stringify(name)} that a configuration can set`,
    candidates: Object.keys(table.parameters).filter((n) => ownedReason(n) === undefined),
  };
}

function checkValue(
  name: string,
  value: ParameterValue,
  table: VersionTable,
  parameters: Parameters,
): Omit<Problem, "path"> | undefined {
  const row = table.parameters[name];
  if (!row) return undefined;
  const canonical = canonicalValue(name, row, value);
  if ("wrong" in canonical) return { message: `${name} ${canonical.wrong}`, allowed: canonical.allowed };
  if (name === "character_set_server" && !Object.hasOwn(table.charsets, canonical.value))
    return {
      message: `${name} is ${JSON.stringify(value)}, which no character set is called`,
      candidates: Object.keys(table.charsets),
    };
  if (name === "collation_server") return checkCollation(canonical.value, table, parameters.character_set_server);
  return undefined;
}

function checkCollation(
  collation: string,
  table: VersionTable,
  charset: ParameterValue | undefined,
): Omit<Problem, "path"> | undefined {
  const owner = charsetOf(collation, table);
  if (owner === undefined)
    return {
      message: `collation_server is ${JSON.stringify(collation)}, which no collation is called`,
      candidates: Object.values(table.charsets).flat(),
    };
  if (charset !== undefined && owner !== charset)
    return {
      message: `collation_server ${collation} belongs to the character set ${owner}, but character_set_server is ${charset}`,
      allowed: `a collation of ${charset}`,
    };
  return undefined;
}

function checkMemory(version: string, parameters: Parameters, memoryBytes: number): Problem[] {
  const use = memoryUse(version, parameters, memoryBytes);
  const total = Object.values(use).reduce((sum, bytes) => sum + bytes, 0);
  const limit = Math.floor((memoryBytes * memoryShare) / MiB) * MiB;
  if (total <= limit) return [];
  const largest = Object.keys(use)
    .filter((name) => Object.hasOwn(parameters, name))
    .sort((a, b) => (use[b] ?? 0) - (use[a] ?? 0))[0];
  const words = Object.entries(use).map(([name, bytes]) => `${name} ${formatSize(bytes)}`);
  return [
    {
      path: largest === undefined ? [] : [largest],
      message: `the server's buffers take ${Math.ceil(total / MiB)}M (${words.join(", ")}) of the flavor's ${formatSize(memoryBytes)}`,
      allowed: `${formatSize(limit)} in all (80% of the memory); lower them or take a larger flavor`,
    },
  ];
}
