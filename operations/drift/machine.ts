/** Where the machine of an instance is not what the spec says: power, size, who may reach it. Pure. */
import { type Ingress, isPlain, type RealObject } from "../../access/inventory.ts";
import type { WantedIngress } from "../../components/survey.ts";
import type { FlavorSize, InstanceSpec } from "../../spec/model.ts";
import type { InstanceRecord } from "../records.ts";
import { gibibyte } from "../rows.ts";
import { type Difference, moved } from "./row.ts";

export interface MachineSides {
  spec: InstanceSpec | undefined;
  record: InstanceRecord;
  /** What the target tells; undefined: not there, which is told elsewhere. */
  server: RealObject | undefined;
  data: RealObject | undefined;
  /** As many CPUs as a guest can get; undefined: the target does not say. */
  mostCpus: number | undefined;
  /** By the id that a server bears. */
  flavors: ReadonlyMap<string, string>;
  /** The sizes of flavors by their names, where machines have limits in their place. */
  sizes: ReadonlyMap<string, FlavorSize>;
}

export function machineDifferences(sides: MachineSides): Difference[] {
  return [...powerDifferences(sides), ...flavorDifferences(sides), ...volumeDifferences(sides)];
}

function powerDifferences({ server }: MachineSides): Difference[] {
  if (!server || (server.running && server.broken === undefined)) return [];
  const real = server.broken ?? server.state ?? "stopped";
  const row = { what: "power" as const, name: "", spec: null, state: "running", real };
  if (server.broken !== undefined) return [{ ...row, mend: "none" }];
  return [{ ...row, mend: server.busy === undefined ? "start" : "none" }];
}

function flavorDifferences({ spec, record, server, mostCpus, flavors, sizes }: MachineSides): Difference[] {
  const sides = { spec: spec?.flavor.name ?? null, state: record.flavor };
  const real = server ? flavorOf(server, record, mostCpus, flavors, sizes) : record.flavor;
  const row: Difference = { what: "flavor", name: "", ...sides, real, mend: "up" };
  if (sides.spec === sides.state && real === sides.state) return [];
  const known = [...flavors.values(), ...sizes.keys()].includes(real);
  return [moved(row) && known ? { ...row, adoption: { kind: "flavor", name: real } } : row];
}

/** The name of what a machine really is, or what it may use where no flavor is like that. */
function flavorOf(
  { flavor, limits }: RealObject,
  record: InstanceRecord,
  mostCpus: number | undefined,
  flavors: ReadonlyMap<string, string>,
  sizes: ReadonlyMap<string, FlavorSize>,
): string {
  if (flavor !== undefined) return flavors.get(flavor) ?? flavor;
  if (!limits) return record.flavor;
  const { cpus, memoryBytes } = limits;
  const is = (size: FlavorSize) =>
    memoryBytes === size.memoryBytes && cpus === Math.min(size.vcpus, mostCpus ?? size.vcpus);
  if (is(record)) return record.flavor;
  const named = [...sizes].find(([, size]) => is(size))?.[0];
  const memory = memoryBytes === undefined ? "unlimited memory" : `${Math.round(memoryBytes / 2 ** 20)} MiB`;
  return named ?? `vcpus ${cpus ?? "all"}, ${memory}`;
}

function volumeDifferences({ spec, record, data }: MachineSides): Difference[] {
  const [wanted, kept] = [spec?.volume.bytes, record.volumeBytes];
  // A target that does not enforce sizes tells none.
  const bytes = data?.sizeBytes ?? kept;
  if ((wanted === undefined || wanted === kept) && bytes === kept) return [];
  const words = (size: number | undefined) => (size === undefined ? null : `${size / gibibyte} GiB`);
  const row: Difference = {
    what: "volume",
    name: "",
    spec: words(wanted),
    state: words(kept),
    real: words(bytes),
    mend: "up",
  };
  if (bytes <= (wanted ?? kept)) return [row];
  const gibibytes = bytes / gibibyte;
  const larger: Difference = { ...row, mend: "none", note: "a volume does not shrink" };
  return [moved(row) && Number.isInteger(gibibytes) ? { ...larger, adoption: { kind: "volume", gibibytes } } : larger];
}

export interface IngressSides {
  /** What the spec lets in. */
  wanted: readonly WantedIngress[];
  /** What the last apply let in. */
  recorded: readonly WantedIngress[];
  real: readonly Ingress[];
  /** The port that clients use, and that of Coffer's own connections. */
  ports: { allow: number; admin: number };
}

export function ingressDifferences({ wanted, recorded, real, ports }: IngressSides): Difference[] {
  const named = <T>(all: readonly T[], name: (one: T) => string) => new Map(all.map((one) => [name(one), one]));
  const [spec, state] = [named(wanted, nameOf), named(recorded, nameOf)];
  const seen = named(real, (rule) => nameOfRule(rule));
  const names = [...new Set([...spec.keys(), ...state.keys(), ...seen.keys()])].sort();
  return names.flatMap((name): Difference[] => {
    const open = (side: ReadonlyMap<string, unknown>) => (side.has(name) ? "open" : null);
    const row: Difference = {
      what: "rule",
      name,
      spec: open(spec),
      state: open(state),
      real: open(seen),
      mend: "up",
    };
    if (row.spec === row.state && row.real === row.state) return [];
    if (!moved(row)) return [row];
    const here = row.real === null ? row : { ...row, mend: "none" as const, note: "made by hand" };
    const is = plain(seen.get(name)) ?? spec.get(name);
    const list = is?.port === ports.allow ? "allow" : is?.port === ports.admin ? "admin" : undefined;
    if (!is || list === undefined) return [here];
    return [{ ...here, adoption: { kind: row.real === null ? "no-network" : "network", list, cidr: is.cidr } }];
  });
}

const nameOf = ({ port, cidr }: WantedIngress): string => `tcp ${port} from ${cidr}`;

/** A rule that a spec could say. */
function plain(rule: Ingress | undefined): WantedIngress | undefined {
  return rule && isPlain(rule) ? { port: rule.ports.from, cidr: rule.cidr } : undefined;
}

function nameOfRule(rule: Ingress): string {
  const as = plain(rule);
  if (as) return nameOf(as);
  const { protocol = "all protocols", ports, cidr = "anywhere" } = rule;
  return `${protocol} ${ports ? `${ports.from}-${ports.to}` : "all ports"} from ${cidr}`;
}
