/** What others do to a stack behind Coffer's back, and a count of what is really there that does not ask Coffer. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import type { Cloud } from "../../access/openstack/cloud.ts";
import { openCloud } from "../../access/openstack/cloud-session.ts";
import { type CloudStack, demoSpec } from "../support/cloud.ts";

const adminCloud = process.env.COFFER_TEST_ADMIN_CLOUD;

/** For the `skip` of tests that need an operator's rights. */
export const withoutAdmin: string | false = adminCloud
  ? false
  : "COFFER_TEST_ADMIN_CLOUD names no cloud of an administrator";

export function admin(): Cloud {
  if (!adminCloud) throw new Error("COFFER_TEST_ADMIN_CLOUD is not set");
  return openCloud({ cloud: adminCloud });
}

/** The demo with one of its instances only. */
export function specWith(name: "orders" | "ledger", flavor = "m1.small"): string {
  const spec = parseDocument(demoSpec());
  for (const other of ["orders", "ledger"]) if (other !== name) spec.deleteIn(["instances", other]);
  spec.setIn(["instances", name, "flavor"], flavor);
  return spec.toString();
}

const collections = [
  ["server", "compute", "/servers/detail", "servers"],
  ["volume", "volume", "/volumes/detail", "volumes"],
  ["snapshot", "volume", "/snapshots/detail", "snapshots"],
  ["port", "network", "/ports", "ports"],
  ["security-group", "network", "/security-groups", "security_groups"],
  ["floating-ip", "network", "/floatingips", "floatingips"],
] as const;

/** How many of each kind one complete instance with a floating IP is. */
export const oneInstance = { server: 1, volume: 1, port: 1, "security-group": 1, "floating-ip": 1 } as const;

/** Everything of the project that mentions the stack, or belongs to a server that does; and what the state knows of it. */
export async function census(stack: CloudStack): Promise<{ counts: Record<string, number>; unknown: string[] }> {
  const id = stack.stackId();
  const state = stack.stateText();
  const counts: Record<string, number> = {};
  const unknown: string[] = [];
  const servers = new Set<string>();
  for (const [kind, service, path, key] of collections) {
    const all = await stack.cloud.list<{ id: string; device_id?: string; security_group_rules?: { id: string }[] }>(
      service,
      path,
      key,
    );
    const ours = id ? all.filter((one) => JSON.stringify(one).includes(id) || servers.has(one.device_id ?? "")) : [];
    for (const one of ours) {
      if (kind === "server") servers.add(one.id);
      counts[kind] = (counts[kind] ?? 0) + 1;
      if (!state.includes(one.id)) unknown.push(`${kind} ${one.id}`);
    }
  }
  return { counts, unknown };
}

/** What the applies of this stack told about resources, begun and ended, oldest first. */
export function toldByApplies(stack: CloudStack): string[] {
  return globSync(join(stack.dir, ".coffer/logs/*-up.log"))
    .sort()
    .flatMap((file) => readFileSync(file, "utf8").split("\n"))
    .filter((line) => /Z (begin|end|info:)/.test(line));
}

/** One whole instance, everything of it recorded, and no note of an interrupted run. */
export async function nothingIsLeaked(
  stack: CloudStack,
  counts: Readonly<Record<string, number>> = oneInstance,
): Promise<void> {
  assert.deepEqual(await census(stack), { counts, unknown: [] });
  assert.ok(!stack.stateText().includes('"pending_operations"'), "the state has pending operations");
}

/** Sets a quota of the project to what it uses, lets `act` run into it, and puts it back. */
export async function withExhausted<T>(
  stack: CloudStack,
  quota: "instances" | "volumes",
  act: () => Promise<T>,
): Promise<T> {
  const project = await stack.cloud.projectId();
  const service = quota === "instances" ? "compute" : "volume";
  type Usage = { quota_set: Record<string, { in_use: number; limit: number }> };
  const own = `/os-quota-sets/${project}`;
  const detail = service === "compute" ? `${own}/detail` : `${own}?usage=True`;
  const { quota_set } = await admin().call<Usage>(service, detail);
  const { in_use, limit } = quota_set[quota] ?? { in_use: 0, limit: -1 };
  const set = (value: number) =>
    admin().call(service, own, { method: "PUT", body: { quota_set: { [quota]: value, force: true } } });
  await set(in_use);
  try {
    return await act();
  } finally {
    await set(limit);
  }
}

export async function setVolumeStatus(id: string, status: "error" | "available" | "in-use"): Promise<void> {
  await admin().call("volume", `/volumes/${id}/action`, { method: "POST", body: { "os-reset_status": { status } } });
}
