import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";

const main = resolve(import.meta.dirname, "../../cli/main.ts");
const folder = await mkdtemp(join(tmpdir(), "coffer-cli-"));
after(() => rm(folder, { recursive: true }));

const good = join(folder, "good.yaml");
const bad = join(folder, "bad.yaml");

interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function coffer(
  words: readonly string[],
  options: { nodeArgs?: readonly string[]; closeOutput?: boolean } = {},
): Promise<Ran> {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", ...(options.nodeArgs ?? []), main, ...words],
    {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, HOME: folder },
    },
  );
  if (options.closeOutput) child.stdout.destroy();
  const read = async (stream: AsyncIterable<Buffer>) => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  const ended = new Promise<number | null>((done) => child.once("close", done));
  const [stdout, stderr] = await Promise.all([options.closeOutput ? "" : read(child.stdout), read(child.stderr)]);
  return { code: await ended, stdout, stderr };
}

test("init writes a spec that is valid, and never over another file", async () => {
  const first = await coffer(["init", "good.yaml"]);
  assert.deepEqual([first.code, first.stderr], [0, ""]);
  assert.match(await readFile(good, "utf8"), /^coffer: 1/m);
  const second = await coffer(["init", "good.yaml"]);
  assert.equal(second.code, 2);
  assert.match(second.stderr, /good\.yaml exists already/);
});

test("validate: a good spec, as words and as JSON", async () => {
  const words = await coffer(["validate", "-f", "good.yaml"]);
  assert.deepEqual([words.code, words.stdout, words.stderr], [0, "good.yaml: valid, 0 instances\n", ""]);
  const json = await coffer(["validate", "good.yaml", "-o", "json"]);
  assert.deepEqual(JSON.parse(json.stdout), {
    file: "good.yaml",
    valid: true,
    problems: [],
    warnings: [],
    instances: [],
  });
});

test("validate: all problems at once with their places, exit code 2", async () => {
  const text = (await readFile(good, "utf8")).replace(
    "instances: {}",
    "instances:\n  a: { datastore: mariadb, flavor: smal, volume: 0 }",
  );
  await writeFile(bad, text);
  const words = await coffer(["validate", "-f", "bad.yaml"]);
  assert.equal(words.code, 2);
  assert.equal(words.stdout, "");
  assert.match(words.stderr, /^bad\.yaml:\d+:\d+: instances\.a\.flavor: .*did you mean "small"/m);
  assert.match(words.stderr, /2 problems/);
  const json = await coffer(["validate", "-f", "bad.yaml", "-o", "json"]);
  assert.equal(json.code, 2);
  const result = JSON.parse(json.stdout) as { valid: boolean; problems: { path: string; line: number }[] };
  assert.equal(result.valid, false);
  assert.deepEqual(result.problems.map(({ path }) => path).sort(), ["instances.a.flavor", "instances.a.volume"]);
});

const failures: { why: string; words: string[]; code: number; stderr: RegExp }[] = [
  {
    why: "a file that is not there",
    words: ["validate", "-f", "none.yaml"],
    code: 2,
    stderr: /none\.yaml: no such file/,
  },
  { why: "a folder in place of a file", words: ["validate", "-f", "."], code: 2, stderr: /stack's name|directory/ },
  { why: "an unknown command", words: ["crate"], code: 2, stderr: /did you mean create\?/ },
  {
    why: "a stack that is not there",
    words: ["list", "--stack", "surely-no-such-stack"],
    code: 2,
    stderr: /no stack "surely-no-such-stack"/,
  },
  { why: "up with an invalid spec", words: ["up", "bad.yaml"], code: 2, stderr: /bad\.yaml:\d+:\d+: instances\.a/ },
  {
    why: "create with a flavor that is not declared",
    words: ["create", "b", "huge", "--size", "1", "--datastore", "mariadb", "-f", "good.yaml", "--edit-only"],
    code: 2,
    stderr: /would not be valid[\s\S]*flavor/,
  },
  {
    why: "create takes no password, and does not repeat it",
    words: "create b small --size 1 --datastore mariadb --users app app:hunter2@10.% -f good.yaml --edit-only".split(
      " ",
    ),
    code: 2,
    stderr: /^(?![\s\S]*hunter2)[\s\S]*--users takes NAME or NAME@HOST, and no password/,
  },
  {
    why: "data is deleted by name only",
    words: ["delete", "b", "-f", "good.yaml", "--with-data", "--yes"],
    code: 2,
    stderr: /--yes-delete-data b/,
  },
];

for (const { why, words, code, stderr } of failures) {
  test(`exit codes: ${why}`, async () => {
    const ran = await coffer(words);
    assert.match(ran.stderr, stderr);
    assert.deepEqual([ran.code, ran.stdout], [code, ""]);
  });
}

test("--edit-only changes the file, keeps its comments, and applies nothing", async () => {
  const before = await readFile(good, "utf8");
  const created = await coffer([
    "create",
    "b",
    "small",
    "--size",
    "1",
    "--datastore",
    "mariadb",
    "--databases",
    "x",
    "-f",
    "good.yaml",
    "--edit-only",
  ]);
  assert.deepEqual([created.code, created.stderr], [0, ""]);
  const edited = await readFile(good, "utf8");
  const comments = before.split("\n").filter((line) => line.startsWith("#"));
  for (const comment of comments) assert.ok(edited.includes(comment), comment);
  assert.match((await coffer(["validate", "good.yaml"])).stdout, /valid, 1 instance\n/);
  const again = await coffer([
    "create",
    "b",
    "small",
    "--size",
    "1",
    "--datastore",
    "mariadb",
    "-f",
    "good.yaml",
    "--edit-only",
  ]);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /an instance "b" in the spec already/);
  const removed = await coffer(["delete", "b", "-f", "good.yaml", "--edit-only"]);
  assert.equal(removed.code, 0, removed.stderr);
  assert.match((await coffer(["validate", "good.yaml"])).stdout, /valid, 0 instances\n/);
});

test("version and validate load neither Pulumi nor Docker", async () => {
  const hook = join(folder, "hook.mjs");
  await writeFile(
    hook,
    `import { registerHooks } from "node:module";
registerHooks({
  load(url, context, next) {
    if (/node_modules\\/(@pulumi|@grpc|dockerode|google-protobuf)\\//.test(url)) process.stderr.write("LOADED " + url + "\\n");
    return next(url, context);
  },
});
`,
  );
  for (const words of [["version"], ["validate", "good.yaml"], ["validate", "bad.yaml"]]) {
    const ran = await coffer(words, { nodeArgs: ["--import", hook] });
    assert.doesNotMatch(ran.stderr, /LOADED/);
  }
  const control = await coffer(["list", "--stack", "surely-no-such-stack"], { nodeArgs: ["--import", hook] });
  assert.match(control.stderr, /LOADED/);
});

test("the help of a command says how it is called", async () => {
  const usage = async (command: string) => /^Usage: .*$/m.exec((await coffer([command, "--help"])).stdout)?.[0];
  assert.equal(await usage("delete"), "Usage: coffer delete <name> [options]");
  assert.equal(await usage("up"), "Usage: coffer up [spec] [options]");
  assert.equal(await usage("state"), "Usage: coffer state <action> <sealed-file> [options]");
  assert.equal(await usage("doctor"), "Usage: coffer doctor [options]");
});

test("a reader that has gone is no failure", async () => {
  const ran = await coffer(["version"], { closeOutput: true });
  assert.deepEqual([ran.code, ran.stderr], [0, ""]);
});

test("completion offers commands, and its scripts are sound shell", async () => {
  assert.equal((await coffer(["__complete", "volume-"])).stdout, "volume-list\nvolume-delete\n");
  const script = (await coffer(["completion", "bash"])).stdout;
  const shell = spawn("bash", ["-n"], { stdio: ["pipe", "ignore", "inherit"] });
  shell.stdin.end(script);
  assert.equal(await new Promise((done) => shell.once("close", done)), 0);
});
