/** Commands and files of a guest over SSH, against a real sshd, sudo and coreutils on this machine. */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import type { RunOptions } from "../../access/guest.ts";
import type { OpenstackGuest } from "../../access/openstack/guest.ts";
import {
  at,
  closeAll,
  commandLines,
  eventually,
  guestOf,
  noSshd,
  problem,
  type Sshd,
  startSshd,
  wireTo,
} from "./openstack-ssh-fixture.ts";

const odd = "a 'b' \"c\" $HOME `id` \\ \n;é*?~!#\t|&<>(){}[]";

describe("a guest over SSH", { skip: noSshd }, () => {
  let sshd: Sshd;
  let guest: OpenstackGuest;
  let folder: string;

  before(async () => {
    sshd = await startSshd();
    guest = guestOf(sshd);
    folder = mkdtempSync(join(tmpdir(), "coffer-guest-"));
  });
  after(async () => {
    await closeAll();
    await sshd.stop();
    rmSync(folder, { recursive: true });
  });

  const runs: readonly {
    why: string;
    argv: readonly string[];
    options?: RunOptions;
    code?: number;
    stdout?: string;
    stderr?: RegExp;
  }[] = [
    {
      why: "outputs and the code are apart",
      argv: ["sh", "-c", "echo out; echo err >&2; exit 7"],
      code: 7,
      stdout: "out\n",
      stderr: /^err\n$/,
    },
    { why: "no shell touches argv", argv: ["printf", "%s|", odd, "", " "], stdout: `${odd}|| |` },
    { why: "a word like an option stays a word", argv: ["printf", "%s", "--help"], stdout: "--help" },
    { why: "a word like a setting stays a word", argv: ["printf", "%s", "A=b"], stdout: "A=b" },
    { why: "stdin arrives and ends", argv: ["cat"], options: { stdin: odd }, stdout: odd },
    { why: "no stdin is an empty one", argv: ["cat"], stdout: "" },
    { why: "stdin that nobody reads", argv: ["true"], options: { stdin: "x".repeat(1 << 20) }, stdout: "" },
    { why: "the environment", argv: ["sh", "-c", 'echo "$ODD"'], options: { env: { ODD: odd } }, stdout: `${odd}\n` },
    {
      why: "the environment takes nothing of stdin",
      argv: ["sh", "-c", 'printf %s "$A"; cat'],
      options: { env: { A: "1" }, stdin: "\n\n2\n" },
      stdout: "1\n\n2\n",
    },
    {
      why: "a value that ends in line ends",
      argv: ["sh", "-c", 'printf %s "$A"'],
      options: { env: { A: "x\n\n" } },
      stdout: "x\n\n",
    },
    { why: "root is the default", argv: ["id", "-un"], stdout: "root\n" },
    { why: "another user", argv: ["id", "-un"], options: { user: "nobody" }, stdout: "nobody\n" },
    {
      why: "another user with an environment",
      argv: ["sh", "-c", "id -un; echo $A"],
      options: { user: "nobody", env: { A: "b" } },
      stdout: "nobody\nb\n",
    },
    { why: "a fixed language and folder", argv: ["sh", "-c", "echo $LANG; pwd"], stdout: "C.UTF-8\n/\n" },
    { why: "a missing program is a result", argv: ["no-such-program"], code: 127, stderr: /no-such-program/ },
    { why: "a signal is 128 and its number", argv: ["sh", "-c", "kill -9 $$"], code: 137, stderr: /^/ },
    { why: "another signal too", argv: ["sh", "-c", "kill -USR1 $$"], code: 138, stderr: /^/ },
  ];
  for (const { why, argv, options, code, stdout, stderr } of runs) {
    test(`run: ${why}`, async () => {
      const result = await guest.run(argv, options);
      assert.equal(result.code, code ?? 0, result.stderr);
      if (stdout !== undefined) assert.equal(result.stdout, stdout);
      assert.match(result.stderr, stderr ?? /^$/);
    });
  }

  test("run: whatever argv, environment and stdin hold arrives as it is", async () => {
    const text = fc.string({ unit: "binary", maxLength: 40 }).map((s) => s.replaceAll("\0", "").toWellFormed());
    const name = fc.stringMatching(/^V_[A-Za-z0-9_]{0,8}$/);
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 5 }), name, text, text, async (words, variable, value, stdin) => {
        const script = `printf '%s\\0' "$@" "$${variable}"; cat`;
        const argv = ["sh", "-c", script, "sh", ...words];
        const { stdout } = await guest.run(argv, { env: { [variable]: value }, stdin });
        assert.equal(stdout, [...words, value, stdin].join("\0"));
      }),
      { numRuns: 25 },
    );
  });

  test("run: a binary megabyte goes in whole", async () => {
    const bytes = randomBytes(1 << 20);
    const { stdout } = await guest.run(["base64", "-w0"], { stdin: bytes });
    assert.ok(Buffer.from(stdout, "base64").equals(bytes));
  });

  test("run: both outputs, large and interleaved, come out whole and apart", async () => {
    const script = "i=0; while [ $i -lt 20000 ]; do echo out$i; echo err$i >&2; i=$((i+1)); done";
    const { stdout, stderr } = await guest.run(["sh", "-c", script]);
    const lines = (word: string) => Array.from({ length: 20_000 }, (_, i) => `${word}${i}\n`).join("");
    assert.equal(stdout, lines("out"));
    assert.equal(stderr, lines("err"));
  });

  test("run: a hundred at once do not mix, over one connection", async () => {
    const wire = await wireTo(sshd.port);
    const busy = guestOf(sshd, { lookUp: at(wire.port) });
    const words = Array.from({ length: 100 }, () => randomUUID());
    const results = await Promise.all(words.map((word) => busy.run(["cat"], { stdin: word })));
    assert.deepEqual(
      results.map((result) => result.stdout),
      words,
    );
    assert.equal(wire.connections, 1);
    await busy.close();
    await wire.close();
  });

  for (const { why, argv } of [
    { why: "ends a process that heeds SIGTERM", argv: ["sleep", "1234.5"] },
    { why: "kills one that does not", argv: ["sh", "-c", "trap '' TERM; : 1234.6; while :; do sleep 0.1; done"] },
  ]) {
    test(`run: the timeout ${why}, in the guest too`, async () => {
      await assert.rejects(guest.run(argv, { timeout: 500 }), problem("timeout", /did not finish within 0.5 s/));
      assert.deepEqual(
        commandLines().filter((line) => line.includes(argv.at(-1) ?? "")),
        [],
        "the process is still there",
      );
    });
  }

  test("run: what prints without end is stopped by a limit", async () => {
    await assert.rejects(guest.run(["cat", "/dev/zero"], { timeout: 60_000 }), problem("failed", /printed more than/));
    assert.equal((await guest.run(["echo", "x"])).stdout, "x\n", "the connection goes on");
  });

  test("run: secrets of the environment are on no command line", async () => {
    const secret = randomUUID();
    const running = guest.run(["sh", "-c", "echo; sleep 0.3"], { env: { PGPASSWORD: secret } });
    const seen: string[] = [];
    let over = false;
    const done = running.finally(() => {
      over = true;
    });
    while (!over) {
      seen.push(...commandLines());
      await new Promise((resolve) => setImmediate(resolve));
    }
    await done;
    const encoded = Buffer.from(secret).toString("base64").slice(0, 20);
    assert.deepEqual(
      seen.filter((line) => line.includes(secret) || line.includes(encoded)),
      [],
    );
  });

  const refused: readonly { why: string; argv: readonly string[]; options?: RunOptions; words: RegExp }[] = [
    { why: "an unknown user", argv: ["true"], options: { user: "nobody-at-all" }, words: /nobody-at-all/ },
    { why: "a NUL byte", argv: ["printf", "a\0b"], words: /NUL byte/ },
    { why: "a NUL byte in the environment", argv: ["true"], options: { env: { A: "\0" } }, words: /NUL byte/ },
    { why: "a name that is a command", argv: ["true"], options: { env: { "A;id": "b" } }, words: /"A;id" is no name/ },
    { why: "no words at all", argv: [], words: /no command/ },
    {
      why: "a line longer than Linux takes",
      argv: ["true", "x".repeat(200_000)],
      words: /200\d\d\d bytes, allowed are/,
    },
  ];
  for (const { why, argv, options, words } of refused) {
    test(`run: refuses ${why}`, async () => {
      await assert.rejects(guest.run(argv, options), problem("failed", words));
    });
  }

  test("must: a failure names the command and its last words", async () => {
    const argv = ["sh", "-c", "echo first; echo the reason >&2; exit 3"];
    await assert.rejects(guest.must(argv), problem("failed", /^sh in orders failed \(exit code 3\): the reason$/));
  });

  test("files: content, mode and owner arrive; nothing else is left", async () => {
    const path = join(folder, "odd 'name' é");
    const content = `${odd}\n${"x".repeat(300_000)}`;
    await guest.putFile(path, "old");
    await guest.putFile(path, content, { mode: 0o640, owner: "root:nogroup" });
    assert.equal(await guest.readFile(path), content);
    assert.equal((await guest.must(["stat", "-c", "%a %U:%G", path])).stdout, "640 root:nogroup\n");
    assert.deepEqual(readdirSync(folder), ["odd 'name' é"]);
    rmSync(path);
  });

  test("files: a missing one reads as undefined; other troubles are errors", async () => {
    assert.equal(await guest.readFile(join(folder, "none")), undefined);
    await assert.rejects(guest.readFile(folder), problem("failed", /could not be read.*directory/));
    await assert.rejects(guest.putFile("/no/folder/file", "x"), problem("failed", /could not be written.*no\/folder/));
  });

  test("files: a connection lost in the middle leaves the old content and no half file", async () => {
    const path = join(folder, "kept");
    await guest.putFile(path, "old", { mode: 0o600 });
    const wire = await wireTo(sshd.port);
    const cut = guestOf(sshd, { lookUp: at(wire.port) });
    // sshd and the kernel take a few megabytes at most before the guest has read them.
    const writing = cut.putFile(path, "new".repeat(10_000_000));
    await eventually("a new file is being written", () => readdirSync(folder).length > 1);
    wire.cut();
    await assert.rejects(writing, problem("unreachable", /connection was lost.*may have run/));
    await eventually("the new file is gone", () => readdirSync(folder).length === 1);
    assert.equal(readFileSync(path, "utf8"), "old");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    rmSync(path);
    await cut.close();
    await wire.close();
  });
});
