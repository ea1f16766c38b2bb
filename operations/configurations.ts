/** `configuration-list`, `configuration-show` and `configuration-instances`: groups as the spec has them. */
import type { Parameters } from "../engines/engine.ts";
import type { ConfigurationGroupSpec, StackSpec } from "../spec/model.ts";
import { nearest } from "../spec/nearest.ts";
import { OperationError } from "./errors.ts";
import { type OperationRequest, readSource } from "./session.ts";

export interface ConfigurationRow {
  name: string;
  datastore: string;
  datastoreVersion: string;
  description: string | null;
  parameters: Parameters;
  /** The instances that have it, by their own choice or by their version's. */
  instances: readonly string[];
  /** True: instances of its version that name no group have it. */
  default: boolean;
}

export async function listConfigurations(request: OperationRequest): Promise<readonly ConfigurationRow[]> {
  const { spec } = (await readSource(request)).source;
  const rows = spec.configurations.map((group) => configurationRow(spec, group));
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export async function showConfiguration(request: OperationRequest & { name: string }): Promise<ConfigurationRow> {
  const { spec } = (await readSource(request)).source;
  return configurationRow(spec, groupNamed(spec, request.name));
}

/** The group of that name. Throws an input error with the nearest name when there is none. */
export function groupNamed({ configurations }: StackSpec, name: string): ConfigurationGroupSpec {
  const group = configurations.find((one) => one.name === name);
  if (group) return group;
  const names = configurations.map((one) => one.name);
  const near = nearest(name, names);
  throw new OperationError(
    "input",
    `the spec has no configuration "${name}"${near ? `; did you mean "${near}"?` : ""}`,
    { remedy: names.length ? `there are: ${names.join(", ")}` : "make one with: coffer configuration-create" },
  );
}

/** Pure. */
export function configurationRow(spec: StackSpec, group: ConfigurationGroupSpec): ConfigurationRow {
  const { name, datastore, version, description, parameters } = group;
  return {
    name,
    datastore,
    datastoreVersion: version,
    description: description ?? null,
    parameters,
    instances: spec.instances.filter(({ configuration }) => configuration === name).map((instance) => instance.name),
    default: spec.datastores.some(({ configuration }) => configuration === name),
  };
}
