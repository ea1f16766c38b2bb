/** All that differs at one instance: its spec, its record, and what guest and target say. Pure. */
import type { RealObject } from "../../access/inventory.ts";
import type { WantedIngress } from "../../components/survey.ts";
import { isRoot, rootUser, type ServerSpec } from "../../engines/engine.ts";
import { engineOf } from "../../engines/index.ts";
import { managedUsers, withoutOwner } from "../../spec/contents.ts";
import { type FlavorSize, type InstanceSpec, sizeOf } from "../../spec/model.ts";
import { serverSpecOf } from "../instances.ts";
import type { InstanceRecord } from "../records.ts";
import { databaseDifferences, userDifferences } from "./contents.ts";
import type { Reality } from "./look.ts";
import { ingressDifferences, machineDifferences } from "./machine.ts";
import type { Difference, DriftRow } from "./row.ts";
import { serverDifferences } from "./server.ts";

export interface InstanceSides {
  spec: InstanceSpec;
  record: InstanceRecord;
  reality: Reality;
  /** Undefined: the target did not tell. */
  machine: MachineFacts | undefined;
  /** By the id that a server bears. */
  flavors: ReadonlyMap<string, string>;
  /** Of the spec's flavors, where machines have limits in their place. */
  sizes: ReadonlyMap<string, FlavorSize>;
}

export interface MachineFacts {
  server: RealObject | undefined;
  data: RealObject | undefined;
  group: RealObject | undefined;
  mostCpus: number | undefined;
  /** What may come in; undefined: the target has no rules for that. */
  wanted: readonly WantedIngress[] | undefined;
  recorded: readonly WantedIngress[];
}

export function instanceRows(sides: InstanceSides): DriftRow[] {
  return [...settingRows(sides), ...insideRows(sides), ...machineRows(sides)];
}

const rowsOf = (name: string, seen: boolean, found: readonly Difference[]): DriftRow[] =>
  found.map((difference) => ({ instance: name, seen, ...difference, ...(seen ? {} : { real: null }) }));

/** An instance of which one side has nothing. */
export function wholeRow(name: string, sides: Pick<DriftRow, "spec" | "state" | "real">, note?: string): DriftRow {
  const words = note === undefined ? {} : { note };
  return { instance: name, what: "instance", name: "", ...sides, seen: true, mend: "up", ...words };
}

/** An instance keeps its engine and version: what a spec says of a server of another one is not held against this one. */
export const keepsVersion = (spec: InstanceSpec, record: InstanceRecord): boolean =>
  spec.engine === record.engine && spec.version === record.datastoreVersion;

/** As the spec wants it. A flavor whose size is not known is as large as the recorded one. */
export function wantedServer(spec: InstanceSpec, record: InstanceRecord): ServerSpec {
  if (!keepsVersion(spec, record)) return serverSpecOf(record);
  const size = spec.flavor.vcpus === undefined ? record : sizeOf(spec.flavor);
  return {
    uuid: record.uuid,
    version: spec.version,
    memoryBytes: size.memoryBytes,
    vcpus: size.vcpus,
    volumeBytes: spec.volume.bytes,
    parameters: spec.parameters,
    restart: spec.restart,
    tls: spec.tls,
    ...(Object.keys(spec.logs).length ? { logs: spec.logs } : {}),
  };
}

/** Words of the spec that nothing real has a name for; what they lead to is told beside them. */
function settingRows({ spec, record }: InstanceSides): DriftRow[] {
  const words: readonly [name: string, spec: unknown, state: unknown][] = [
    ["datastore", `${spec.datastore}@${spec.version}`, `${record.datastore}@${record.datastoreVersion}`],
    ["configuration", spec.configuration, record.configuration],
    ["restart", spec.restart, record.restart ?? "allow"],
    ["tls", spec.tls, record.tls ?? "basic"],
    ["logs", spec.logs, record.logs ?? {}],
  ];
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value ?? null));
  const differ = words.filter(([, wanted, recorded]) => text(wanted) !== text(recorded));
  const found = differ.map(([name, wanted, recorded]): Difference => {
    const state = text(recorded);
    const row: Difference = { what: "setting", name, spec: text(wanted), state, real: state, mend: "up" };
    return name === "datastore" ? { ...row, mend: "none", note: "up refuses: an instance keeps its version" } : row;
  });
  return rowsOf(spec.name, true, found);
}

function insideRows({ spec, record, reality }: InstanceSides): DriftRow[] {
  if (reality.state !== "seen") {
    // Of a machine that is stopped or gone the target tells.
    if (reality.state !== "unreachable") return [];
    const sides = { spec: null, state: "answers", real: null };
    return rowsOf(spec.name, false, [{ what: "guest", name: "", ...sides, mend: "none", note: reality.problem }]);
  }
  const { observed, databases, users, certificate, problems } = reality;
  const engine = engineOf(record.engine);
  const found = serverDifferences({
    engine,
    wanted: wantedServer(spec, record),
    recorded: serverSpecOf(record),
    observed,
  });
  if (databases && spec.databases && keepsVersion(spec, record)) {
    const lists = {
      wanted: spec.databases.map(withoutOwner),
      drop: spec.drop,
      recorded: record.databases,
      observed: databases,
    };
    found.push(...databaseDifferences({ engine, ...lists }));
  }
  if (users && keepsVersion(spec, record)) {
    // Where the spec lists no users, its administrator is the only one that matters.
    const observed = spec.users ? users : users.filter(isRoot);
    const recorded = [...(spec.users ? record.users : []), ...(record.root ? [rootUser] : [])];
    const lists = { wanted: managedUsers(spec), recorded, observed };
    found.push(...userDifferences({ engine, ...lists, exclusive: spec.exclusive === true, tls: spec.tls }));
  }
  if (certificate?.reasons.length) {
    const state = record.certificateExpires ? `until ${record.certificateExpires.slice(0, 10)}` : null;
    found.push({
      what: "certificate",
      name: "",
      spec: "valid",
      state,
      real: certificate.reasons.join("; "),
      mend: "up",
    });
  }
  const unread = problems.map((note): Difference => {
    return { what: "server", name: "", spec: null, state: null, real: null, mend: "none", note };
  });
  return [...rowsOf(spec.name, true, found), ...rowsOf(spec.name, false, unread)];
}

const sshPort = 22;

function machineRows({ spec, record, machine, flavors, sizes }: InstanceSides): DriftRow[] {
  const { server, data, mostCpus, group, wanted, recorded } = machine ?? nothing;
  const found = machineDifferences({ spec, record, server, data, mostCpus, flavors, sizes });
  const port = engineOf(record.engine).ports.find(({ role }) => role === "sql")?.port ?? 0;
  if (wanted && group?.ingress) {
    const sides = { wanted, recorded, real: group.ingress, ports: { allow: port, admin: sshPort } };
    found.push(...ingressDifferences(sides));
  }
  return rowsOf(spec.name, machine !== undefined, found);
}

const nothing: MachineFacts = {
  server: undefined,
  data: undefined,
  group: undefined,
  mostCpus: undefined,
  wanted: undefined,
  recorded: [],
};
