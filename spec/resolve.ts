/** From a draft that passed all rules to the model. */
import type { Database } from "../engines/engine.ts";
import type { Draft, DraftDatabase, DraftInstance, DraftUser, Resolved } from "./draft.ts";
import { defaultVersion } from "./draft.ts";
import type { ConfigurationGroupSpec, DatastoreVersion, Flavor, InstanceSpec, StackSpec, UserSpec } from "./model.ts";

/** Throws a plain error when the draft has not passed the rules: that is a bug. */
export function specOf(draft: Draft): StackSpec {
  return {
    target: { kind: "docker", docker: { bind: draft.bind } },
    datastores: datastoresOf(draft),
    configurations: [...draft.configurations.values()].map(
      ({ name, resolved, description, parameters }): ConfigurationGroupSpec => ({
        name,
        ...versionOf(known(resolved)),
        ...given({ description }),
        parameters,
      }),
    ),
    instances: [...draft.instances.values()].map((instance) => instanceOf(draft, instance)),
  };
}

function datastoresOf(draft: Draft): DatastoreVersion[] {
  return [...draft.datastores.values()].flatMap((datastore) =>
    [...datastore.versions].map(([version, { image, active }]) => ({
      datastore: datastore.name,
      version,
      engine: known(datastore.engine).name,
      ...given({ image }),
      active,
      isDefault: version === defaultVersion(datastore),
    })),
  );
}

function instanceOf(draft: Draft, instance: DraftInstance): InstanceSpec {
  const { name, adopt, configuration, databases, users } = instance;
  const resolved = known(instance.resolved);
  const group = draft.configurations.get(configuration ?? "");
  return {
    name,
    ...versionOf(resolved),
    engine: resolved.engine.name,
    flavor: flavorOf(draft, known(instance.flavor)),
    volume: { bytes: known(instance.size), ...given({ adopt }) },
    ...given({ configuration }),
    parameters: { ...group?.parameters, ...instance.parameters },
    ports: instance.ports,
    ...given({ databases: databases?.map(databaseOf) }),
    drop: (instance.drop ?? []).map((drop) => drop.name),
    ...given({ users: users?.map(userOf) }),
  };
}

function versionOf({ datastore, version }: Resolved): { datastore: string; version: string } {
  return { datastore: datastore.name, version };
}

function flavorOf(draft: Draft, name: string): Flavor {
  const { vcpus, memoryBytes } = known(draft.flavors.get(name));
  return { name, vcpus: known(vcpus), memoryBytes: known(memoryBytes) };
}

function databaseOf({ name, charset, collation }: DraftDatabase): Database {
  return { name, ...given({ charset, collation }) };
}

function userOf({ name, host, grants, password }: DraftUser): UserSpec {
  const levels = grants.map(({ database, privileges }) => ({ database, privileges }));
  return { name, host: host ?? "%", grants: levels, ...given({ password }) };
}

/** The properties that have a value: in the model, absent is absent and not undefined. */
function given<T extends object>(properties: T): Partial<T> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a spec was resolved before it passed its rules");
  return value;
}
