/** One difference between what the spec says, what the last apply recorded, and what is really there. Plain data. */
import type { Grant, ParameterValue } from "../../engines/engine.ts";

export const driftKinds = [
  /** The whole instance, or its guest, which does not let itself be looked into. */
  "instance",
  "guest",
  "power",
  "server",
  "parameter",
  "file",
  "setting",
  "flavor",
  "volume",
  "certificate",
  "database",
  "user",
  "password",
  "grant",
  "rule",
  /** An object of the target that is lost, or that somebody took apart. */
  "object",
] as const;
export type DriftKind = (typeof driftKinds)[number];

/** `up`: the next apply makes the real thing what the spec says. `restart`, `start`: that verb does. `none`: nothing does. */
export type Mend = "up" | "restart" | "start" | "none";

export interface DriftRow {
  /** "" for what belongs to none. */
  instance: string;
  what: DriftKind;
  /** Of what differs: a parameter, a user ... "" where there is only one. */
  name: string;
  /** In words. Null: it says nothing of it, or it is not there. */
  spec: string | null;
  state: string | null;
  real: string | null;
  /** False: the real thing could not be looked at, and `real` is null. */
  seen: boolean;
  mend: Mend;
  note?: string;
  /** How the spec would say what is real. Absent: `adopt` leaves it alone. */
  adoption?: Adoption;
}

export type Adoption =
  | { kind: "parameter"; name: string; value: ParameterValue }
  | { kind: "database"; name: string; charset?: string; collation?: string }
  | { kind: "no-database"; name: string }
  | { kind: "user"; name: string; host: string; grants: readonly Grant[] }
  | { kind: "no-user"; name: string; host: string }
  | { kind: "grant"; name: string; host: string; grant: Grant }
  | { kind: "no-grant"; name: string; host: string; database: string }
  | { kind: "flavor"; name: string }
  | { kind: "volume"; gibibytes: number }
  /** It is let in, or no longer. */
  | { kind: "network" | "no-network"; list: "allow" | "admin"; cidr: string };

/** What of a row is said by whoever finds it; the rest is the instance's. */
export type Difference = Omit<DriftRow, "instance" | "seen">;

/** The real thing is not what the last apply left, and nobody asked for that. */
export function moved({ spec, state, real }: Pick<DriftRow, "spec" | "state" | "real">): boolean {
  return spec === state && real !== state;
}
