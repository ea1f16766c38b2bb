/** A real MariaDB server: made, configured, repaired, and never made over data. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createConnection } from "mysql2/promise";
import { layout } from "../../access/guest.ts";
import { volumeUse } from "../../access/volume-use.ts";
import type { Parameters, ParameterValue } from "../../engines/engine.ts";
import { configurationPath } from "../../engines/mariadb/configuration.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { ownedReason } from "../../engines/mariadb/owned.ts";
import { type ParameterRow, tableOf } from "../../engines/mariadb/table.ts";
import { MiB } from "../../engines/shared/units.ts";
import { NotYet, waitFor } from "../../engines/shared/wait.ts";
import { apply, startGuest, type TestGuest } from "./mariadb-guest.ts";

for (const version of mariadb.versions) describe(`MariaDB ${version}`, () => cases(version));

function cases(version: string): void {
  let server: TestGuest;

  before(async () => {
    server = await startGuest(version);
  });
  after(async () => {
    await server?.remove();
  });

  const kinds = (steps: readonly { kind: string }[]) => steps.map((step) => step.kind);

  test("from a blank volume to a server that answers, in one plan", async () => {
    assert.deepEqual(kinds(await apply(server)), ["prepare", "configure", "start"]);
    assert.deepEqual(await apply(server), []);
    const observed = await mariadb.observe(server.guest, server.spec);
    assert.deepEqual(observed.marker, { uuid: server.spec.uuid, engine: "mariadb", version });
    assert.match(observed.serverVersion ?? "", /^\d+\.\d+\.\d+-MariaDB-0\+deb\d+u\d+$/);
    assert.ok(observed.serverVersion?.startsWith(`${version}.`));
    const { healthy, running, enabled, role } = observed;
    assert.deepEqual(
      { healthy, running, enabled, role },
      { healthy: true, running: true, enabled: true, role: "single" },
    );
  });

  test("durability and what a later replica needs are in effect", async () => {
    const [row] = await server.admin(
      "SELECT @@sync_binlog, @@innodb_flush_log_at_trx_commit, IF(@@innodb_doublewrite IN ('1', 'ON'), 'ON', ''), @@log_bin, @@binlog_format, " +
        "@@gtid_strict_mode, @@gtid_domain_id, @@log_slave_updates, @@local_infile, @@character_set_server",
    );
    assert.deepEqual(Object.values(row ?? {}).map(String), ["1", "1", "ON", "1", "ROW", "1", "1", "1", "0", "utf8mb4"]);
  });

  test("nobody can log in from outside, and there is no other account", async () => {
    const accounts = await server.admin("SELECT CONCAT(User, '@', Host) a FROM mysql.global_priv ORDER BY 1");
    assert.deepEqual(
      accounts.map((row) => row.a),
      ["mariadb.sys@localhost", "root@localhost"],
    );
    for (const password of ["", "invalid"])
      await assert.rejects(createConnection({ ...server.address, user: "root", password }), /denied|not allowed/);
  });

  test("the table of parameters is that of this server", async () => {
    const observed = await mariadb.observe(server.guest, server.spec);
    assert.equal(observed.serverVersion, tableOf(version).server, "run generate-parameters.ts for the new server");
  });

  test("connections, their limit and the uptime are the server's own; the one that asks is not counted", async () => {
    const read = async () => {
      const open = await mariadb.open(server.guest);
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
    assert.deepEqual(await server.admin("SELECT @@GLOBAL.max_connections AS n"), [{ n: String(alone.maxConnections) }]);
    const other = await mariadb.open(server.guest);
    try {
      await readingOf(1);
    } finally {
      await other.close();
    }
    const [row] = await server.admin("SHOW GLOBAL STATUS LIKE 'Uptime'");
    assert.ok(alone.uptimeSeconds <= Number(row?.Value));
  });

  test("what the data takes is counted where the volume is a directory of its host", async () => {
    const use = await volumeUse(server.guest);
    assert.equal(use?.size, undefined);
    const { stdout } = await server.guest.must(["du", "-sx", "-B1", layout.data]);
    assert.ok((use?.used ?? 0) >= Number.parseInt(stdout, 10), `${use?.used} of ${stdout}`);
    assert.ok((use?.used ?? 0) < server.spec.volumeBytes);
  });

  test("what changes live, what waits for a restart, and what is undone", async () => {
    assert.deepEqual(kinds(await apply(server, { max_connections: 200, wait_timeout: 600 })), [
      "apply-live",
      "configure",
    ]);
    assert.deepEqual(kinds(await apply(server, { max_connections: 200, ft_min_word_len: 3 })), [
      "configure",
      "restart",
    ]);
    assert.deepEqual(kinds(await apply(server, { ft_min_word_len: 3, innodb_buffer_pool_size: 70_000_000 })), [
      "apply-live",
      "configure",
    ]);
    assert.deepEqual(kinds(await apply(server, {})), ["configure", "restart"]);
    assert.deepEqual(await apply(server, {}), []);
    const [row] = await server.admin("SELECT @@max_connections, @@wait_timeout, @@ft_min_word_len");
    assert.deepEqual(Object.values(row ?? {}).map(Number), [151, 28800, 4]);
  });

  test("settings changed by hand are put back, and no session of Coffer's own counts as such", async () => {
    await server.admin("SET GLOBAL sync_binlog = 0");
    await server.admin("SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES'");
    await server.admin("SET GLOBAL max_connections = 77");
    const [step, ...more] = await apply(server);
    assert.deepEqual(more, []);
    assert.deepEqual(step?.kind === "apply-live" && step.parameters, {
      sync_binlog: "1",
      sql_mode: "DEFAULT",
      max_connections: "DEFAULT",
    });
    assert.deepEqual(await apply(server), []);
  });

  const table = tableOf(version).parameters;

  /** Contradict others when everything is changed at once, or are changed by another test. */
  const apart = [
    "old",
    "log_slow_filter",
    "log_slow_admin_statements",
    "log_slow_disabled_statements",
    "old_mode",
    "thread_cache_size",
  ];

  /** Values that the parameter's row does not tell. */
  const special: Parameters = {
    default_time_zone: "+01:00",
    character_set_server: "latin1",
    collation_server: "latin1_bin",
    default_storage_engine: "Aria",
    default_tmp_storage_engine: "Aria",
    enforce_storage_engine: "Aria",
    thread_handling: "pool-of-threads",
    event_scheduler: "ON",
    innodb_ft_sort_pll_degree: 4,
    innodb_defragment_fill_factor: 0.8,
  };

  /** A value that differs from the one in effect. */
  function another(row: ParameterRow, current: string): ParameterValue {
    const number = Number(current);
    const block = row.block ?? 1;
    switch (row.type) {
      case "integer":
        if (number < 0) return 100;
        if (number > 2 ** 52) return 2 ** 30;
        return number + block <= (row.max ?? 2 ** 52) ? number + block : Math.max(row.min ?? 0, number - block);
      case "number":
        return number + 1 <= (row.max ?? 1e9) ? number + 1 : number / 2;
      case "boolean":
        return current !== "ON";
      case "flagset":
        return current.split(",")[0]?.replace(/=(on|off)/, (_, state) => (state === "on" ? "=off" : "=on")) ?? "";
      default:
        return row.values?.find((value) => value !== current && value !== "OFF") ?? current;
    }
  }

  test("every free parameter takes another value, live and from the file, and goes back", {
    timeout: 180_000,
  }, async () => {
    const rows = await server.admin(
      "SELECT LOWER(VARIABLE_NAME) n, GLOBAL_VALUE v FROM information_schema.SYSTEM_VARIABLES",
    );
    const current = new Map(rows.map((row) => [String(row.n), String(row.v)]));
    const live: Record<string, ParameterValue> = {};
    const atStart: Record<string, ParameterValue> = {};
    for (const [name, row] of Object.entries(table)) {
      if (ownedReason(name) !== undefined || apart.includes(name)) continue;
      const value = special[name] ?? another(row, current.get(row.variable ?? name) ?? "");
      (row.dynamic ? live : atStart)[name] = value;
    }
    assert.ok(Object.keys(live).length > 200 && Object.keys(atStart).length > 50);
    assert.deepEqual(mariadb.checkParameters(version, { ...live, ...atStart }, 512 * MiB), []);

    assert.deepEqual(kinds(await apply(server, live)), ["apply-live", "configure"]);
    assert.deepEqual(await apply(server, live), [], "live: what the server made is what was asked for");
    assert.deepEqual(kinds(await apply(server, { ...live, ...atStart })), ["configure", "restart"]);
    assert.deepEqual(await apply(server, { ...live, ...atStart }), [], "from the file");
    assert.deepEqual(kinds(await apply(server, live)), ["configure", "restart"]);
    assert.deepEqual(kinds(await apply(server, {})), ["apply-live", "configure"]);
    assert.deepEqual(await apply(server, {}), [], "and back");
  });

  test("preparing again never touches data", async () => {
    await server.admin("CREATE DATABASE keep");
    const { guest, spec } = server;
    const prepare = { kind: "prepare", from: { from: "blank" }, summary: "" } as const;
    await mariadb.executeServer(guest, prepare, spec);
    const other = { ...spec, uuid: "00000000-0000-0000-0000-000000000000" };
    await assert.rejects(
      mariadb.executeServer(guest, prepare, other),
      /belongs to another instance.*never written over/s,
    );
    await guest.must(["mv", layout.marker, `${layout.marker}.aside`]);
    await assert.rejects(mariadb.executeServer(guest, prepare, spec), /no marker/);
    await guest.must(["mv", `${layout.marker}.aside`, layout.marker]);
    const from = { from: "backup", id: "b" } as const;
    await assert.rejects(mariadb.executeServer(guest, { ...prepare, from }, spec), /from a backup yet/);
    assert.equal((await server.admin("SHOW DATABASES LIKE 'keep'")).length, 1);
  });

  test("a server that cannot start says why at once, and a right file mends it", async () => {
    const { guest } = server;
    await guest.service.stop();
    await guest.putFile(
      configurationPath,
      "[mariadbd]\ndatadir = /srv/coffer/data\nuser = mysql\nno_such_option = 1\n",
    );
    const started = (async () => {
      await guest.service.start();
      await mariadb.waitHealthy(guest, 60_000);
    })();
    await assert.rejects(started, /failed|stopped instead of answering/);
    await assert.rejects(mariadb.waitHealthy(guest, 60_000), /stopped instead of answering.*no_such_option/s);
    // A try with the wrong file that was under way may end when the right one is there.
    await apply(server).catch(() => apply(server));
    assert.deepEqual(await apply(server), []);
  });
}
