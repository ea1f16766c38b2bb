/** The slow and the general log of both engines: off, on, read, bounded and off again, without a restart. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
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

  // Step by step on both: each change of the spec is applied to both of them at once.
  for (const engine of engines)
    test(`${engine}: off by default, which is said with what switches them on`, async () => {
      await query(engine, "SELECT 'unseen'");
      for (const type of ["slow", "general"]) {
        const refused = await checkout.coffer(["logs", nameOf(engine), "--type", type, ...stack()]);
        assert.equal(refused.code, 2);
        assert.match(refused.stderr, new RegExp(`the ${type} log of "${nameOf(engine)}" is off`));
        assert.match(refused.stderr, new RegExp(`coffer log-enable ${nameOf(engine)} ${type}`));
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

  for (const engine of engines)
    test(`${engine}: on without a restart; each statement is where it belongs`, async () => {
      await onBoth([
        ["log-enable", "slow", "--after", "200ms"],
        ["log-enable", "general"],
      ]);
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

  for (const engine of engines)
    test(`${engine}: what Coffer says of users is in no log`, async () => {
      await onBoth([["user-create", "secretive", "--databases", "shop"]]);
      await query(engine, "SELECT 'afterwards'");
      const written = (await Promise.all(["error", "slow", "general"].map((type) => logOf(engine, type)))).join("\n");
      assert.match(written, /afterwards/);
      assert.doesNotMatch(written, /CREATE (USER|ROLE)|ALTER (USER|ROLE)|SCRAM-SHA|IDENTIFIED|GRANT /i);
      const password = (
        await checkout.json<{ password: string }>(["user-show", nameOf(engine), "secretive", "--password", ...stack()])
      ).password;
      assert.ok(!written.includes(password));
      // What others say of users is: the pattern and the logs are no empty ones.
      await assert.rejects(query(engine, "CREATE ROLE nobody"));
      await waitFor("the statement", { timeout: 30_000 }, async () =>
        /CREATE ROLE nobody/.test(await logOf(engine, "general")) ? true : new NotYet("it is not there"),
      );
    });

  for (const engine of engines)
    test(`${engine}: bounded under more than fits, and followed over a rotation`, async () => {
      const limit = (await rows(engine)).find(({ type }) => type === "general")?.limitBytes ?? 0;
      assert.ok(limit > 0 && limit <= 32 * MiB);
      const follow = checkout.startReadable([
        "logs",
        nameOf(engine),
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

  for (const engine of engines)
    test(`${engine}: off again, and never restarted`, async () => {
      await onBoth([
        ["log-disable", "general"],
        ["log-disable", "slow"],
      ]);
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

  const applied = new Map<string, Promise<void>>();

  /** Makes the edits for both engines and applies them together, for whichever asks first. */
  function onBoth(edits: readonly (readonly [verb: string, ...words: string[]])[]): Promise<void> {
    const key = JSON.stringify(edits);
    const under = applied.get(key) ?? apply();
    applied.set(key, under);
    return under;

    async function apply(): Promise<void> {
      const commands = engines.flatMap((engine) =>
        edits.map(([verb, ...words]) => [verb, nameOf(engine), ...words, ...stack()]),
      );
      // The last one applies what all of them said.
      const last = commands.length - 1;
      for (const [at, command] of commands.entries())
        await checkout.ok([...command, at === last ? "--all" : "--edit-only"]);
    }
  }

  /** A new session of the user: thresholds are a session's from its beginning. */
  async function reopen(engine: string): Promise<void> {
    await clients.get(engine)?.close();
    clients.set(engine, await openClient(engine, await checkout.login(nameOf(engine), "app", "shop")));
  }

  /** Bytes of the general log on the machine. */
  async function takenBy(engine: string): Promise<number> {
    const { containers } = await objectsOf(checkout.stackId());
    const found = containers.find(({ Labels }) => Labels["coffer.name"] === nameOf(engine));
    assert.ok(found);
    const container = docker.getContainer(found.Id);
    if (engine === "postgresql") return (await container.logs({ stdout: true, stderr: true })).length;
    const files = "cat /srv/coffer/data/general.log* 2>/dev/null | wc -c";
    const exec = await container.exec({ Cmd: ["sh", "-c", files], AttachStdout: true, Tty: true });
    return Number(await text(await exec.start({ Tty: true })));
  }
});
