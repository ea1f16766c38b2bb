/** Who may connect: the floating IP, and the networks that are let through. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { waitFor } from "../../access/openstack/cloud-wait.ts";
import { canConnect } from "../support/clients.ts";
import { withoutFull } from "../support/full.ts";
import { type Life, orders } from "./demo.ts";
import type { Change } from "./one-apply.ts";

/** Who is let in: this machine's own address, or a second one, too, that the machine has until all tests are done. */
export class Doors {
  readonly #life: Life;
  #device = "";
  #own = "";
  #other = "";

  constructor(life: Life) {
    this.#life = life;
  }

  /** Only the own address is let in. */
  closed(): Change {
    return {
      make: async () => {
        const { host } = await this.#life.login(orders);
        const { device, address } = routeTo(host);
        [this.#device, this.#own, this.#other] = [device, address, nextTo(address)];
        // Also where a run that was killed left it.
        this.#second("replace");
        await this.#connects(true, true);
        await this.#let(`${this.#own}/32`);
      },
      tests: () => {
        test("only clients from networks that are allowed can connect", () => this.#connects(true, false));
      },
    };
  }

  opened(): Change {
    const networks = () => [`${this.#own}/32`, `${this.#other}/32`, "2001:db8::/64"];
    return {
      make: async () => {
        const { coffer, stack } = this.#life.stack;
        const nobody = await coffer(["access", "orders", "--allow", "none", "--stack", stack]);
        assert.equal(nobody.code, 2, "a public address that nobody may use is a mistake");
        await this.#let(...networks());
      },
      tests: () => {
        test("clients from each network of several can connect, and IPv6 has rules of its own", async () => {
          const { id } = await this.#life.stack.object("orders", "security-group");
          const query = { security_group_id: id };
          type Rule = { ethertype: string; remote_ip_prefix: string | null };
          const { cloud } = this.#life.stack;
          const rules = await cloud.list<Rule>("network", "/security-group-rules", "security_group_rules", { query });
          assert.ok(rules.some((rule) => rule.ethertype === "IPv6" && rule.remote_ip_prefix === "2001:db8::/64"));
          await this.#connects(true, true);
          await this.#life.rowsAreThere(orders);
        });
      },
    };
  }

  /** Takes the second address from this machine. */
  end(): void {
    if (this.#device) this.#second("del");
  }

  #second(act: "replace" | "del"): void {
    execFileSync("ip", ["address", act, `${this.#other}/32`, "dev", this.#device]);
  }

  async #let(...networks: readonly string[]): Promise<void> {
    await this.#life.stack.does("access", "orders", ...networks.flatMap((one) => ["--allow", one]), "--edit-only");
  }

  /** Neutron's agents learn of a rule after the API has answered. */
  async #connects(fromOwn: boolean, fromOther: boolean): Promise<void> {
    const { host, port } = await this.#life.login(orders);
    const wanted = [fromOwn, fromOther];
    await waitFor({
      what: `connections from the two addresses to be ${wanted.join(", ")}`,
      look: () => Promise.all([this.#own, this.#other].map((from) => canConnect(host, port, from))),
      done: (seen) => seen.every((one, i) => one === wanted[i]),
      words: (seen) => seen.join(", "),
      timeout: 60_000,
    });
  }
}

export function accessIsChanged(life: Life): void {
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
function nextTo(address: string): string {
  const parts = address.split(".").map(Number);
  return [...parts.slice(0, 3), (parts[3] ?? 0) + 1].join(".");
}
