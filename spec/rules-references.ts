/** Rules on names, and on what names refer to: datastores, versions, engines, flavors, configurations. */
import type { Draft, DraftDatastore, Resolved } from "./draft.ts";
import { defaultVersion, splitReference } from "./draft.ts";
import type { Path } from "./problem.ts";
import { quote } from "./problem.ts";
import type { Rule, RuleFault } from "./rule.ts";
import { listed } from "./rule.ts";
import { instanceName, instanceNameWords, noConfiguration, plainName, plainNameWords } from "./schema.ts";

export const referenceRules: readonly Rule[] = [
  {
    id: "name",
    why: "instance names become names of containers, volumes and hosts; the others appear in tables and references",
    check({ draft }) {
      const versions = [...draft.datastores.values()].flatMap(({ name, versions }) =>
        badNames(versions.keys(), ["datastores", name, "versions"], plainName, plainNameWords),
      );
      return [
        ...badNames(draft.flavors.keys(), ["flavors"], plainName, plainNameWords),
        ...badNames(draft.datastores.keys(), ["datastores"], plainName, plainNameWords),
        ...versions,
        ...badNames(draft.configurations.keys(), ["configurations"], plainName, plainNameWords),
        ...badNames(draft.instances.keys(), ["instances"], instanceName, instanceNameWords),
        ...badNames(draft.removed, ["removed"], instanceName, instanceNameWords),
      ];
    },
  },
  {
    id: "engine",
    why: "a datastore is served by an engine that Coffer has",
    check({ draft, engines }) {
      const names = engines.map((engine) => engine.name);
      return [...draft.datastores.values()].flatMap(({ name, engine, engineName }) => {
        if (engine || engineName === undefined) return [];
        const message = `there is no engine named ${quote(engineName)}`;
        return [{ ...at("datastores", name, "engine"), message, word: engineName, ...oneOf(names) }];
      });
    },
  },
  {
    id: "version-served",
    why: "an engine serves the versions that it was built and tested for",
    check({ draft }) {
      return [...draft.datastores.values()].flatMap(({ name, engine, versions }) => {
        if (!engine) return [];
        const unserved = [...versions.keys()].filter((version) => !engine.versions.includes(version));
        return unserved.map((version) => ({
          path: ["datastores", name, "versions", version],
          atKey: true,
          message: `${engine.title} ${version} is not served by this version of Coffer`,
          allowed: engine.versions.join(", "),
          candidates: () => engine.versions,
        }));
      });
    },
  },
  {
    id: "default-version",
    why: "an instance that names no version must get the one that its author means",
    check({ draft }) {
      return [...draft.datastores.values()].flatMap((datastore) => badDefault(datastore));
    },
  },
  {
    id: "datastore",
    why: "instances and configurations are of a datastore and version that the spec declares",
    check({ draft }) {
      const names = [...draft.datastores.keys()];
      const users = [...draft.instances.values(), ...draft.configurations.values()];
      return users.flatMap(({ path, reference, resolved }) =>
        resolved || reference === undefined ? [] : badReference(draft, names, reference, [...path, "datastore"]),
      );
    },
  },
  {
    id: "topology",
    why: "an instance of the spec is one server by itself, and not every engine runs so",
    check({ draft }) {
      return [...draft.instances.values()].flatMap(({ path, resolved }) => {
        if (!resolved || resolved.engine.capabilities.topologies.includes("single")) return [];
        const allowed = resolved.engine.capabilities.topologies.join(", ");
        return [
          {
            path: [...path, "datastore"],
            message: `${resolved.engine.title} cannot run as a single instance`,
            allowed,
          },
        ];
      });
    },
  },
  {
    id: "flavor",
    why: "a flavor gives the server its memory and CPUs",
    check({ draft }) {
      const { target, flavors, cloudFlavors } = draft;
      const there = target?.kind === "openstack" ? cloudFlavors : target && flavors;
      if (!there) return [];
      const message = there === flavors ? "this flavor is not declared" : "the cloud has no flavor of this name";
      const names = [...there.keys()];
      return [...draft.instances.values()].flatMap(({ path, flavor }) =>
        flavor === undefined || there.has(flavor) ? [] : [{ path: [...path, "flavor"], message, ...oneOf(names) }],
      );
    },
  },
  {
    id: "configuration",
    why: "parameters mean something for one datastore and version",
    check({ draft }) {
      const ofInstances = [...draft.instances.values()].flatMap(({ path, configuration, resolved }) =>
        configuration === undefined || configuration === noConfiguration
          ? []
          : badConfiguration(draft, configuration, resolved, path, "the instance"),
      );
      const ofVersions = [...draft.datastores.values()].flatMap((datastore) =>
        [...datastore.versions].flatMap(([version, { configuration }]) => {
          const path = ["datastores", datastore.name, "versions", version];
          const own = datastore.engine && { datastore, version, engine: datastore.engine };
          return configuration === undefined ? [] : badConfiguration(draft, configuration, own, path, "the version");
        }),
      );
      const reserved = draft.configurations.has(noConfiguration)
        ? [{ ...at("configurations", noConfiguration), atKey: true, message: reservedWords, allowed: "another name" }]
        : [];
      return [...reserved, ...ofVersions, ...ofInstances];
    },
  },
  {
    id: "removed",
    why: "a name cannot be both there and removed",
    check({ draft }) {
      const both = draft.removed.filter((name) => draft.instances.has(name));
      return both.map((name) => ({
        path: ["removed", name],
        atKey: true,
        message: "this instance is still listed under instances: take it out of one of the two",
      }));
    },
  },
];

const reservedWords = `"${noConfiguration}" stands for no configuration at all`;

/** `own`: what the configuration has to be for; `whose` says whose that is. */
function badConfiguration(
  draft: Draft,
  name: string,
  own: Resolved | undefined,
  path: Path,
  whose: string,
): RuleFault[] {
  const names = [...draft.configurations.keys()];
  const group = draft.configurations.get(name);
  const where = [...path, "configuration"];
  if (!group) return [{ path: where, message: "this configuration is not declared", ...oneOf(names) }];
  const other = group.resolved;
  if (!other || !own) return [];
  if (other.datastore === own.datastore && other.version === own.version) return [];
  const [words, needed] = [other, own].map(({ datastore, version }) => `${datastore.name}@${version}`);
  const message = `this configuration is for ${words}, and ${whose} is ${needed}`;
  return [{ path: where, message, allowed: `a configuration for ${needed}` }];
}

function badNames(names: Iterable<string>, parent: Path, pattern: RegExp, allowed: string): RuleFault[] {
  const bad = [...names].filter((name) => !pattern.test(name));
  return bad.map((name) => ({ path: [...parent, name], atKey: true, message: "this name is not allowed", allowed }));
}

function badDefault(datastore: DraftDatastore): RuleFault[] {
  const { name, versions, complete } = datastore;
  if (!complete) return [];
  const names = [...versions.keys()];
  if (names.length === 0) return [{ ...at("datastores", name, "versions"), message: "at least one version is needed" }];
  if (defaultVersion(datastore) === undefined) {
    const message = "a default is needed, because there are several versions";
    return [{ ...at("datastores", name, "default"), message, allowed: names.join(", ") }];
  }
  if (datastore.default === undefined || versions.has(datastore.default)) return [];
  return [{ ...at("datastores", name, "default"), message: "this version is not declared", ...oneOf(names) }];
}

function badReference(draft: Draft, names: readonly string[], reference: string, path: Path): RuleFault[] {
  const { name, version } = splitReference(reference);
  const datastore = draft.datastores.get(name);
  if (!datastore) {
    const candidates = () => (version === undefined ? names : names.map((other) => `${other}@${version}`));
    return [
      { path, message: "this datastore is not declared", allowed: listed(names, "none is declared"), candidates },
    ];
  }
  // Without an engine or a default, the datastore itself has a fault already.
  if (version === undefined || !datastore.complete || datastore.versions.has(version)) return [];
  return [{ path, message: "this version of the datastore is not declared", ...oneOf(datastore.references) }];
}

function at(...path: string[]): { path: Path } {
  return { path };
}

function oneOf(names: readonly string[]): { allowed: string; candidates: () => readonly string[] } {
  // Names that are the cloud's may have blanks and commas in them.
  const shown = names.map((name) => (/^[\w.@-]+$/.test(name) ? name : quote(name)));
  return { allowed: listed(shown, "none is declared"), candidates: () => names };
}
