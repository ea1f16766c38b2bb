/** Who may connect: the floating IP, and the networks that are let through. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { waitFor } from "../../access/openstack/cloud-wait.ts";
import { canConnect } from "../support/clients.ts";
import { withoutFull } from "../support/full.ts";
import { type Life, orders } from "./demo.ts";

export function accessIsChanged(life: Life): void {
  test("only clients from networks that are allowed can connect", async (t) => {
    const { host, port } = await life.login(orders);
    const own = routeTo(host);
    const other = secondAddress(own);
    // Also where a run that was killed left it.
    const assign = ["address", "replace", `${other}/32`, "dev", own.device];
    execFileSync("ip", assign);
    t.after(() => execFileSync("ip", assign.with(1, "del")));
    // Neutron's agents learn of a rule after the API has answered.
    const connects = async (fromOwn: boolean, fromOther: boolean) => {
      const wanted = [fromOwn, fromOther];
      const same = (seen: readonly boolean[]) => seen.every((one, i) => one === wanted[i]);
      await waitFor({
        what: `connections from the two addresses to be ${wanted.join(", ")}`,
        look: () => Promise.all([canConnect(host, port, own.address), canConnect(host, port, other)]),
        done: same,
        words: (seen) => seen.join(", "),
        timeout: 60_000,
      });
    };
    await connects(true, true);
    await life.stack.does("access", "orders", "--allow", `${own.address}/32`);
    await connects(true, false);
    const nobody = await life.stack.coffer(["access", "orders", "--allow", "none", "--stack", life.stack.stack]);
    assert.equal(nobody.code, 2, "a public address that nobody may use is a mistake");
    const both = ["--allow", `${own.address}/32`, "--allow", `${other}/32`];
    await life.stack.does("access", "orders", ...both, "--allow", "2001:db8::/64");
    const group = await life.stack.object("orders", "security-group");
    const rules = await life.stack.cloud.list<{ ethertype: string; remote_ip_prefix: string | null }>(
      "network",
      "/security-group-rules",
      "security_group_rules",
      { query: { security_group_id: group.id } },
    );
    assert.ok(rules.some((rule) => rule.ethertype === "IPv6" && rule.remote_ip_prefix === "2001:db8::/64"));
    await connects(true, true);
    await life.rowsAreThere(orders);
  });

  test("an instance that is public no longer has the address of its network, and public again the one before", {
    skip: withoutFull,
  }, async () => {
    const { address } = await life.stack.row("orders");
    await life.stack.does("access", "orders", "--no-public");
    const inside = (await life.stack.row("orders")).address;
    const server = await life.stack.object("orders", "server");
    assert.ok(
      server.addresses?.some((one) => one.kind === "fixed" && one.address === inside),
      inside,
    );
    await life.stack.does("access", "orders", "--public");
    // Coffer's SSH goes through the same floating IP, so it was there all the time.
    assert.equal((await life.stack.row("orders")).address, address);
    await life.rowsAreThere(orders);
  });
}

/** How this machine reaches an address: by which device, and as whom. */
function routeTo(host: string): { device: string; address: string } {
  const [route] = JSON.parse(execFileSync("ip", ["-json", "route", "get", host]).toString()) as {
    dev: string;
    prefsrc: string;
  }[];
  if (!route) throw new Error(`no route to ${host}`);
  return { device: route.dev, address: route.prefsrc };
}

/** The next address of the same network: the cloud gives those near the gateway to nobody. */
function secondAddress({ address }: { address: string }): string {
  const parts = address.split(".").map(Number);
  return [...parts.slice(0, 3), (parts[3] ?? 0) + 1].join(".");
}
