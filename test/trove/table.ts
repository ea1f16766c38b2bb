/** Everything that Trove offers, row by row: what Coffer has for it and which test shows that, or why it is not there yet. */
import { complaints, traps } from "./promises.ts";
import type { RuleRow, VerbRow } from "./row.ts";
import { configurationRules, contentRules, setRules } from "./rules-contents.ts";
import { instanceRules, versionRules } from "./rules-instances.ts";
import { configurationVerbs, contentVerbs, otherVerbs } from "./verbs-contents.ts";
import { datastoreVerbs, instanceVerbs } from "./verbs-instances.ts";
import { createOptions, listColumns, statuses } from "./words.ts";

export { own } from "./own.ts";

/** By the name of their table on the page. */
export const verbs: Readonly<Record<string, readonly VerbRow[]>> = {
  "verbs on instances": instanceVerbs,
  "verbs on databases and users": contentVerbs,
  "verbs on configuration groups": configurationVerbs,
  "verbs on datastores": datastoreVerbs,
  "other verbs": otherVerbs,
};

/** By the name of their table on the page. */
export const rules: Readonly<Record<string, readonly RuleRow[]>> = {
  "options of create": createOptions,
  "columns of list": listColumns,
  status: statuses,
  "rules on datastore versions": versionRules,
  "rules on instances": instanceRules,
  "rules on configuration groups": configurationRules,
  "rules on databases and users": contentRules,
  "replicas, backups, quotas, clusters": setRules,
  complaints,
  traps,
};

export const rows: readonly (VerbRow | RuleRow)[] = [...Object.values(verbs).flat(), ...Object.values(rules).flat()];
