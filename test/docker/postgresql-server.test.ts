/** A real PostgreSQL server in a container, from a blank volume on: prepared, configured, changed, repaired. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { layout } from "../../access/guest.ts";
import type { ObservedServer, Parameters, ParameterValue, ServerSpec } from "../../engines/engine.ts";
import { catalogueOf, type Variable } from "../../engines/postgresql/catalogue.ts";
import { connect, disconnect } from "../../engines/postgresql/connection.ts";
import { parametersText } from "../../engines/postgresql/generate-parameters.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { ownedReason, risky } from "../../engines/postgresql/owned.ts";
import { configurationPath, hbaPath } from "../../engines/postgresql/settings.ts";
import { parseValue } from "../../engines/postgresql/values.ts";
import { NotYet, waitFor } from "../../engines/shared/wait.ts";
import { lastStart } from "../support/crash-recovery.ts";
import { type RunningServer, startGuest } from "./postgresql-guest.ts";

for (const version of postgresql.versions) describe(`PostgreSQL ${version}`, () => cases(version));

function cases(version: string): void {
  let server: RunningServer;

  before(async () => {
    server = await startGuest(version);
  });
  after(async () => {
    await server?.remove();
  });

  const specWith = (parameters: Parameters): ServerSpec => ({ ...server.spec, parameters });

  /** Plans and executes, sees that nothing is left to do, and returns the kinds of the steps and what is then. */
  async function apply(spec: ServerSpec): Promise<{ steps: readonly string[]; is: ObservedServer }> {
    const plan = postgresql.planServer(spec, await postgresql.observe(server.guest, spec));
    assert.deepEqual(plan.refusals, []);
    for (const step of plan.steps) {
      await postgresql.executeServer(server.guest, step, spec);
      await postgresql.waitHealthy(server.guest, 60_000).catch((error: unknown) => {
        if (!["prepare", "configure"].includes(step.kind)) throw error;
      });
    }
    const is = await postgresql.observe(server.guest, spec);
    assert.deepEqual(postgresql.planServer(spec, is), { steps: [], refusals: [] });
    return { steps: plan.steps.map((step) => step.kind), is };
  }

  const show = async (name: string) => (await server.admin("postgres", `SHOW ${name}`))[0]?.[name];

  test("a blank volume becomes a running server, and a second look finds nothing to do", async () => {
    const { steps, is } = await apply(server.spec);
    assert.deepEqual(steps, ["prepare", "configure", "start"]);
    assert.equal(is.marker?.uuid, server.spec.uuid);
    assert.equal(is.role, "single");
    assert.ok(is.serverVersion?.startsWith(`${version}.`), is.serverVersion);
    for (const [name, value] of [
      ["data_checksums", "on"],
      ["wal_level", "replica"],
      ["wal_log_hints", "on"],
    ] as const)
      assert.equal(await show(name), value);
    const [row] = await server.admin("postgres", "SELECT datcollate FROM pg_database WHERE datname = 'template1'");
    assert.equal(row?.datcollate, "C.UTF-8");
  });

  test("connections, their limit and the uptime are the server's own; the one that asks is not counted", async () => {
    const read = async () => {
      const open = await postgresql.open(server.guest);
      try {
        return await open.activity();
      } finally {
        await open.close();
      }
    };
    // A session that was closed just now may be counted for a moment.
    const readingOf = (connections: number) =>
      waitFor(`${connections} connections`, { timeout: 30_000 }, async () => {
        const activity = await read();
        return activity.connections === connections ? activity : new NotYet(`${activity.connections}`);
      });
    const alone = await readingOf(0);
    assert.equal(await show("max_connections"), String(alone.maxConnections));
    const other = await postgresql.open(server.guest);
    try {
      await readingOf(1);
    } finally {
      await other.close();
    }
    const [row] = await server.admin("postgres", "SELECT extract(epoch FROM now() - pg_postmaster_start_time()) AS s");
    assert.ok(alone.uptimeSeconds <= Number(row?.s));
  });

  test("the rules are those of this server, and what a newer release adds is owned or harmless", async () => {
    const real = new Map(Object.entries<Variable>(JSON.parse(await parametersText(server.guest))));
    const rules = catalogueOf(server.spec.version);
    const stale = [...rules]
      .filter(([name, variable]) => !isDeepStrictEqual(real.get(name), variable))
      .map(([name]) => name);
    assert.deepEqual(stale, []);
    const unclassified = [...real]
      .filter(([name, variable]) => !rules.has(name) && risky.test(name) && ownedReason(name, variable) === undefined)
      .map(([name]) => name);
    assert.deepEqual(unclassified, []);
  });

  test("preparing again never touches data", async () => {
    await server.admin("postgres", "CREATE TABLE precious AS SELECT 7 AS n");
    const step = { kind: "prepare", from: { from: "blank" }, summary: "" } as const;
    await postgresql.executeServer(server.guest, step, server.spec);
    const other = { ...server.spec, uuid: "99999999-2222-3333-4444-555555555555" };
    await assert.rejects(postgresql.executeServer(server.guest, step, other), /another instance/);
    await postgresql.executeServer(server.guest, { kind: "restart", because: [], summary: "" }, server.spec);
    await postgresql.waitHealthy(server.guest, 60_000);
    assert.deepEqual(await server.admin("postgres", "SELECT n FROM precious"), [{ n: 7 }]);
  });

  test("what can change live does so without a restart; the rest restarts, once", async () => {
    const since = async () => (await server.admin("postgres", "SELECT pg_postmaster_start_time()::text AS at"))[0]?.at;
    const first = await since();
    assert.deepEqual((await apply(specWith({ work_mem: "9MB", log_line_prefix: "it's \\ %m " }))).steps, [
      "configure",
      "apply-live",
    ]);
    assert.equal(await show("work_mem"), "9MB");
    assert.equal(await show("log_line_prefix"), "it's \\ %m ");
    assert.equal(await since(), first);
    assert.deepEqual((await apply(specWith({ work_mem: "10MB", max_connections: 40 }))).steps, [
      "configure",
      "restart",
    ]);
    assert.equal(await show("max_connections"), "40");
    assert.equal(await show("work_mem"), "10MB");
  });

  test("a parameter that leaves the spec falls back, live or by a restart", async () => {
    await apply(specWith({ jit: false, max_locks_per_transaction: 128 }));
    assert.equal(await show("jit"), "off");
    assert.deepEqual((await apply(specWith({ max_locks_per_transaction: 128 }))).steps, ["configure", "apply-live"]);
    assert.equal(await show("jit"), "on");
    assert.deepEqual((await apply(server.spec)).steps, ["configure", "restart"]);
    assert.equal(await show("max_locks_per_transaction"), "64");
  });

  test("a change whose second half was lost is finished", async () => {
    const spec = specWith({ work_mem: "11MB", max_connections: 41 });
    const plan = postgresql.planServer(spec, await postgresql.observe(server.guest, spec));
    const configure = plan.steps.find((step) => step.kind === "configure");
    assert.ok(configure);
    await postgresql.executeServer(server.guest, configure, spec);
    assert.deepEqual((await apply(spec)).steps, ["restart"]);
    assert.deepEqual((await apply(server.spec)).steps, ["configure", "restart"]);
  });

  const drifts: readonly { why: string; sql: string; name: string; value: string }[] = [
    { why: "durability", sql: "ALTER SYSTEM SET fsync = off", name: "fsync", value: "on" },
    { why: "a client's default", sql: "ALTER SYSTEM SET work_mem = '3MB'", name: "work_mem", value: "4MB" },
    { why: "what Coffer does not set", sql: "ALTER SYSTEM SET jit = off", name: "jit", value: "on" },
  ];
  for (const { why, sql, name, value } of drifts)
    test(`drift by ALTER SYSTEM is repaired: ${why}`, async () => {
      await server.admin("postgres", sql);
      await server.admin("postgres", "SELECT pg_reload_conf()");
      await waitFor("the drift to show", { timeout: 10_000 }, async () => {
        const is = await postgresql.observe(server.guest, server.spec);
        return postgresql.planServer(server.spec, is).steps.length > 0 ? true : new NotYet();
      });
      assert.deepEqual((await apply(server.spec)).steps, ["apply-live"]);
      assert.equal(await show(name), value);
      assert.deepEqual(
        await server.admin(
          "postgres",
          `SELECT 1 FROM pg_file_settings WHERE sourcefile = '${layout.data}/postgresql.auto.conf'`,
        ),
        [],
      );
    });

  test("drift that waits for a restart is repaired by one", async () => {
    await server.admin("postgres", "ALTER SYSTEM SET max_connections = 33");
    await server.guest.service.restart();
    await postgresql.waitHealthy(server.guest, 60_000);
    assert.equal(await show("max_connections"), "33");
    assert.deepEqual((await apply(server.spec)).steps, ["restart"]);
    assert.equal(await show("max_connections"), "100");
  });

  test("a value that no file can change is told with its source", async () => {
    await server.admin("postgres", "ALTER DATABASE postgres SET work_mem = '3MB'");
    const plan = postgresql.planServer(server.spec, await postgresql.observe(server.guest, server.spec));
    const [step] = plan.steps;
    assert.ok(step?.kind === "apply-live");
    await assert.rejects(
      postgresql.executeServer(server.guest, step, server.spec),
      /work_mem is still 3072, set by the database/,
    );
    await server.admin("postgres", "ALTER DATABASE postgres RESET work_mem");
    assert.deepEqual((await apply(server.spec)).steps, []);
  });

  test("a pg_hba.conf changed by hand comes back, loaded", async () => {
    await server.guest.putFile(hbaPath, "local all postgres peer\nhost all all all trust\n", {
      mode: 0o640,
      owner: "root:postgres",
    });
    await server.admin("postgres", "SELECT pg_reload_conf()");
    assert.deepEqual((await apply(server.spec)).steps, ["configure", "apply-live"]);
    const rules = await server.admin(
      "postgres",
      "SELECT count(*)::int AS trusting FROM pg_hba_file_rules WHERE auth_method = 'trust'",
    );
    assert.deepEqual(rules, [{ trusting: 0 }]);
  });

  test("a value that the server itself refuses changes nothing", async () => {
    // Owned, because only the server knows its limit; here it stands for whatever a rule may miss.
    const spec = specWith({ max_stack_depth: "1GB" });
    const step = { kind: "configure", files: [configurationPath], summary: "" } as const;
    await assert.rejects(
      postgresql.executeServer(server.guest, step, spec),
      /refuses the new configuration.*max_stack_depth/s,
    );
    assert.deepEqual((await apply(server.spec)).steps, []);
  });

  const free = () => [...catalogueOf(version)].filter(([name, variable]) => ownedReason(name, variable) === undefined);

  /** Those of the values that the rules take. */
  const taken = (values: readonly (readonly [string, ParameterValue])[]): Parameters =>
    Object.fromEntries(
      values.filter(([name, value]) => postgresql.checkParameters(version, { [name]: value }, 2 ** 34).length === 0),
    );

  test("every free parameter at its default and at its least is taken, and read back as what it is", async () => {
    const defaults = free().map(([name, variable]) => [name, variable.default ?? ""] as const);
    const least = free().flatMap(([name, { min }]) => (min === undefined ? [] : [[name, min] as const]));
    const all = taken(defaults);
    // "Computed" is what it is when it is left out.
    assert.deepEqual(
      defaults.map(([name]) => name).filter((name) => !(name in all)),
      version === "15"
        ? ["wal_buffers"]
        : ["commit_timestamp_buffers", "subtransaction_buffers", "transaction_buffers", "wal_buffers"],
    );
    await apply(specWith(all));
    // One second would be too short for a login on a busy machine.
    const low = { ...taken(least), authentication_timeout: 60 };
    assert.ok(Object.keys(low).length > 80);
    await apply(specWith(low));
    await apply(server.spec);
  });

  test("every value of a free enum is printed as its canonical text", async () => {
    const client = await connect(server.guest, "postgres");
    let asked = 0;
    for (const [name, variable] of free().filter(([, { values, context }]) => values && context !== "sighup"))
      for (const value of variable.values ?? []) {
        const { rows } = await client.query<{ printed: string }>("SELECT set_config($1, $2, false) AS printed", [
          name,
          value,
        ]);
        assert.deepEqual(parseValue(name, variable, value), { value: rows[0]?.printed }, `${name} ${value}`);
        asked++;
      }
    await disconnect(client);
    assert.ok(asked > 60, `${asked} values`);
  });

  test("a stop is a clean shutdown, and the next start recovers nothing", async () => {
    await server.admin("postgres", "INSERT INTO precious VALUES (8)");
    await server.guest.service.stop();
    const stopped = await postgresql.observe(server.guest, server.spec);
    assert.deepEqual(
      [stopped.running, stopped.enabled, stopped.healthy, stopped.prepared],
      [false, false, false, true],
    );
    assert.deepEqual((await apply(server.spec)).steps, ["start"]);
    assert.equal(lastStart("postgresql", await server.guest.service.logs(200)), "clean");
    assert.equal((await server.admin("postgres", "SELECT n FROM precious")).length, 2);
  });

  test("a wait for a server that stopped ends at once, with its last words", async () => {
    await server.guest.service.stop();
    await assert.rejects(
      postgresql.waitHealthy(server.guest, 600_000),
      /not running any more.*database system is shut down/s,
    );
    await apply(server.spec);
  });

  test("a server that cannot start tells why", async () => {
    await server.guest.service.stop();
    await server.guest.putFile(configurationPath, "nonsense = 1\n");
    const start = async () => {
      await server.guest.service.start();
      await postgresql.waitHealthy(server.guest, 60_000);
    };
    await assert.rejects(start());
    assert.match(await server.guest.service.logs(40), /nonsense/);
    await server.guest.service.stop();
    assert.deepEqual((await apply(server.spec)).steps, ["configure", "start"]);
  });
}
