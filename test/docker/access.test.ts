import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { finished, pipeline } from "node:stream/promises";
import { after, before, test } from "node:test";
import Docker from "dockerode";
import { DockerGuest } from "../../access/docker/guest.ts";
import { dockerLimits } from "../../access/docker/limits.ts";
import { type GuestError, type GuestProblem, layout, type RunOptions } from "../../access/guest.ts";
import { closeAll, openGuest } from "../../access/index.ts";
import { docker, eventually, type Made, makeGuest, postgresql, removeAll, stackId } from "./access-fixture.ts";

let made: Made;
before(async () => {
  made = await makeGuest(postgresql);
});
after(removeAll);

function problem(expected: GuestProblem, words: RegExp) {
  return (error: GuestError) => {
    assert.equal(error.problem, expected, error.message);
    assert.match(error.message, words);
    return true;
  };
}

const odd = `a'b"c $HOME \`id\` \\ ; | * %s é 漢字 🐘 `;
const runs: { why: string; argv: string[]; options?: RunOptions; code?: number; stdout?: string; stderr?: RegExp }[] = [
  { why: "argv arrives as it is, no shell reads it", argv: ["printf", "%s|", odd, "", "-n"], stdout: `${odd}||-n|` },
  {
    why: "a non-zero exit is a result",
    argv: ["sh", "-c", "echo no >&2; exit 7"],
    code: 7,
    stdout: "",
    stderr: /^no\n$/,
  },
  { why: "124 from the command itself is not taken for a timeout", argv: ["sh", "-c", "exit 124"], code: 124 },
  { why: "a killed command is a result while the guest lives", argv: ["sh", "-c", "kill -KILL $$"], code: 137 },
  {
    why: "a missing program is a result, as in a shell",
    argv: ["no-such-program"],
    code: 127,
    stderr: /no-such-program/,
  },
  { why: "stdin reaches its end, so that cat ends", argv: ["cat"], options: { stdin: odd }, stdout: odd },
  { why: "an empty stdin ends too", argv: ["cat"], options: { stdin: "" }, stdout: "" },
  { why: "without stdin a reader sees the end at once", argv: ["cat"], stdout: "" },
  { why: "stdin that nobody reads does no harm", argv: ["true"], options: { stdin: "x".repeat(1 << 20) }, stdout: "" },
  { why: "the environment is set", argv: ["printenv", "ODD"], options: { env: { ODD: odd } }, stdout: `${odd}\n` },
  { why: "root is the default", argv: ["id", "-un"], stdout: "root\n" },
  { why: "another user", argv: ["id", "-un"], options: { user: "postgres" }, stdout: "postgres\n" },
];
for (const { why, argv, options, code, stdout, stderr } of runs) {
  test(`run: ${why}`, async () => {
    const result = await made.guest.run(argv, options);
    assert.equal(result.code, code ?? 0, result.stderr);
    if (stdout !== undefined) assert.equal(result.stdout, stdout);
    assert.match(result.stderr, stderr ?? /^$/);
  });
}

test("run: a binary megabyte goes in whole", async () => {
  const bytes = randomBytes(1 << 20);
  const { stdout } = await made.guest.run(["base64", "-w0"], { stdin: bytes });
  assert.ok(Buffer.from(stdout, "base64").equals(bytes));
});

test("run: both outputs, large and interleaved, come out whole and apart", async () => {
  const script = "i=0; while [ $i -lt 20000 ]; do echo out$i; echo err$i >&2; i=$((i+1)); done";
  const { stdout, stderr } = await made.guest.run(["sh", "-c", script]);
  const lines = (word: string) => Array.from({ length: 20_000 }, (_, i) => `${word}${i}\n`).join("");
  assert.equal(stdout, lines("out"));
  assert.equal(stderr, lines("err"));
});

test("run: several at once do not mix", async () => {
  const words = Array.from({ length: 8 }, () => randomUUID());
  const results = await Promise.all(words.map((word) => made.guest.run(["cat"], { stdin: word })));
  assert.deepEqual(
    results.map((r) => r.stdout),
    words,
  );
});

/** The command lines of all processes in the guest. */
async function commandLines(): Promise<string[]> {
  const script = "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline && echo; done 2>/dev/null || true";
  return (await made.guest.must(["sh", "-c", script])).stdout.split("\n").map((line) => line.trim());
}

for (const { why, argv } of [
  { why: "ends a process that heeds SIGTERM", argv: ["sleep", "1234"] },
  { why: "kills one that does not", argv: ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"] },
]) {
  test(`run: the timeout ${why}, in the guest too`, async () => {
    await assert.rejects(made.guest.run(argv, { timeout: 500 }), problem("timeout", /did not finish within 0.5 s/));
    const lines = await commandLines();
    assert.ok(lines.includes("tini -- /usr/lib/coffer/init"), lines.join("\n"));
    assert.ok(!lines.includes(argv.join(" ")), "the process is still there");
  });
}

test("must: a failure names the command and its last words", async () => {
  const argv = ["sh", "-c", "echo first; echo the reason >&2; exit 3"];
  await assert.rejects(made.guest.must(argv), problem("failed", /^sh in orders failed \(exit code 3\): the reason$/));
});

test("run: an unknown user is said so", async () => {
  await assert.rejects(made.guest.run(["true"], { user: "nobody-at-all" }), problem("failed", /nobody-at-all/));
});

test("files: content, mode and owner arrive; nothing else is left", async () => {
  const path = `${layout.conf}/odd 'name' é`;
  const content = `${odd}\n${"x".repeat(300_000)}`;
  await made.guest.putFile(path, "old");
  await made.guest.putFile(path, content, { mode: 0o640, owner: "root:postgres" });
  assert.equal(await made.guest.readFile(path), content);
  assert.equal((await made.guest.must(["stat", "-c", "%a %U:%G", path])).stdout, "640 root:postgres\n");
  assert.equal((await made.guest.must(["ls", "-A", layout.conf])).stdout, `odd 'name' é\n`);
  await made.guest.must(["rm", path]);
});

test("files: a missing one reads as undefined; other troubles are errors", async () => {
  assert.equal(await made.guest.readFile(`${layout.conf}/none`), undefined);
  await assert.rejects(made.guest.readFile(layout.conf), problem("failed", /could not be read.*directory/));
  await assert.rejects(
    made.guest.putFile("/no/folder/file", "x"),
    problem("failed", /could not be written.*no\/folder/),
  );
});

test("files: a failed write leaves the old content and no half file", async () => {
  const path = `${layout.conf}/kept`;
  await made.guest.putFile(path, "old");
  await assert.rejects(made.guest.putFile(path, "new", { owner: "nobody-at-all" }), problem("failed", /nobody-at-all/));
  assert.equal(await made.guest.readFile(path), "old");
  assert.equal((await made.guest.must(["ls", "-A", layout.conf])).stdout, "kept\n");
});

test("stream: bytes both ways through socat, as the server's user, then an end", async () => {
  const stream = await made.guest.stream(["socat", "-", "EXEC:cat"], { user: "postgres" });
  const bytes = randomBytes(1 << 20);
  const received: Buffer[] = [];
  let size = 0;
  const all = new Promise<void>((resolve, reject) => {
    stream.on("error", reject);
    stream.on("data", (chunk: Buffer) => {
      received.push(chunk);
      size += chunk.length;
      if (size === bytes.length) resolve();
    });
  });
  stream.write(bytes);
  await all;
  assert.ok(Buffer.concat(received).equals(bytes));
  stream.end();
  await once(stream, "close");
});

test("stream: an environment reaches the process, and all of stdin does too", async () => {
  const stream = await made.guest.stream(["sh", "-c", 'printf "%s|" "$WORD"; cat'], {
    user: "nobody",
    env: { WORD: "a 'b\n$c" },
  });
  stream.end("first line\nsecond");
  assert.equal(await text(stream), "a 'b\n$c|first line\nsecond");
});

test("stream: a process that ends with its input unread says why", async () => {
  const stream = await made.guest.stream(["sh", "-c", "read -r line; echo no more >&2; exit 3"]);
  const words = assert.rejects(finished(stream.resume()), /^GuestError: sh in .*: no more$/);
  const input = Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(1 << 20, "line\n")));
  await assert.rejects(pipeline(input, stream));
  await words;
});

test("stream: a reader that pauses loses nothing", async () => {
  const stream = await made.guest.stream(["head", "-c", "3000000", "/dev/zero"]);
  let size = 0;
  for await (const chunk of stream) {
    size += (chunk as Buffer).length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(size, 3_000_000);
});

test("stream: a process that fails is an error with its last words", async () => {
  const stream = await made.guest.stream(["socat", "-", "UNIX-CONNECT:/run/postgresql/none"]);
  stream.resume();
  const [error] = (await once(stream, "error")) as [GuestError];
  assert.equal(error.problem, "failed");
  assert.match(error.message, /socat in orders: .*No such file or directory/);
});

test("stream: destroying it ends the process", async () => {
  const stream = await made.guest.stream(["socat", "-", "EXEC:sleep 777"]);
  const there = async () => (await commandLines()).includes("sleep 777");
  await eventually("the process runs", async () => ((await there()) ? true : undefined));
  stream.destroy();
  await eventually("the process is gone", async () => ((await there()) ? undefined : true));
});

test("stream: a program that is not there is an error, not output", async () => {
  const stream = await made.guest.stream(["no-such-program"]);
  stream.resume();
  const [error] = (await once(stream, "error")) as [GuestError];
  assert.match(error.message, /"no-such-program": executable file not found/);
});

test("a container of another instance is left alone", async () => {
  const address = { target: "docker", name: "orders", uuid: randomUUID(), container: made.name };
  await assert.rejects(
    new DockerGuest(docker, address).run(["true"]),
    problem("failed", new RegExp(`belongs to the instance ${made.uuid}, expected ${address.uuid}`)),
  );
});

test("absent is said of a container that the engine does not have", async () => {
  const guest = new DockerGuest(docker, {
    target: "docker",
    name: "x",
    uuid: "u",
    container: `access-${randomUUID()}`,
  });
  await assert.rejects(guest.run(["true"]), problem("absent", /does not exist/));
});

for (const { why, options } of [
  { why: "a socket that is not there", options: { socketPath: "/nonexistent/docker.sock" } },
  { why: "a port where nothing listens", options: { host: "127.0.0.1", port: 1, protocol: "http" as const } },
]) {
  test(`unreachable, never absent: ${why}`, async () => {
    const guest = new DockerGuest(new Docker(options), { target: "docker", name: "x", uuid: "u", container: "c" });
    await assert.rejects(guest.run(["true"]), problem("unreachable", /Docker engine cannot be reached/));
  });
}

test("a container that stops in the middle of a command: stopped", async () => {
  const doomed = await makeGuest(postgresql);
  const running = doomed.guest.run(["sleep", "1000"]).catch((error: unknown) => error as GuestError);
  const stream = await doomed.guest.stream(["cat"]);
  const failed = once(stream, "error");
  stream.resume();
  await doomed.container.kill();
  problem("stopped", /does not run/)((await running) as GuestError);
  problem("stopped", /does not run/)((await failed)[0] as GuestError);
  await assert.rejects(doomed.guest.run(["true"]), problem("stopped", /does not run \(exited with code 137\)/));
  assert.equal(typeof (await doomed.guest.service.logs(5)), "string", "logs are there after the end");
});

for (const { why, cmd, start, words, expected } of [
  {
    why: "one that ends again and again was not stopped by anybody",
    cmd: ["sh", "-c", "exit 3"],
    start: () => {},
    expected: "unreachable" as const,
    words: /ended \(code 3\) and is started again by Docker/,
  },
  {
    why: "nor was one that Docker could not start",
    cmd: ["/no/such/program"],
    start: (error: Error) => assert.match(error.message, /no such file/),
    expected: "failed" as const,
    words: /could not be started by Docker: .*no such file/s,
  },
]) {
  test(`a container that does not run: ${why}`, async () => {
    const [uuid, name] = [randomUUID(), `access-${randomUUID()}`];
    const container = await docker.createContainer({
      name,
      Image: (await made.container.inspect()).Image,
      Entrypoint: cmd,
      Labels: { "coffer.stack": stackId, "coffer.instance": uuid },
      HostConfig: { RestartPolicy: { Name: "unless-stopped" }, NetworkMode: "none" },
    });
    await container.start().catch(start);
    const guest = new DockerGuest(docker, { target: "docker", name: "orders", uuid, container: name });
    // Docker waits longer after each end, so that it is seen between two starts sooner or later.
    const seen = await eventually("the container to be seen", async () => {
      const error = await guest.run(["true"]).catch((failed: unknown) => failed as GuestError);
      return "problem" in error && words.test(error.message) ? error : undefined;
    });
    problem(expected, words)(seen);
  });
}

test("openGuest: one guest per uuid, another when its address changes", async () => {
  const address = { target: "docker", name: "orders", uuid: made.uuid, container: made.name };
  const guest = await openGuest(address);
  assert.equal(await openGuest({ ...address }), guest);
  assert.equal((await guest.run(["true"])).code, 0);
  assert.notEqual(await openGuest({ ...address, container: "other" }), guest);
  await closeAll();
  await assert.rejects(openGuest({ ...address, target: "moon" }), /no target named "moon"; there are: docker/);
});

test("CPUs and memory change while the container runs", async () => {
  const limits = dockerLimits({ target: "docker", name: "orders", uuid: made.uuid, container: made.name });
  assert.deepEqual(await limits.read(), {});
  await limits.set({ cpus: 0.5 });
  assert.deepEqual(await limits.read(), { cpus: 0.5 });
  await limits.set({ memoryBytes: 256 * 1024 ** 2 });
  assert.deepEqual(await limits.read(), { cpus: 0.5, memoryBytes: 256 * 1024 ** 2 });
  const { State } = await made.container.inspect();
  assert.equal(State.Running, true);
  assert.equal((await made.guest.run(["true"])).code, 0);
});
