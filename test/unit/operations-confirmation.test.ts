/** Which plans a person has to agree to, and with which words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { types } from "../../components/openstack/types.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { takesAway } from "../../engines/shared/losses.ts";
import { type Change, ChangeCollector } from "../../operations/changes.ts";
import { needsConfirmation } from "../../operations/confirmation.ts";
import { instanceType } from "../../operations/engine-events.ts";

const of = (action: Change["action"], type: string, name: string, more: Partial<Change> = {}): Change => ({
  action,
  resource: { urn: `${type}::${name}`, type, name, instance: "orders" },
  retained: false,
  properties: [],
  notes: [],
  ...more,
});
const server = "docker:index/container:Container";
const volume = "docker:index/volume:Volume";

const plans: { why: string; changes: Change[]; lines?: string[] }[] = [
  { why: "nothing changes", changes: [] },
  {
    why: "only what is new",
    changes: [of("create", instanceType, "orders"), of("create", server, "orders-server")],
  },
  {
    why: "what is open from now on was closed before",
    changes: [of("create", types.rule, "orders-allow-sql-10.0.0.0-8")],
  },
  {
    why: "an update in place is asked about, with nothing to name",
    changes: [of("create", server, "orders-server"), of("update", "coffer:guest:Users", "orders-users")],
    lines: [],
  },
  {
    why: "a restart and a drop, in the words of their plan; other notes are no reason to look twice",
    changes: [
      of("update", "coffer:guest:Server", "orders-database-server", {
        notes: ["write mariadb.cnf", "restart MariaDB: thread_stack"],
        warnings: ["restart MariaDB: thread_stack"],
      }),
      of("update", "coffer:guest:Databases", "orders-databases", {
        warnings: ["drop database shop with all its data"],
      }),
    ],
    lines: ["orders: restart MariaDB: thread_stack", "orders: drop database shop with all its data"],
  },
  {
    why: "a replacement",
    changes: [of("replace", server, "orders-server", { warnings: ["another image"] })],
    lines: ["orders: replace server", "orders: another image"],
  },
  {
    why: "an instance that leaves is one line, and its volume stays",
    changes: [
      of("delete", instanceType, "orders"),
      of("delete", server, "orders-server"),
      of("delete", volume, "orders-volume", { retained: true }),
      of("delete", "coffer:guest:Users", "orders-users"),
    ],
    lines: ['delete instance "orders"; its data volume is kept'],
  },
  {
    why: "an instance that leaves with its volume",
    changes: [of("delete", instanceType, "orders"), of("delete", volume, "orders-volume")],
    lines: ['delete instance "orders" WITH ITS DATA VOLUME'],
  },
  {
    why: "a rule and a floating IP that go close something; a volume alone is deleted or kept",
    changes: [
      of("delete", types.rule, "orders-allow-sql-10.0.0.0-8"),
      of("delete", types.floatingIp, "orders-floating-ip"),
      of("delete", types.volume, "orders-volume", { retained: true }),
    ],
    lines: ["orders: close allow-sql-10.0.0.0-8", "orders: close floating-ip", "orders: delete volume (kept)"],
  },
  {
    why: "what is shared has no instance",
    changes: [
      of("delete", "docker:index/network:Network", "network", {
        resource: { urn: "n", type: "docker:index/network:Network", name: "network" },
      }),
    ],
    lines: ["delete network"],
  },
  {
    why: "nothing real goes with an image, nor with what is left as it is",
    changes: [
      of("replace", "docker:index/remoteImage:RemoteImage", "image"),
      of("delete", "coffer:guest:Users", "orders-users", { retained: true }),
    ],
  },
  {
    why: "what waits for a stopped instance does not happen now",
    changes: [of("update", "coffer:guest:Server", "orders-database-server", { held: true, warnings: ["restart"] })],
  },
];

for (const { why, changes, lines } of plans) {
  test(`confirmation: ${why}`, () => assert.deepEqual(needsConfirmation(changes), lines));
}

test("a change has the warnings among its notes, and none where there are none", () => {
  const urn = "urn:pulumi:demo::coffer::coffer:guest:Server::orders-database-server";
  const metadata = { op: "update", urn, type: "coffer:guest:Server" };
  const said = (severity: "info" | "warning", message: string) => ({
    timestamp: 0,
    diagnosticEvent: { urn, severity, message },
  });
  const changeOf = (...events: ReturnType<typeof said>[]) => {
    const collector = new ChangeCollector();
    collector.add({ timestamp: 0, resourcePreEvent: { metadata } });
    for (const event of events) collector.add(event);
    return collector.changes()[0];
  };
  const write = said("info", "write a file");
  assert.ok(!("warnings" in (changeOf(write) ?? { warnings: [] })));
  const change = changeOf(write, said("warning", "restart"));
  assert.deepEqual([change?.notes, change?.warnings], [["write a file", "restart"], ["restart"]]);
});

const user = (name: string, databases: readonly string[] = []) => ({
  name,
  host: "%",
  grants: databases.map((database) => ({ database, privileges: "all" as const })),
});

/** What the steps of a plan take away, in their own words. */
const losses = (plan: { steps: readonly { kind: string; summary: string }[] }): string[] =>
  plan.steps.filter(takesAway).map(({ summary }) => summary);

for (const engine of [mariadb, postgresql]) {
  test(`${engine.title}: what clients rely on is a loss, and what they get is none`, () => {
    const before = [user("app", ["shop"]), user("left", ["shop"])];
    const gone = losses(engine.planUsers([user("app")], before, before));
    assert.equal(gone.length, 2, gone.join("; "));
    assert.match(gone.join("; "), /drop .*left.*(revoke|none)/);
    assert.deepEqual(losses(engine.planUsers([...before, user("new", ["shop"])], before, before)), []);
    const known = [{ ...user("app"), passwordMatches: false }];
    assert.match(losses(engine.planUsers([user("app")], known, known)).join(), /password/);
    const database = { name: "shop", charset: "utf8mb4", collation: "utf8mb4_general_ci" };
    assert.match(losses(engine.planDatabases([], [database], ["shop"], ["shop"], {})).join(), /drop .*shop/);
    assert.deepEqual(losses(engine.planDatabases([{ name: "shop" }], [], [], [], {})), []);
  });
}
