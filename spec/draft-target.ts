/** The part of a draft that says where a stack runs and who may connect. */
import { readPublicKey } from "../access/public-key.ts";
import type { Bastion } from "./model.ts";
import { type Network, readNetwork } from "./network.ts";
import { draftList, faultyWords, type Partly, present } from "./partly.ts";
import type { Path } from "./problem.ts";
import type { RawSpec } from "./schema.ts";

export type DraftTarget = DraftDocker | DraftOpenstack;

export interface DraftDocker {
  kind: "docker";
  bind: readonly string[];
}

export interface DraftOpenstack {
  kind: "openstack";
  cloud?: string;
  networks: readonly DraftText[];
  subnet?: string;
  external?: string;
  reach?: "direct" | "floating-ip";
  hostKey?: "console" | "user-data";
  /** Undefined when there is none, or when it has a fault of shape. */
  bastion?: Bastion;
  hasBastion: boolean;
  zone?: string;
  volumeType?: string;
  volumeZone?: string;
  tags: readonly DraftText[];
  access: DraftAccess;
  /** Words that are written and have a fault of shape: rules on what is missing keep quiet about them. */
  faulty: ReadonlySet<string>;
}

export interface DraftText {
  text: string;
  path: Path;
}

/** Undefined: not written. */
export interface DraftAccess {
  path: Path;
  allow?: readonly DraftNetwork[];
  admin?: readonly DraftNetwork[];
  public?: boolean;
  faulty: ReadonlySet<string>;
}

export interface DraftNetwork extends DraftText {
  /** Undefined when the text is no network. */
  network?: Network;
}

type RawTarget = Partly<RawSpec["target"]>;
type RawOpenstack = NonNullable<Extract<NonNullable<RawTarget>, { openstack?: unknown }>["openstack"]>;
type RawAccess = Partly<NonNullable<NonNullable<NonNullable<RawSpec["instances"]>[string]["access"]>>>;

/** Undefined when the target has a fault that hides which one it is, or all of it. */
export function draftTarget(raw: RawTarget): DraftTarget | undefined {
  if (raw === undefined) return undefined;
  if (raw === "docker") return { kind: "docker", bind: ["127.0.0.1"] };
  if ("openstack" in raw) return raw.openstack && draftOpenstack(raw.openstack);
  // Without its words: what depends on them is judged by the default.
  return { kind: "docker", bind: present(("docker" in raw ? raw.docker : undefined)?.bind) ?? ["127.0.0.1"] };
}

function draftOpenstack(raw: RawOpenstack): DraftOpenstack {
  const path = ["target", "openstack"];
  const { network, tags, access, bastion, ...words } = raw;
  const texts = (word: string) => (text: string, index: number) => ({ text, path: [...path, word, index] });
  return {
    kind: "openstack",
    ...words,
    networks:
      typeof network === "string"
        ? [{ text: network, path: [...path, "network"] }]
        : (draftList(network, texts("network")) ?? []),
    bastion: bastion && draftBastion(bastion),
    hasBastion: Object.hasOwn(raw, "bastion"),
    tags: draftList(tags, texts("tags")) ?? [],
    access: draftAccess(raw, path),
    faulty: faultyWords(raw),
  };
}

function draftBastion({ host, port = 22, user, hostKey, key }: NonNullable<RawOpenstack["bastion"]>) {
  const publicKey = readPublicKey(hostKey ?? "");
  if (host === undefined || user === undefined || publicKey === undefined) return undefined;
  return { host, port, user, hostKey: publicKey.text, ...keyOf(key) };
}

function keyOf(raw: { file?: string; env?: string } | undefined): Pick<Bastion, "key"> {
  if (raw?.env !== undefined) return { key: { env: raw.env } };
  return raw?.file === undefined ? {} : { key: { file: raw.file } };
}

/** `owner`: the mapping, at `path`, that may have the word `access`. */
export function draftAccess(owner: { access?: RawAccess }, path: Path): DraftAccess {
  const own = [...path, "access"];
  const raw = owner.access;
  const hidden = raw === undefined && Object.hasOwn(owner, "access");
  const networks = (word: string) => (text: string, index: number) => {
    return { text, path: [...own, word, index], network: readNetwork(text) };
  };
  return {
    path: own,
    allow: draftList(raw?.allow, networks("allow")),
    admin: draftList(raw?.admin, networks("admin")),
    public: raw?.public,
    faulty: hidden ? new Set(["allow", "admin", "public"]) : faultyWords(raw ?? {}),
  };
}
