/** The tables of datastores, configurations and parameters. */
import type { ParameterRule } from "../engines/engine.ts";
import type { Defaults } from "../operations/configuration-rules.ts";
import type { ConfigurationRow } from "../operations/configurations.ts";
import type { DatastoreRow, DatastoreVersionRow } from "../operations/datastores.ts";
import { sheet, table } from "./output.ts";

export function datastoreTable(rows: readonly DatastoreRow[]): string {
  return table(
    rows,
    [
      { title: "datastore", value: (row) => row.datastore },
      { title: "engine", value: (row) => row.engine },
      { title: "default", value: (row) => row.default },
      { title: "versions", value: (row) => row.versions.join(", ") },
      { title: "served too", value: (row) => row.served.join(", ") },
      { title: "instances", value: (row) => row.instances.length },
    ],
    "no datastores",
  );
}

export function versionTables(rows: readonly DatastoreVersionRow[]): string {
  const declared = table(
    rows.filter((row) => row.declared),
    [
      { title: "datastore", value: (row) => row.datastore },
      { title: "engine", value: (row) => row.engine },
      { title: "version", value: (row) => row.version },
      { title: "default", value: (row) => yesNo(row.default) },
      { title: "active", value: (row) => yesNo(row.active) },
      { title: "image", value: (row) => row.image || "Coffer's recipe" },
      { title: "configuration", value: (row) => row.configuration },
      { title: "instances", value: (row) => row.instances.join(", ") },
    ],
    "no versions",
  );
  const others = rows.filter((row) => !row.declared);
  if (!others.length) return declared;
  const words = others.map(({ datastore, version }) => `  ${datastore}@${version}\n`).join("");
  if (others.length === rows.length) return `served by Coffer:\n${words}`;
  return `${declared}\nserved by Coffer, and not declared in the spec:\n${words}`;
}

export function configurationTable(rows: readonly ConfigurationRow[]): string {
  return table(
    rows,
    [
      { title: "name", value: (row) => row.name },
      { title: "datastore", value: (row) => row.datastore },
      { title: "version", value: (row) => row.datastoreVersion },
      { title: "default", value: (row) => yesNo(row.default) },
      { title: "parameters", value: (row) => Object.keys(row.parameters).length },
      { title: "instances", value: (row) => row.instances.join(", ") },
      { title: "description", value: (row) => row.description },
    ],
    "no configurations",
  );
}

export function configurationSheet(row: ConfigurationRow): string {
  return sheet([
    ["name", row.name],
    ["datastore", `${row.datastore} ${row.datastoreVersion}`],
    ["description", row.description],
    ["default", row.default ? "of its version" : "no"],
    ["parameters", Object.entries(row.parameters).map(([name, value]) => `${name} = ${value}`)],
    ["instances", row.instances],
  ]);
}

export function parameterTable(rules: readonly ParameterRule[]): string {
  return table(
    rules,
    [
      { title: "name", value: (rule) => rule.name },
      { title: "type", value: (rule) => rule.type },
      { title: "unit", value: (rule) => rule.unit },
      { title: "range", value: rangeWords },
      { title: "default", value: (rule) => shortened(rule.default ?? "") },
      { title: "changes", value: changeWords },
    ],
    "no parameters",
  );
}

export function parameterSheet(rule: ParameterRule): string {
  return sheet([
    ["name", rule.name],
    ["type", rule.type],
    ["unit", rule.unit],
    ["range", numbersWords(rule)],
    ["values", rule.values ?? null],
    ["default", rule.default],
    ["changes", changeWords(rule)],
    ...(rule.owned === undefined ? [] : [["owned", rule.owned] as const]),
  ]);
}

export function defaultsTable({ settings, engine, version, memoryBytes, volumeBytes }: Defaults): string {
  const rows = table(
    settings,
    [
      { title: "name", value: (row) => row.name },
      { title: "value", value: (row) => row.value },
      { title: "from", value: (row) => row.from },
    ],
    "nothing",
  );
  const [memory, volume] = [Math.round(memoryBytes / 1024 ** 2), Math.round(volumeBytes / 1024 ** 3)];
  return `${rows}\n${engine} ${version} with ${memory} MiB of memory and a volume of ${volume} GiB\n`;
}

const yesNo = (value: boolean): string => (value ? "yes" : "no");
const longest = 40;
const shortened = (text: string): string => (text.length > longest ? `${text.slice(0, longest - 3)}...` : text);

function changeWords({ owned, dynamic }: ParameterRule): string {
  if (owned !== undefined) return "owned";
  return dynamic ? "live" : "restart";
}

function rangeWords(rule: ParameterRule): string {
  return rule.values ? shortened(rule.values.join(", ")) : numbersWords(rule);
}

function numbersWords({ min, max }: ParameterRule): string {
  if (min === undefined && max === undefined) return "";
  return `${min ?? ""} .. ${max ?? ""}`.trim();
}
