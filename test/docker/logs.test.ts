/** The slow and the general log of both engines: off, on, read, bounded and off again, without a restart. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { NotYet, waitFor } from "../../engines/shared/wait.ts";
import type { LogRow } from "../../operations/server-logs.ts";
import { type Checkout, docker, makeCheckout, objectsOf } from "../support/checkout.ts";
import { openClient, type Query } from "../support/clients.ts";
import { specOf } from "../support/specs.ts";

const MiB = 2 ** 20;
const sleepFor: Readonly<Record<string, string>> = {
  mariadb: "SELECT SLEEP(0.3) AS s, 'drowsy'",
  postgresql: "SELECT pg_sleep(0.3), 'drowsy'",
};

describe("logs", () => {
  const engines = ["mariadb", "postgresql"] as const;
  const nameOf = (engine: string): string => `${engine}-orders`;
  let checkout: Checkout;
  const clients = new Map<string, { query: Query; close(): Promise<void> }>();
  const stack = () => ["--stack", checkout.stack];
  const query = (engine: string, sql: string) => {
    const client = clients.get(engine);
    assert.ok(client);
    return client.query(sql);
  };
  const logOf = async (engine: string, type: string, lines = 5000): Promise<string> =>
    (await checkout.ok(["logs", nameOf(engine), "--type", type, "--lines", String(lines), ...stack()])).stdout;
  const rows = async (engine: string): Promise<readonly LogRow[]> =>
    checkout.json<LogRow[]>(["log-list", nameOf(engine), ...stack()]);

  before(async () => {
    checkout = await makeCheckout(
      specOf(
        Object.fromEntries(
          engines.map((engine) => [nameOf(engine), { databases: ["shop"], users: { app: { all: ["shop"] } } }]),
        ),
      ),
    );
    await checkout.ok(["up", ...stack()]);
    for (const engine of engines) await reopen(engine);
  });
  after(async () => {
    for (const client of clients.values()) await client.close();
    await checkout.cleanUp();
  });

  for (const engine of engines) {
    const name = nameOf(engine);

    test(`${engine}: off by default, which is said with what switches them on`, async () => {
      await query(engine, "SELECT 'unseen'");
      for (const type of ["slow", "general"]) {
        const refused = await checkout.coffer(["logs", name, "--type", type, ...stack()]);
        assert.equal(refused.code, 2);
        assert.match(refused.stderr, new RegExp(`the ${type} log of "${name}" is off`));
        assert.match(refused.stderr, new RegExp(`coffer log-enable ${name} ${type}`));
      }
      assert.deepEqual(
        (await rows(engine)).map(({ type, enabled }) => [type, enabled]),
        [
          ["error", true],
          ["slow", false],
          ["general", false],
        ],
      );
      assert.match(await logOf(engine, "error"), /ready (for|to accept) connections/);
    });

    test(`${engine}: on without a restart; each statement is where it belongs`, async () => {
      await checkout.ok(["log-enable", name, "slow", "--after", "200ms", "--edit-only", ...stack()]);
      await checkout.ok(["log-enable", name, "general", ...stack()]);
      // A session keeps the thresholds that it began with in one of the engines.
      await reopen(engine);
      await query(engine, sleepFor[engine] ?? "");
      await query(engine, "SELECT 'brisk'");
      await waitFor("the statements", { timeout: 30_000 }, async () =>
        /brisk/.test(await logOf(engine, "general")) ? true : new NotYet("it is not there"),
      );
      const [slow, general, error] = [
        await logOf(engine, "slow"),
        await logOf(engine, "general"),
        await logOf(engine, "error"),
      ];
      assert.match(slow, /drowsy/);
      assert.doesNotMatch(slow, /brisk/);
      assert.match(general, /drowsy[\s\S]*brisk/);
      assert.doesNotMatch(general, /unseen/);
      assert.doesNotMatch(error, /drowsy|brisk/);
    });

    test(`${engine}: what Coffer says of users is in no log`, async () => {
      await checkout.ok(["user-create", name, "secretive", "--databases", "shop", ...stack()]);
      await query(engine, "SELECT 'afterwards'");
      const written = (await Promise.all(["error", "slow", "general"].map((type) => logOf(engine, type)))).join("\n");
      assert.match(written, /afterwards/);
      assert.doesNotMatch(written, /CREATE (USER|ROLE)|ALTER (USER|ROLE)|SCRAM-SHA|IDENTIFIED|GRANT /i);
      const password = (
        await checkout.json<{ password: string }>(["user-show", name, "secretive", "--password", ...stack()])
      ).password;
      assert.ok(!written.includes(password));
    });

    test(`${engine}: bounded under more than fits, and followed over a rotation`, async () => {
      const limit = (await rows(engine)).find(({ type }) => type === "general")?.limitBytes ?? 0;
      assert.ok(limit > 0 && limit <= 32 * MiB);
      const follow = checkout.startReadable([
        "logs",
        name,
        "--type",
        "general",
        "--lines",
        "1",
        "--follow",
        ...stack(),
      ]);
      const seen = new Set<string>();
      const lines = createInterface({ input: follow.stdout });
      lines.on("line", (line) => {
        for (const [mark] of line.matchAll(/mark-\w+/g)) seen.add(mark);
      });
      const shown = async (mark: string) => {
        // The follower's first look may come after any statement: it is said again until it was seen.
        await waitFor(`${mark} to be shown`, { timeout: 60_000 }, async () => {
          if (seen.has(mark)) return true;
          await query(engine, `SELECT '${mark}'`);
          return new NotYet("it is not shown");
        });
      };
      try {
        await shown("mark-before");
        const filler = "x".repeat(MiB / 2);
        for (let written = 0; written < limit + 8 * MiB; written += filler.length)
          await query(engine, `SELECT LENGTH('${filler}') AS l`);
        await shown("mark-after");
      } finally {
        if (follow.exitCode === null) process.kill(-(follow.pid ?? 0), "SIGINT");
      }
      await waitFor("the log to be within its limit", { timeout: 60_000 }, async () => {
        const taken = await takenBy(engine);
        return taken <= limit ? true : new NotYet(`it has ${taken} bytes`);
      });
      if (engine === "mariadb") {
        const listed = (await rows(engine)).find(({ type }) => type === "general")?.bytes ?? 0;
        assert.ok(listed > 0 && listed <= limit, `${listed} bytes are told`);
      }
    });

    test(`${engine}: off again, and never restarted`, async () => {
      await checkout.ok(["log-disable", name, "general", "--edit-only", ...stack()]);
      await checkout.ok(["log-disable", name, "slow", ...stack()]);
      assert.deepEqual(
        (await rows(engine)).map(({ enabled }) => enabled),
        [true, false, false],
      );
      const before = await takenBy(engine);
      await query(engine, `SELECT 'late', LENGTH('${"y".repeat(MiB)}') AS l`);
      assert.ok((await takenBy(engine)) < before + MiB / 2, "it was logged");
      const startings = (await logOf(engine, "error")).match(/^coffer: starting/gm)?.length ?? 0;
      assert.ok(startings <= 1, `it was started ${startings} times`);
      assert.doesNotMatch(readFileSync(checkout.specFile, "utf8"), /logs:/);
    });
  }

  /** A new session of the user: thresholds are a session's from its beginning. */
  async function reopen(engine: string): Promise<void> {
    await clients.get(engine)?.close();
    const name = nameOf(engine);
    const { stdout: ca } = await checkout.ok(["ca", ...stack()]);
    const listed = await checkout.json<{ name: string; address: string; port: number }[]>(["list", ...stack()]);
    const row = listed.find((one) => one.name === name);
    assert.ok(row);
    const words = ["user-show", name, "app", "--password", ...stack()];
    const { password } = await checkout.json<{ password: string }>(words);
    const login = { host: row.address, port: row.port, user: "app", password, database: "shop", ca };
    clients.set(engine, await openClient(engine, login));
  }

  /** Bytes of the general log on the machine. */
  async function takenBy(engine: string): Promise<number> {
    if (engine === "mariadb") {
      const files = "cat /srv/coffer/data/general.log* 2>/dev/null | wc -c";
      return Number((await checkout.ok(["exec", nameOf(engine), ...stack(), "--", "sh", "-c", files])).stdout);
    }
    const { containers } = await objectsOf(checkout.stackId());
    const container = containers.find(({ Names }) => Names.some((one) => one.includes(nameOf(engine))));
    assert.ok(container);
    return (await docker.getContainer(container.Id).logs({ stdout: true, stderr: true })).length;
  }
});
