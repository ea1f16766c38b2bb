/** The rules for the parameters of a spec. */
import type { Parameters, Problem } from "../engine.ts";
import { MiB } from "../shared/units.ts";
import { type Catalogue, catalogueOf } from "./catalogue.ts";
import { ownedReason } from "./owned.ts";
import { defaults } from "./settings.ts";
import { bytesOf, parseValue } from "./values.ts";

/** Bounds that the server states only when it refuses to start. */
const least: Readonly<Record<string, { value: string; why: string }>> = {
  max_connections: { value: "10", why: "some are kept for administration" },
  max_wal_size: { value: "32MB", why: "it must hold two segments of 16MB" },
  wal_buffers: { value: "32kB", why: "leave it out to have it computed" },
  min_wal_size: { value: "32MB", why: "it must hold two segments of 16MB" },
};

/** The caches of PostgreSQL 17 that come in banks; 0, which three of them take for "computed", is what leaving it out is. */
const inBanks =
  /^(commit_timestamp|multixact_member|multixact_offset|notify|serializable|subtransaction|transaction)_buffers$/;
/** Blocks of 8 kB. */
const bank = 16;

export function checkParameters(version: string, parameters: Parameters, memoryBytes: number): readonly Problem[] {
  const catalogue = catalogueOf(version);
  const problems = Object.entries(parameters).flatMap(([name, value]) => check(catalogue, name, value));
  return problems.length > 0 ? problems : memoryProblems(catalogue, parameters, memoryBytes);
}

function check(catalogue: Catalogue, name: string, value: Parameters[string]): readonly Problem[] {
  const variable = catalogue.get(name);
  if (!variable) return [unknownName(catalogue, name)];
  const reason = ownedReason(name, variable);
  if (reason !== undefined)
    return [{ path: [name], message: `"${name}" cannot be set: ${reason}`, allowed: "leave it out" }];
  const parsed = parseValue(name, variable, value);
  if ("message" in parsed) return [{ path: [name], ...parsed }];
  const bound = least[name];
  const lowest = bound && parseValue(name, variable, bound.value);
  if (bound && lowest && "value" in lowest && Number(parsed.value) < Number(lowest.value))
    return [{ path: [name], message: `${value} is too small`, allowed: `at least ${bound.value}: ${bound.why}` }];
  if (inBanks.test(name) && (Number(parsed.value) === 0 || Number(parsed.value) % bank !== 0))
    return [
      { path: [name], message: `${value} is no whole number of banks`, allowed: "a multiple of 128kB, at least one" },
    ];
  return [];
}

function unknownName(catalogue: Catalogue, name: string): Problem {
  if (name.includes("."))
    return {
      path: [name],
      message: `"${name}" is a parameter of an extension, which Coffer does not offer yet`,
      allowed: "parameters of the server itself",
    };
  const spelling = [...catalogue.keys()].find((known) => known.toLowerCase() === name.toLowerCase());
  return {
    path: [name],
    message: `PostgreSQL has no parameter "${name}"`,
    ...(spelling ? { allowed: `it is written ${spelling}` } : {}),
    candidates: [...catalogue].filter(([n, v]) => ownedReason(n, v) === undefined).map(([n]) => n),
  };
}

/** What a connection costs at the least, whatever it does. */
const bytesPerConnection = MiB;
const memoryShare = 0.8;

/**
 * What the server takes at the least with these parameters: shared memory, one maintenance task, one sort, and its
 * connections. Above 80 % of the flavor's memory the server would be killed sooner or later.
 */
function memoryProblems(catalogue: Catalogue, parameters: Parameters, memoryBytes: number): readonly Problem[] {
  const all = { ...defaults({ memoryBytes, volumeBytes: 0 }), ...parameters };
  const sizeOf = (name: string): number => {
    const variable = catalogue.get(name);
    if (!variable) return 0;
    const parsed = parseValue(name, variable, all[name] ?? variable.default ?? "0");
    return "value" in parsed ? (bytesOf(variable, parsed.value) ?? 0) : 0;
  };
  const connections = Number(all.max_connections ?? catalogue.get("max_connections")?.default);
  const parts: readonly (readonly [string, number])[] = [
    ["shared_buffers", sizeOf("shared_buffers")],
    ["wal_buffers", sizeOf("wal_buffers")],
    ["maintenance_work_mem", sizeOf("maintenance_work_mem")],
    ["work_mem", sizeOf("work_mem")],
    ["temp_buffers", sizeOf("temp_buffers")],
    ["max_connections", connections * bytesPerConnection],
  ];
  const sum = parts.reduce((total, [, bytes]) => total + bytes, 0);
  if (sum <= memoryBytes * memoryShare) return [];
  const given = parts.filter(([name]) => name in parameters).sort(([, a], [, b]) => b - a);
  const largest = given[0];
  // Defaults alone never get here on a flavor of a sensible size, and nobody could mend them in a spec.
  if (!largest) return [];
  const words = parts.map(([name, bytes]) => `${name} ${Math.ceil(bytes / MiB)}MB`).join(", ");
  return [
    {
      path: [largest[0]],
      message: `the server would need at least ${Math.ceil(sum / MiB)}MB of memory (${words})`,
      allowed: `at most ${Math.floor((memoryBytes * memoryShare) / MiB)}MB, 80 % of the flavor's ${Math.floor(memoryBytes / MiB)}MB`,
    },
  ];
}
