/** What is changed behind Coffer's back: told by `drift`, put right by `up`, or taken into the spec by `adopt`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { extendVolume, findVolume } from "../../access/openstack/volumes.ts";
import { type DriftResult, driftLine } from "../support/drift.ts";
import { type Life, orders } from "./demo.ts";

export function driftIsTold(life: Life): void {
  const own = () => ["--stack", life.stack.stack];
  const drift = async () => (await life.stack.json<DriftResult[]>(["drift", orders.name, ...own()])).map(driftLine);

  test("rules, sizes and parameters that somebody changed are told, put right, or taken into the spec", async () => {
    assert.deepEqual(await drift(), []);
    const { cloud } = life.stack;
    const rules = (await life.stack.objects()).filter((one) => one.kind === "rule" && one.instanceName === orders.name);
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
    const [elsewhere, wanted] = [await letIn(8080), await letIn(orders.port)];
    const data = await life.stack.object(orders.name, "data");
    const size = (data.sizeBytes ?? 0) / 2 ** 30;
    await extendVolume(cloud, data.id, size + 1, { timeout: 120_000 });
    await (await life.stack.guest(orders.name)).must(["mariadb", "-e", "SET GLOBAL wait_timeout = 333"]);

    const expected = [
      "orders parameter wait_timeout: default/default/333 up adoptable",
      `orders volume : ${size} GiB/${size} GiB/${size + 1} GiB none adoptable`,
      `orders rule tcp ${orders.port} from ${network}: open/open/null up adoptable`,
      `orders rule tcp ${orders.port} from 198.51.100.0/24: null/null/open none adoptable`,
      "orders rule tcp 8080 from 198.51.100.0/24: null/null/open none",
    ];
    assert.deepEqual((await drift()).sort(), expected.sort());
    await life.stack.does("adopt", orders.name, "--only", "volume", "--yes");
    const [stays, ...others] = await drift();
    assert.match(stays ?? "", /from 198.51.100.0.24: null.null.open none adoptable/);
    assert.deepEqual(others, ["orders rule tcp 8080 from 198.51.100.0/24: null/null/open none"]);
    await life.stack.does("adopt", orders.name, "--only", "rule", "--yes");
    assert.deepEqual(await drift(), ["orders rule tcp 8080 from 198.51.100.0/24: null/null/open none"]);
    const ids = (await life.stack.object(orders.name, "security-group")).ingress?.map(({ id }) => id) ?? [];
    assert.ok(ids.includes(wanted), "the rule itself is taken over, so nobody is cut off meanwhile");
    assert.equal((await life.stack.row(orders.name)).volume, size + 1);
    assert.equal((await findVolume(cloud, data.id))?.bytes, (size + 1) * 2 ** 30);
    await cloud.call("network", `/security-group-rules/${elsewhere}`, { method: "DELETE" });
    await life.rowsAreThere(orders);
  });
}
