/** What is changed behind Coffer's back: told by `drift`, put right by `up`, or taken into the spec by `adopt`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { extendVolume, findVolume } from "../../access/openstack/volumes.ts";
import { type DriftResult, driftLine } from "../support/drift.ts";
import { type Life, orders } from "./demo.ts";
import type { Change } from "./one-apply.ts";

const elsewhere = "orders rule tcp 8080 from 198.51.100.0/24: null/null/open none";

export class Drift {
  readonly #life: Life;
  /** Rules that somebody made: one that a spec can say, and one that none can. */
  #made = { wanted: "", elsewhere: "" };

  constructor(life: Life) {
    this.#life = life;
  }

  isTold(): void {
    const life = this.#life;
    test("rules, sizes and parameters that somebody changed are told, put right, or taken into the spec", async () => {
      assert.deepEqual(await this.#rows(), []);
      const { cloud } = life.stack;
      const rules = (await life.stack.objects()).filter(
        (one) => one.kind === "rule" && one.instanceName === orders.name,
      );
      const open = rules.find(({ name }) => name.includes(String(orders.port)));
      assert.ok(open, rules.map(({ name }) => name).join(", "));
      const network = open.name.split(" ").at(-1) ?? "";
      await cloud.call("network", `/security-group-rules/${open.id}`, { method: "DELETE" });
      const group = await life.stack.object(orders.name, "security-group");
      const letIn = async (port: number): Promise<string> => {
        const rule = {
          ...{ security_group_id: group.id, direction: "ingress", ethertype: "IPv4", protocol: "tcp" },
          ...{ port_range_min: port, port_range_max: port, remote_ip_prefix: "198.51.100.0/24" },
        };
        type Made = { security_group_rule: { id: string } };
        const request = { method: "POST", body: { security_group_rule: rule } } as const;
        return (await cloud.call<Made>("network", "/security-group-rules", request)).security_group_rule.id;
      };
      this.#made = { elsewhere: await letIn(8080), wanted: await letIn(orders.port) };
      const data = await life.stack.object(orders.name, "data");
      const size = (data.sizeBytes ?? 0) / 2 ** 30;
      await extendVolume(cloud, data.id, size + 1, { timeout: 120_000 });
      await (await life.stack.guest(orders.name)).must(["mariadb", "-e", "SET GLOBAL wait_timeout = 333"]);

      const expected = [
        "orders parameter wait_timeout: default/default/333 up adoptable",
        `orders volume : ${size} GiB/${size} GiB/${size + 1} GiB none adoptable`,
        `orders rule tcp ${orders.port} from ${network}: open/open/null up adoptable`,
        `orders rule tcp ${orders.port} from 198.51.100.0/24: null/null/open none adoptable`,
        elsewhere,
      ];
      assert.deepEqual((await this.#rows()).sort(), expected.sort());
      await life.stack.does("adopt", orders.name, "--only", "volume", "--yes");
      const [stays, ...others] = await this.#rows();
      assert.match(stays ?? "", /from 198.51.100.0.24: null.null.open none adoptable/);
      assert.deepEqual(others, [elsewhere]);
      assert.equal((await findVolume(cloud, data.id))?.bytes, (size + 1) * 2 ** 30);
    });
  }

  adoptedRule(): Change {
    const life = this.#life;
    return {
      async make() {
        await life.stack.does("adopt", orders.name, "--only", "rule", "--yes", "--edit-only");
      },
      tests: () => {
        test("a rule that is adopted is taken over itself, so that nobody is cut off meanwhile", async () => {
          const ids = (await life.stack.object(orders.name, "security-group")).ingress?.map(({ id }) => id) ?? [];
          assert.ok(ids.includes(this.#made.wanted));
          assert.deepEqual(await this.#rows(), [elsewhere]);
          const left = `/security-group-rules/${this.#made.elsewhere}`;
          await life.stack.cloud.call("network", left, { method: "DELETE" });
          await life.rowsAreThere(orders);
        });
      },
    };
  }

  async #rows(): Promise<string[]> {
    const results = await this.#life.stack.json<DriftResult[]>([
      "drift",
      orders.name,
      "--stack",
      this.#life.stack.stack,
    ]);
    return results.map(driftLine);
  }
}
