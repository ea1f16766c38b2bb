/**
 * Preview and update in one run of the real Pulumi CLI: the update waits for the command, and what is not approved has changed
 * nothing, whoever dies in between.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { type Attachments, allOf, attachedLanguageHost, attachedProvider } from "../../operations/attached.ts";
import { engineRun, previewedUpdate } from "../../operations/engine-run.ts";
import { OperationError } from "../../operations/errors.ts";
import type { OperationEvent } from "../../operations/events.ts";
import type { PulumiPlace } from "../../operations/pulumi.ts";
import { checkout } from "../../toolchain/cache.ts";
import { pulumiEnvironment } from "../../toolchain/env.ts";
import { ensureToolchain } from "../../toolchain/index.ts";
import { kill9, treeOf } from "../support/processes.ts";

const root = mkdtempSync(join(tmpdir(), "coffer-gated-"));
after(() => rmSync(root, { recursive: true, force: true }));
let environment: Record<string, string>;

/** Its resources and outputs are what WORD says; each run leaves a line in `runs`. */
const program = `
import { appendFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
class Box extends pulumi.ComponentResource {}
const { WORD = "", MORE = "" } = process.env;
appendFileSync(${JSON.stringify(join(root, "runs"))}, (pulumi.runtime.isDryRun() ? "preview " : "update ") + WORD + MORE + "\\n");
if (WORD === "broken") throw new Error("broken on purpose");
if (WORD === "broken update" && !pulumi.runtime.isDryRun()) throw new Error("broken in the update");
new Box("scratch:index:Box", WORD.replaceAll(" ", "-"));
export const word = WORD + MORE;
`;

before(async () => {
  await ensureToolchain(["pulumi"]);
  for (const folder of ["stacks", "logs", "scratch"]) mkdirSync(join(root, folder));
  for (const part of ["node_modules", "toolchain", "provider", "access", "engines", "version.ts"])
    symlinkSync(join(checkout, part), join(root, part));
  const runtime = { name: "nodejs", options: { typescript: false, nodeargs: "--disable-warning=ExperimentalWarning" } };
  writeFileSync(join(root, "Pulumi.yaml"), JSON.stringify({ name: "scratch", runtime, main: "stacks/program.ts" }));
  writeFileSync(join(root, "package.json"), '{ "name": "scratch", "type": "module" }');
  writeFileSync(join(root, "stacks", "program.ts"), program);
  writeFileSync(join(root, "passphrase"), "for this test only");
  const user = { ...process.env };
  for (const name of Object.keys(user).filter((key) => /^PULUMI_/.test(key))) delete user[name];
  const all = { ...user, ...pulumiEnvironment({ root, passphraseFile: join(root, "passphrase"), env: user }) };
  environment = Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value ? [[name, value]] : [])));
  const init = spawn("pulumi", ["stack", "init", "dev", "--non-interactive"], { cwd: root, env: environment });
  const [code] = await once(init, "exit");
  assert.equal(code, 0);
});

let attached: Attachments;
const events: OperationEvent[] = [];
beforeEach(() => {
  const at = { root, environment, scratch: join(root, "scratch") };
  attached = { provider: attachedProvider(at), languageHost: attachedLanguageHost(at, []), standIns: [] };
  events.length = 0;
});
afterEach(() => Promise.all(allOf(attached).map((plugin) => plugin.close())));

const place = (): PulumiPlace => ({ root, environment, scratch: join(root, "scratch"), attached });
const request = (word: string) => ({
  place: place(),
  stack: "dev",
  logs: join(root, "logs"),
  environment: { WORD: word },
  report: (event: OperationEvent) => void events.push(event),
});

const stateFile = () => join(root, ".coffer", "state", ".pulumi", "stacks", "scratch", "dev.json");
/** What is recorded; the engine writes the time of a run beside it, whatever came of the run. */
const state = () => {
  if (!existsSync(stateFile())) return "";
  const { resources = [], pending_operations = [] } =
    JSON.parse(readFileSync(stateFile(), "utf8")).checkpoint.latest ?? {};
  return JSON.stringify({ resources, pending_operations });
};
const runs = () => (existsSync(join(root, "runs")) ? readFileSync(join(root, "runs"), "utf8").trim().split("\n") : []);
const locks = () => {
  const folder = join(root, ".coffer", "state", ".pulumi", "locks", "organization", "scratch", "dev");
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
};
const cliNow = () => treeOf(process.pid).filter(({ command }) => /^pulumi up /.test(command));

describe("preview and update in one run", () => {
  test("approved: the same process goes on, with the variables of the approval", async () => {
    const run = await previewedUpdate(request("one"));
    assert.deepEqual(
      run.preview.changes.map(({ action, resource }) => `${action} ${resource.name}`),
      ["create one"],
    );
    assert.deepEqual(
      events.filter(({ kind }) => kind === "resource"),
      [],
      "a preview is no progress",
    );
    const [cli, ...others] = cliNow();
    assert.ok(cli && !others.length, "one process of the CLI");
    assert.deepEqual(runs(), ["preview one"]);
    const before = state();
    assert.ok(!before.includes("scratch:index:Box"));
    const done = await run.update({ MORE: " and more" });
    assert.deepEqual(runs(), ["preview one", "update one and more"]);
    assert.equal(done.changes.length, 1);
    assert.ok(events.some((event) => event.kind === "resource" && event.state === "done"));
    assert.match(state(), /one and more/);
    assert.deepEqual([cliNow(), locks()], [[], []]);
  });

  test("refused: state as it was, the program did not run for an update, and no lock is left", async () => {
    const [before, ranBefore] = [state(), runs().length];
    const run = await previewedUpdate(request("two"));
    assert.equal(run.preview.changes.length, 2);
    await run.refuse();
    assert.equal(state(), before);
    assert.deepEqual(runs().slice(ranBefore), ["preview two"]);
    assert.deepEqual([cliNow(), locks()], [[], []]);
    assert.deepEqual(
      events.filter(({ kind }) => kind === "resource"),
      [],
    );
    // The host takes the next run as if nothing had been.
    await engineRun({ ...request("one"), command: "preview" });
  });

  test("a preview that fails is a failed preview, and nobody is asked", async () => {
    const before = state();
    await assert.rejects(previewedUpdate(request("broken")), (error) => {
      assert.ok(error instanceof OperationError);
      assert.match(error.message, /the preview of stack "dev" failed/);
      assert.match([error.message, ...error.also].join("\n"), /broken on purpose/);
      return true;
    });
    assert.deepEqual([state(), locks()], [before, []]);
  });

  test("an update that fails is a failed update", async () => {
    const run = await previewedUpdate(request("broken update"));
    await assert.rejects(run.update({}), /^OperationError: up of stack "dev" failed/);
  });

  test("Ctrl-C while the update waits: nothing was changed", async () => {
    const before = state();
    const interruption = new AbortController();
    const run = await previewedUpdate({ ...request("three"), signal: interruption.signal });
    interruption.abort();
    await run.refuse();
    assert.deepEqual([state(), locks(), cliNow()], [before, [], []]);
  });

  test("the CLI is killed while the update waits: the update says so", async () => {
    const before = state();
    const run = await previewedUpdate(request("four"));
    kill9(cliNow().map(({ pid }) => pid));
    await assert.rejects(run.update({}), /the Pulumi process was killed/);
    assert.equal(state(), before);
    for (const name of locks()) rmSync(join(root, ".coffer/state/.pulumi/locks/organization/scratch/dev", name));
  });

  test("the language host is killed while the update waits: the update fails and nothing was changed", async () => {
    const before = state();
    const run = await previewedUpdate(request("five"));
    kill9([attached.languageHost.pid ?? 0]);
    await assert.rejects(run.update({}), /up of stack "dev" failed/);
    assert.deepEqual([state(), locks()], [before, []]);
  });

  test("the command is killed while the update waits: nobody has approved it, and the engine ends by itself", async () => {
    const [before, ranBefore] = [state(), runs().length];
    const module = (path: string) => JSON.stringify(join(checkout, path));
    const at = JSON.stringify({ root, environment, scratch: join(root, "scratch") });
    const script = `
      import { attachedLanguageHost, attachedProvider } from ${module("operations/attached.ts")};
      import { previewedUpdate } from ${module("operations/engine-run.ts")};
      const at = ${at};
      const attached = { provider: attachedProvider(at), languageHost: attachedLanguageHost(at, []), standIns: [] };
      const place = { ...at, attached };
      await previewedUpdate({ place, stack: "dev", logs: ${JSON.stringify(join(root, "logs"))}, environment: { WORD: "six" }, report() {} });
      console.log("it waits");
      setInterval(() => {}, 1000);`;
    const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script];
    const command = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    await once(command.stdout, "data");
    const below = treeOf(command.pid ?? 0).filter(({ pid }) => pid !== command.pid);
    assert.ok(below.some(({ command: line }) => /^pulumi up /.test(line)));
    command.kill("SIGKILL");
    while (below.some(({ pid }) => existsSync(`/proc/${pid}`))) await new Promise((again) => setTimeout(again, 20));
    assert.deepEqual([state(), locks()], [before, []]);
    assert.deepEqual(runs().slice(ranBefore), ["preview six"]);
  });
});
