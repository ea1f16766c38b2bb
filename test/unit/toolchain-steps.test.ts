/** How a step is carried out: locks, commands, sources. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { checkout } from "../../toolchain/cache.ts";
import { ToolchainError } from "../../toolchain/errors.ts";
import { holderOf, withLock } from "../../toolchain/lock.ts";
import { run } from "../../toolchain/process.ts";
import { ensurePart, type Found, type Part, type ToolchainEvent } from "../../toolchain/steps.ts";

const scratch = mkdtempSync(join(tmpdir(), "coffer-toolchain-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
const folder = (name: string): string => mkdtempSync(join(scratch, `${name}-`));

describe("withLock", () => {
  test("two that want it take turns", async () => {
    const path = join(folder("lock"), "x");
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await new Promise((next) => setImmediate(next));
      inside--;
    };
    await Promise.all([1, 2, 3].map(() => withLock(path, { purpose: "a test", limit: 30 }, work)));
    assert.equal(most, 1);
  });

  test("whoever waits is told who holds it, and gives up at the limit", async () => {
    const path = join(folder("lock"), "x");
    const waits: string[] = [];
    await withLock(path, { purpose: "building a castle", limit: 5 }, async () => {
      const second = withLock(
        path,
        { purpose: "b", limit: 1, onWait: (who) => waits.push(who) },
        async () => undefined,
      );
      await assert.rejects(
        second,
        (error) => error instanceof ToolchainError && /Waited 1 s .*building a castle/.test(error.message),
      );
    });
    assert.match(waits.join(), new RegExp(`process ${process.pid}, building a castle, since 2`));
  });

  test("a signal ends the wait, with its reason", async () => {
    const path = join(folder("lock"), "x");
    const stop = new AbortController();
    await withLock(path, { purpose: "a test", limit: 5 }, async () => {
      const onWait = () => stop.abort(new Error("interrupted"));
      const never = async () => assert.fail("it is held");
      await assert.rejects(
        withLock(path, { purpose: "b", limit: 60, signal: stop.signal, onWait }, never),
        /interrupted/,
      );
    });
  });

  test("work that fails frees it", async () => {
    const path = join(folder("lock"), "x");
    const failing = withLock(path, { purpose: "a test", limit: 5 }, () => Promise.reject(new Error("no luck")));
    await assert.rejects(failing, /no luck/);
    assert.equal(await withLock(path, { purpose: "next", limit: 20 }, async () => "mine"), "mine");
  });

  test("kill -9 of the holder frees it", async () => {
    const path = join(folder("lock"), "x");
    const script = `import { withLock } from ${JSON.stringify(join(checkout, "toolchain/lock.ts"))};
      await withLock(${JSON.stringify(path)}, { purpose: "dying", limit: 5 }, () => { console.log("held"); return new Promise(() => setInterval(() => {}, 1000)); });`;
    const holder = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((held) => holder.stdout.once("data", held));
    holder.kill("SIGKILL");
    assert.equal(await withLock(path, { purpose: "next", limit: 20 }, async () => "mine"), "mine");
    assert.match(holderOf(path), /next/);
  });
});

describe("run", () => {
  const log = (): string => join(folder("run"), "step.log");
  const base = { limit: 20_000, purpose: "Testing", remedy: "try again." };

  test("answers standard output and keeps both streams in the log", async () => {
    const at = log();
    assert.equal(await run(["sh", "-c", "echo out; echo err >&2"], { ...base, log: at }), "out\n");
    const text = readFileSync(at, "utf8");
    assert.match(text, /^\$ sh -c 'echo out; echo err >&2'\n/);
    assert.match(text, /^err$/m);
  });

  const failures: { why: string; argv: [string, ...string[]]; limit?: number; says: RegExp }[] = [
    { why: "an exit code", argv: ["sh", "-c", "echo last word; exit 3"], says: /ended with code 3.*last word/s },
    { why: "no such program", argv: ["/no/such/program"], says: /could not start/ },
    {
      why: "too slow, with a child that must die too",
      argv: ["sh", "-c", "sleep 600 & wait"],
      limit: 50,
      says: /took longer than/,
    },
  ];
  for (const { why, argv, limit, says } of failures) {
    test(`a failure says what it ran, the log and the remedy: ${why}`, async () => {
      const at = log();
      await assert.rejects(run(argv, { ...base, log: at, limit: limit ?? base.limit }), (error) => {
        assert.ok(error instanceof ToolchainError);
        assert.match(error.message, says);
        assert.match(error.message, /^Testing failed/);
        assert.equal(error.log, at);
        assert.ok(error.message.includes(at) && error.message.includes("try again."));
        return true;
      });
    });
  }

  test("an abort ends the command", async () => {
    const stop = new AbortController();
    const started = run(["sh", "-c", "echo go; sleep 600"], {
      ...base,
      log: log(),
      signal: stop.signal,
      onLine: () => stop.abort(),
    });
    await assert.rejects(started, { name: "AbortError" });
  });
});

describe("ensurePart", () => {
  const found: Found = { from: "built", version: "1", path: "/x" };
  const part = (over: Partial<Part>): Part => ({
    name: "p",
    title: "Part 1",
    find: async () => undefined,
    sources: [],
    ...over,
  });
  const env = (): NodeJS.ProcessEnv => ({ COFFER_CACHE: folder("part") });

  test("what is there is not made again", async () => {
    const step = await ensurePart(part({ find: async () => found, sources: [async () => assert.fail("made")] }), {
      env: env(),
    });
    assert.equal(step.state, "present");
  });

  test("sources are tried in their order until one is open", async () => {
    const tried: string[] = [];
    const source = (name: string, answer: Found | undefined) => async () => {
      tried.push(name);
      return answer;
    };
    const sources = [source("a", undefined), source("b", found), source("c", found)];
    const events: ToolchainEvent[] = [];
    const step = await ensurePart(part({ sources }), { env: env(), onEvent: (event) => events.push(event) });
    assert.deepEqual(tried, ["a", "b"]);
    assert.equal(step.state, "done");
    const states = events.flatMap((event) => (event.kind === "step" ? [event.step.state] : []));
    assert.deepEqual(states, ["working", "done"]);
  });

  test("of two at once, one makes the part and the other finds it", async () => {
    let made = 0;
    const shared = part({
      find: async () => (made > 0 ? found : undefined),
      sources: [
        async () => {
          made++;
          return found;
        },
      ],
    });
    const both = { env: env() };
    const steps = await Promise.all([ensurePart(shared, both), ensurePart(shared, both)]);
    assert.equal(made, 1);
    assert.deepEqual(steps.map((step) => step.state).sort(), ["done", "present"]);
  });

  test("a failure is told as a state and thrown", async () => {
    const events: ToolchainEvent[] = [];
    const failing = part({
      sources: [async () => Promise.reject(new ToolchainError("broken", { remedy: "mend it." }))],
    });
    await assert.rejects(ensurePart(failing, { env: env(), onEvent: (event) => events.push(event) }), /mend it/);
    const last = events.at(-1);
    assert.equal(last?.kind === "step" && last.step.state, "failed");
  });
});
