/** Parameters and settings as lists show them. */
import type { OwnSetting, ParameterRule, ServerSpec } from "../engine.ts";
import { catalogueOf, type VariableType } from "./catalogue.ts";
import { ownedReason } from "./owned.ts";
import { defaults, settingsOf } from "./settings.ts";
import { printed } from "./values.ts";

const types: Readonly<Record<VariableType, ParameterRule["type"]>> = {
  bool: "boolean",
  integer: "integer",
  real: "number",
  string: "text",
  enum: "enum",
};

export function parameterRules(version: string): readonly ParameterRule[] {
  const rows = [...catalogueOf(version)].sort(([a], [b]) => (a < b ? -1 : 1));
  return rows.map(([name, variable]): ParameterRule => {
    const { type, context, ...rest } = variable;
    const owned = ownedReason(name, variable);
    return {
      name,
      type: types[type],
      ...rest,
      dynamic: context !== "postmaster" && context !== "internal",
      ...(owned === undefined ? {} : { owned }),
    };
  });
}

export function ownSettings(spec: ServerSpec): readonly OwnSetting[] {
  const free = defaults(spec);
  return [...settingsOf({ ...spec, parameters: {} })].map(([name, { variable, value }]) => ({
    name,
    value: printed(variable, value),
    from: Object.hasOwn(free, name) ? "flavor" : "coffer",
  }));
}
