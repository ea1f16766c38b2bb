/**
 * The Pulumi CLI with the language host, as the toolchain sets them up: programs that work, fail and are interrupted. Once with a
 * host that the engine starts, and once with one that it attaches to, whose programs wait in processes that have loaded something.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Attached, attachedLanguageHost } from "../../operations/attached.ts";
import { checkout } from "../../toolchain/cache.ts";
import { pulumiEnvironment } from "../../toolchain/env.ts";
import { ensureToolchain, stepLine } from "../../toolchain/index.ts";

/** Its path has what breaks unquoted scripts and URLs. */
const root = mkdtempSync(join(tmpdir(), "coffer program's 100% #1-"));
after(() => rmSync(root, { recursive: true, force: true }));
let env: NodeJS.ProcessEnv;
const environment = () =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

const program = `
import { existsSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import type { Output } from "@pulumi/pulumi";
class Box extends pulumi.ComponentResource {}
new Box("scratch:index:Box", "one");
const config = new pulumi.Config();
const mode = config.get("mode");
console.log("mode is " + mode);
if (mode === "throw") throw new Error("broken on purpose");
if (mode === "words") throw new pulumi.RunError("words for the user");
if (mode === "exit") process.exit(7);
while (mode === "wait" && !existsSync("go")) await new Promise((done) => setTimeout(done, 20));
if (mode === "hang") await new Promise((done) => setTimeout(done, 600_000));
export const secret: Output<string> | undefined = config.getSecret("key");
export const seen = {
  ...{ project: pulumi.getProject(), stack: pulumi.getStack(), node: process.execArgv.join(" ") },
  ...{ word: process.env.RUN_WORD, ahead: globalThis.loadedAhead === true, folder: process.cwd() },
};
`;
/** It asks for configuration, so that the SDK looks at the environment before that of the run is there. */
const ahead = `
import * as pulumi from "@pulumi/pulumi";
new pulumi.Config("early").get("key");
globalThis.loadedAhead = true;
`;

before(async () => {
  await ensureToolchain(["pulumi"], { onEvent: (event) => event.kind === "step" && console.log(stepLine(event.step)) });
  mkdirSync(join(root, "stacks"));
  symlinkSync(join(checkout, "node_modules"), join(root, "node_modules"));
  const runtime = { name: "nodejs", options: { typescript: false, nodeargs: "--disable-warning=ExperimentalWarning" } };
  writeFileSync(join(root, "Pulumi.yaml"), JSON.stringify({ name: "scratch", runtime, main: "stacks/program.ts" }));
  writeFileSync(join(root, "package.json"), '{ "name": "scratch", "type": "module" }');
  writeFileSync(join(root, "stacks", "program.ts"), program);
  writeFileSync(join(root, "stacks", "ahead.ts"), ahead);
  symlinkSync(join(checkout, "toolchain"), join(root, "toolchain"));
  writeFileSync(join(root, "passphrase"), "for this test only");
  const user = { ...process.env };
  for (const name of Object.keys(user).filter((key) => /^PULUMI_/.test(key))) delete user[name];
  env = { ...user, ...pulumiEnvironment({ root, passphraseFile: join(root, "passphrase"), env: user }) };
  assert.equal((await pulumi(["stack", "init", "dev"])).code, 0);
  assert.equal((await pulumi(["config", "set", "--secret", "key", "s3same"])).code, 0);
});

interface Outcome {
  code: number | null;
  output: string;
}

interface Ways {
  environment?: NodeJS.ProcessEnv;
  /** Words at which the CLI gets Ctrl-C, in its output or in what `heard` gives. */
  interruptAt?: string | undefined;
  heard?(): Promise<string>;
}

async function pulumi(args: readonly string[], { environment = {}, interruptAt, heard }: Ways = {}): Promise<Outcome> {
  const stdio = ["ignore", "pipe", "pipe"] as const;
  const child = spawn("pulumi", [...args, "--non-interactive"], {
    cwd: root,
    env: { ...env, ...environment },
    stdio: [...stdio],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (data: Buffer) => {
      output += data.toString();
    });
  const closed = new Promise<number | null>((done) => child.on("close", done));
  let running = true;
  void closed.then(() => {
    running = false;
  });
  while (interruptAt !== undefined && running) {
    if ((output + ((await heard?.()) ?? "")).includes(interruptAt)) {
      child.kill("SIGINT");
      break;
    }
    await new Promise((again) => setTimeout(again, 20));
  }
  const code = await closed;
  return { code, output: output + ((await heard?.()) ?? "") };
}

const hosts = [
  { how: "that the engine starts", isAttached: false },
  { how: "that it attaches to", isAttached: true },
];
for (const { how, isAttached } of hosts)
  describe(`pulumi with a language host ${how}`, () => {
    let host: Attached | undefined;
    before(() => {
      if (!isAttached) return;
      host = attachedLanguageHost({ root, scratch: root, environment: environment() }, ["stacks/ahead.ts"]);
      host.start();
    });
    after(() => host?.close());

    async function up(mode: string, interruptAt?: string): Promise<Outcome> {
      const args = ["up", "--yes", "--skip-preview", "--config", `mode=${mode}`];
      const word = { RUN_WORD: `for ${mode}` };
      if (!host) return pulumi(args, { environment: word, interruptAt });
      const attached = host;
      const environment = await host.attachment(word);
      return pulumi(args, { environment, interruptAt, heard: () => attached.words() });
    }

    test("a TypeScript program runs as it is, its words are shown, its secrets are not", async () => {
      const { code, output } = await up("plain");
      assert.equal(code, 0, output);
      assert.match(output, /mode is plain/);
      assert.match(output, isAttached ? /Resources:/ : /2 created/);
      assert.ok(!output.includes("s3same"), output);
      assert.doesNotMatch(output, /warning:/i);
      const { output: json } = await pulumi(["stack", "output", "--json", "--show-secrets"]);
      const node = "--disable-warning=ExperimentalWarning";
      const run = { node, word: "for plain", ahead: isAttached, folder: join(root, "stacks") };
      assert.deepEqual(JSON.parse(json), { secret: "s3same", seen: { project: "scratch", stack: "dev", ...run } });
    });

    const failures = [
      { mode: "throw", why: "an error, with its place", says: /broken on purpose.*program\.ts/s },
      { mode: "words", why: "an error for users, without a stack", says: /error: words for the user\n/ },
      { mode: "exit", why: "an exit code", says: /non-zero exit code: 7/ },
    ];
    // How the SDK's runner ends is not the host's affair: attached, one of them shows that its words arrive.
    for (const { mode, why, says } of isAttached ? failures.slice(0, 1) : failures) {
      test(`a program that fails says why and changes nothing: ${why}`, async () => {
        const { code, output } = await up(mode);
        assert.notEqual(code, 0);
        assert.match(output, says);
        assert.doesNotMatch(output, /deleted/);
      });
    }

    test("Ctrl-C ends the program and the update", async () => {
      const { code, output } = await up("hang", "mode is hang");
      assert.notEqual(code, 0);
      assert.match(output, /cancel/i);
      assert.equal((await up("plain")).code, 0, "no lock is left behind");
    });
  });

test("a command that is killed leaves host and program to its run until that is over", {
  timeout: 60_000,
}, async () => {
  const place = { root, scratch: root, environment: environment() };
  const script = `
    import { attachedLanguageHost } from ${JSON.stringify(join(checkout, "operations/attached.ts"))};
    const host = attachedLanguageHost(${JSON.stringify(place)}, ["stacks/ahead.ts"]);
    const attachment = await host.attachment({});
    console.log(JSON.stringify([attachment, host.pid]));
    setInterval(() => {}, 1000);`;
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script];
  const command = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(command.stdout, "data")) as [Buffer];
  const [attachment, pid] = JSON.parse(line.toString()) as [Record<string, string>, number];
  const run = pulumi(["up", "--yes", "--skip-preview", "--config", "mode=wait"], { environment: attachment });
  await until(() => readFileSync(`/proc/${pid}/fd/2`, "utf8").includes("mode is wait"));
  command.kill("SIGKILL");
  const port = Number(/\d+$/.exec(Object.values(attachment).join())?.[0]);
  await until(() => refuses(port));
  writeFileSync(join(root, "stacks", "go"), "");
  const { code, output } = await run;
  assert.equal(code, 0, output);
  await until(() => !existsSync(`/proc/${pid}`));
});

/** The test's own limit bounds it. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((again) => setTimeout(again, 20));
}

/** Nobody listens there any more: the host takes no further engine. */
function refuses(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return new Promise<boolean>((done) => {
    socket.once("connect", () => done(false));
    socket.once("error", () => done(true));
  }).finally(() => socket.destroy());
}
