/**
 * The ways to a guest that need no floating IP: its fixed address over a route of this machine, and a bastion. The bastion is
 * the first guest itself. Without a floating IP nothing else leads to either.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Document, parseDocument } from "yaml";
import { closeAll } from "../../access/index.ts";
import { type CloudStack, makeCloudStack } from "../support/cloud.ts";
import { withoutFull } from "../support/full.ts";
import { nothingIsLeaked, oneInstance, specWith } from "./strangers.ts";

const { "floating-ip": _, ...withoutFloatingIp } = oneInstance;

describe("ways to a guest without a floating IP", { skip: withoutFull }, () => {
  const folder = mkdtempSync(join(tmpdir(), "coffer-reach-"));
  let route: string[] | undefined;
  const stacks: CloudStack[] = [];

  before(async () => {
    const stack = await makeCloudStack(without("orders", () => {}));
    stacks.push(stack);
    route = await routeTo(stack);
    execFileSync("ip", ["route", "replace", ...route]);
  });
  after(async () => {
    await closeAll();
    for (const stack of stacks.toReversed()) await stack.cleanUp();
    if (route) execFileSync("ip", ["route", "del", ...route]);
    rmSync(folder, { recursive: true });
  });

  test("reach: direct", async () => {
    const [stack] = stacks;
    assert.ok(stack);
    await stack.does("up");
    await serves(stack, "orders");
  });

  test("bastion: with a key in a file, compared with the host key in the spec", async () => {
    const [outer] = stacks;
    assert.ok(outer);
    const bastion = (await outer.addresses()).orders;
    assert.ok(bastion);
    const key = join(folder, "key");
    writeFileSync(key, bastion.key, { mode: 0o600 });
    const host = (await outer.row("orders")).address;
    const inner = await makeCloudStack(
      without("ledger", (spec) => {
        spec.deleteIn(["target", "openstack", "reach"]);
        // The bastion's own address, as guests see it.
        spec.setIn(["target", "openstack", "access", "admin"], [`${host}/32`]);
        spec.setIn(["target", "openstack", "bastion"], {
          host,
          user: "coffer",
          hostKey: bastion.hostKey,
          key: { file: key },
        });
      }),
    );
    stacks.push(inner);
    await inner.does("up");
    await serves(inner, "ledger");
    const other = `${bastion.hostKey.slice(0, -8)}AAAAAAAA`;
    inner.edit((spec) => spec.setIn(["target", "openstack", "bastion", "hostKey"], other));
    inner.edit((spec) => spec.setIn(["instances", "ledger", "parameters", "log_min_duration_statement"], 700));
    const refused = await inner.coffer(["up", "--stack", inner.stack]);
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stderr, /bastion.* has another SSH host key/);
  });
});

/** One instance of the demo without a public address, reached directly unless `change` says otherwise. */
function without(name: "orders" | "ledger", change: (spec: Document) => void): string {
  const spec = parseDocument(specWith(name));
  spec.deleteIn(["instances", name, "access"]);
  spec.setIn(["target", "openstack", "reach"], "direct");
  change(spec);
  return spec.toString();
}

async function serves(stack: CloudStack, name: string): Promise<void> {
  await nothingIsLeaked(stack, withoutFloatingIp);
  const row = await stack.row(name);
  assert.deepEqual([row.status, row.operatingStatus], ["ACTIVE", "HEALTHY"]);
  assert.match(row.address, /^10\./);
  const preview = await stack.coffer(["preview", "--stack", stack.stack, "--detailed-exitcode"]);
  assert.equal(preview.code, 0, preview.stdout + preview.stderr);
}

/** From this machine to the tenant's subnet, through the outer address of its router. */
async function routeTo({ cloud }: CloudStack): Promise<string[]> {
  type Subnet = { id: string; cidr: string; network_id: string };
  type Router = { external_gateway_info: { external_fixed_ips: { ip_address: string }[] } | null };
  const [network] = await cloud.list<{ id: string }>("network", "/networks", "networks", {
    query: { name: "private" },
  });
  const subnets = await cloud.list<Subnet>("network", "/subnets", "subnets", {
    query: { network_id: network?.id ?? "" },
  });
  const routers = await cloud.list<Router>("network", "/routers", "routers");
  const via = routers.flatMap((router) => router.external_gateway_info?.external_fixed_ips ?? [])[0]?.ip_address;
  const cidr = subnets[0]?.cidr;
  if (!via || !cidr) throw new Error("the cloud has no network `private` behind a router");
  return [cidr, "via", via];
}
