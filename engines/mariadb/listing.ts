/** Parameters and settings as lists show them. */
import type { OwnSetting, ParameterRule, ServerSpec } from "../engine.ts";
import { ownedReason } from "./owned.ts";
import { settings } from "./settings.ts";
import { type ParameterRow, tableOf } from "./table.ts";
import { unitNameOf } from "./unit-names.ts";
import { valuesOf } from "./values.ts";

const types: Readonly<Record<ParameterRow["type"], ParameterRule["type"]>> = {
  integer: "integer",
  number: "number",
  boolean: "boolean",
  enum: "enum",
  set: "list",
  flagset: "flags",
  string: "text",
};

export function parameterRules(version: string): readonly ParameterRule[] {
  const rows = Object.entries(tableOf(version).parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return rows.map(([name, row]): ParameterRule => {
    const { min, max, default: initial, dynamic } = row;
    const counts = row.type === "integer" || row.type === "number";
    const [unit, values, owned] = [counts ? unitNameOf(name) : undefined, valuesOf(name, row), ownedReason(name)];
    return {
      name,
      type: types[row.type],
      ...(unit === undefined ? {} : { unit }),
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
      ...(values === undefined ? {} : { values }),
      ...(initial === undefined ? {} : { default: initial }),
      dynamic,
      ...(owned === undefined ? {} : { owned }),
    };
  });
}

export function ownSettings(spec: ServerSpec): readonly OwnSetting[] {
  return settings({ ...spec, parameters: {} })
    .map(({ name, value, from }): OwnSetting => ({ name, value, from: from === "coffer" ? "coffer" : "flavor" }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
