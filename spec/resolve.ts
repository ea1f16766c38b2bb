/** From a draft that passed all rules to the model. */
import { type Database, defaultTlsMode } from "../engines/engine.ts";
import type { Draft, DraftDatabase, DraftInstance, DraftUser, Resolved } from "./draft.ts";
import { configurationOf, defaultVersion, earlierUser, flavorSize } from "./draft.ts";
import type { DraftAccess, DraftNetwork, DraftTarget } from "./draft-target.ts";
import type {
  Access,
  ConfigurationGroupSpec,
  DatastoreVersion,
  Flavor,
  InstanceSpec,
  Reach,
  StackSpec,
  Target,
  UserSpec,
} from "./model.ts";

/** Throws a plain error when the draft has not passed the rules: that is a bug. */
export function specOf(draft: Draft): StackSpec {
  return {
    target: targetOf(known(draft.target)),
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

function targetOf(target: DraftTarget): Target {
  if (target.kind === "docker") return { kind: "docker", docker: { bind: target.bind } };
  const { cloud, networks, subnet, external, zone, volumeType, volumeZone, tags, access, reach, bastion } = target;
  const { hostKey = "console" } = target;
  return {
    kind: "openstack",
    openstack: {
      ...given({ cloud }),
      networks: networks.map(({ text }) => text),
      ...given({ subnet, external }),
      reach: bastion ? { by: "bastion", bastion } : reachOf(reach),
      hostKey,
      ...given({ zone, volumeType, volumeZone }),
      tags: tags.map(({ text }) => text),
      access: accessOf(access),
    },
  };
}

function reachOf(reach: "direct" | "floating-ip" = "direct"): Reach {
  return { by: reach === "direct" ? "fixed-address" : reach };
}

/** What the instance says, else what the target says, else closed. */
function accessOf(own: DraftAccess, defaults?: DraftAccess): Access {
  return {
    allow: canonical(own.allow ?? defaults?.allow ?? []),
    admin: canonical(own.admin ?? defaults?.admin ?? []),
    public: own.public ?? false,
  };
}

function canonical(networks: readonly DraftNetwork[]): string[] {
  return networks.map(({ network }) => known(network).canonical);
}

function datastoresOf(draft: Draft): DatastoreVersion[] {
  return [...draft.datastores.values()].flatMap((datastore) =>
    [...datastore.versions].map(([version, { image, active, configuration }]) => ({
      datastore: datastore.name,
      version,
      engine: known(datastore.engine).name,
      ...given({ image }),
      active,
      isDefault: version === defaultVersion(datastore),
      ...given({ configuration }),
    })),
  );
}

function instanceOf(draft: Draft, instance: DraftInstance): InstanceSpec {
  const { name, adopt, databases, users } = instance;
  const configuration = configurationOf(instance);
  const defaults = draft.target?.kind === "openstack" ? draft.target : undefined;
  const resolved = known(instance.resolved);
  const group = draft.configurations.get(configuration ?? "");
  return {
    name,
    ...versionOf(resolved),
    engine: resolved.engine.name,
    flavor: flavorOf(draft, known(instance.flavor)),
    volume: {
      bytes: known(instance.size),
      ...given({
        adopt,
        type: instance.volumeType ?? defaults?.volumeType,
        zone: instance.volumeZone ?? defaults?.volumeZone,
      }),
    },
    ...given({ zone: instance.zone ?? defaults?.zone }),
    access: accessOf(instance.access, defaults?.access),
    ...given({ configuration }),
    restart: instance.restart ?? "allow",
    parameters: { ...group?.parameters, ...instance.parameters },
    // What a client does not ask for would not be protected; who needs plain connections says so.
    tls: instance.tls ?? defaultTlsMode,
    logs: instance.logs ?? {},
    ports: instance.ports,
    ...given({ databases: databases?.map(databaseOf) }),
    drop: (instance.drop ?? []).map((drop) => drop.name),
    ...given({
      users: users?.map((user) => userOf(user, databases ?? [])),
      root: rootOf(instance),
      exclusive: instance.exclusive || undefined,
    }),
  };
}

function versionOf({ datastore, version }: Resolved): { datastore: string; version: string } {
  return { datastore: datastore.name, version };
}

function flavorOf(draft: Draft, name: string): Flavor {
  const { vcpus, memoryBytes } = flavorSize(draft, name) ?? {};
  return { name, ...given({ vcpus, memoryBytes }) };
}

function rootOf({ root }: DraftInstance): InstanceSpec["root"] {
  if (typeof root === "object") return given({ generate: root.generate });
  return root ? {} : undefined;
}

function databaseOf({ name, charset, collation, owner, extensions }: DraftDatabase): Database {
  return { name, ...given({ charset, collation, owner, extensions }) };
}

/** Whoever owns a database has all privileges in it, said or not. */
function userOf(user: DraftUser, databases: readonly DraftDatabase[]): UserSpec {
  const { name, host, grants, password } = user;
  const owned = databases.filter(({ owner }) => owner === name).map((database) => database.name);
  const unsaid = owned.filter((database) => !grants.some((grant) => grant.database === database));
  const levels = [
    ...grants.map(({ database, privileges }) => ({ database, privileges })),
    ...unsaid.map((database) => ({ database, privileges: "all" as const })),
  ];
  return { name, host: host ?? "%", grants: levels, ...given({ password, was: earlierUser(user) }) };
}

/** The properties that have a value: in the model, absent is absent and not undefined. */
function given<T extends object>(properties: T): Partial<T> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a spec was resolved before it passed its rules");
  return value;
}
