/**
 * What rules judge: plain facts, the same whether they were read from a spec or from a resource of a Pulumi program. A rule
 * is about one kind of them.
 */
import type { ImageChoice, InstanceSpec } from "../spec/model.ts";
import type { Path } from "../spec/problem.ts";

/** Where a fact was found. A resource has neither path nor offset: Pulumi shows its URN. */
export interface At {
  /** The instance that it belongs to; absent: the stack as a whole. */
  instance?: string;
  /** In the spec. */
  path?: Path;
  /** Into the spec's text, for what no path leads to. */
  offset?: number;
}

export interface Facts {
  /** A network that may connect to a database's port. `network` is in CIDR notation. */
  opening: { network: string; port: number };
  /**
   * A database that has an address outside: a floating IP (`allow`: the networks that may use it), or a port that is
   * published on `address` of this host, where nothing filters by source.
   */
  exposure: { by: "floating-ip"; allow: readonly string[] } | { by: "published"; address: string };
  /** Absent sizes are not known; a resource may know the sizes and not the name. */
  flavor: { name?: string; vcpus?: number; memoryBytes?: number };
  volume: { bytes: number };
  /** The tags that things of one kind will have. */
  tags: { tags: readonly string[] };
  /** The version that an instance is on; `datastore` is NAME@VERSION. */
  version: { datastore: string; active: boolean };
  /** `recipe`: one of Coffer's own, built from `images/`. */
  image: { choice: "recipe" } | { choice: ImageChoice };
  /** Any text that is kept in clear: a line of the spec, a parameter, a label. */
  text: { value: string };
  /** An instance as the spec has it, for rules of your own on anything else. */
  instance: { target: string; spec: InstanceSpec };
}

export type Kind = keyof Facts;
export type Fact = { [K in Kind]: { kind: K; at: At } & Facts[K] }[Kind];
export type FactOf<K extends Kind> = Extract<Fact, { kind: K }>;
