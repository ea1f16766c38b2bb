import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { exportLines } from "../../operations/env.ts";
import { OperationError } from "../../operations/errors.ts";
import { writeNew, writeWhole } from "../../operations/files.ts";
import { newLines } from "../../operations/server-logs.ts";
import { choose, type KnownStack, knownStacks } from "../../operations/stack-choice.ts";
import { readStackFile, writeStackFile } from "../../operations/stack-file.ts";
import { absoluteSpec, localBackend, places, recordedSpec, type Workspace } from "../../operations/workspace.ts";

const folder = await mkdtemp(join(tmpdir(), "coffer-stacks-"));
after(() => rm(folder, { recursive: true }));
const workspace: Workspace = { root: folder, environment: { HOME: folder } };

const demo: KnownStack = { name: "demo", file: "/r/stacks/demo.yaml", setUp: false };
const prod: KnownStack = { name: "prod", file: "/x/prod.yaml", setUp: true };
const bare: KnownStack = { name: "bare", setUp: true };

const choices: { why: string; request: object; known: KnownStack[]; chosen?: object; error?: RegExp }[] = [
  {
    why: "a file names its stack",
    request: { file: "/a/shop.prod.yaml" },
    known: [demo],
    chosen: { name: "shop.prod", file: "/a/shop.prod.yaml" },
  },
  {
    why: "a file and its own stack agree",
    request: { file: "/a/x.yml", stack: "x" },
    known: [],
    chosen: { name: "x", file: "/a/x.yml" },
  },
  {
    why: "a file and another stack do not",
    request: { file: "/a/x.yaml", stack: "y" },
    known: [],
    error: /spec of stack "x", not of "y"/,
  },
  {
    why: "a file that cannot name a stack",
    request: { file: "/a/my shop.yaml" },
    known: [],
    error: /"my shop" is not a stack's name/,
  },
  {
    why: "a stack by name",
    request: { stack: "prod" },
    known: [demo, prod],
    chosen: { name: "prod", file: "/x/prod.yaml" },
  },
  { why: "a stack whose file is not known", request: { stack: "bare" }, known: [bare], chosen: { name: "bare" } },
  {
    why: "a wrong name gets the nearest",
    request: { stack: "prdo" },
    known: [demo, prod],
    error: /did you mean "prod"/,
  },
  {
    why: "a lone spec needs no name",
    request: {},
    known: [demo],
    chosen: { name: "demo", file: "/r/stacks/demo.yaml" },
  },
  {
    why: "a lone stack with state needs none either, whatever specs lie about",
    request: {},
    known: [demo, prod],
    chosen: { name: "prod", file: "/x/prod.yaml" },
  },
  {
    why: "two with state: both are named",
    request: {},
    known: [demo, prod, bare],
    error: /several stacks: prod, bare/,
  },
  {
    why: "two specs: both are named",
    request: {},
    known: [demo, { ...demo, name: "other" }],
    error: /several stacks: demo, other/,
  },
  { why: "none", request: {}, known: [], error: /no stack yet/ },
];

for (const { why, request, known, chosen, error } of choices) {
  test(`choosing a stack: ${why}`, () => {
    if (chosen) assert.deepEqual(choose(request, known), chosen);
    else {
      assert.throws(
        () => choose(request, known),
        (thrown: unknown) =>
          thrown instanceof OperationError && thrown.reason === "input" && (error as RegExp).test(thrown.message),
      );
    }
  });
}

test("a stack's own file keeps what Pulumi wrote into it", async () => {
  const { config } = places(workspace);
  await import("node:fs/promises").then(({ mkdir }) => mkdir(config, { recursive: true }));
  assert.equal(await readStackFile(workspace, "demo"), undefined);
  await writeStackFile(workspace, "demo", { stackId: "i1", spec: "stacks/demo.yaml" });
  const path = join(config, "Pulumi.demo.yaml");
  await writeFile(
    path,
    `encryptionsalt: v1:abc=:v1:def\nsecretsprovider: passphrase\n${await readFile(path, "utf8")}# mine\n`,
  );
  await writeStackFile(workspace, "demo", { stackId: "i1", spec: "/else/demo.yaml" });
  const file = await readStackFile(workspace, "demo");
  assert.deepEqual(file, {
    path,
    hasSalt: true,
    stackId: "i1",
    spec: "/else/demo.yaml",
    secretsProvider: "passphrase",
  });
  assert.match(await readFile(path, "utf8"), /encryptionsalt: v1:abc=:v1:def[\s\S]*# mine/);
  assert.deepEqual(await knownStacks(workspace), [{ name: "demo", setUp: true, file: "/else/demo.yaml" }]);
});

const recorded: { why: string; state: string; setUp: boolean }[] = [
  {
    why: "a destroyed stack is not the one that is meant",
    state: '{"version":3,"checkpoint":{"latest":{}}}',
    setUp: false,
  },
  {
    why: "a stack with resources may be",
    state: '{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"u","type":"t"}]}}}',
    setUp: true,
  },
  { why: "a damaged state is not taken for an empty one", state: '{"version":3,', setUp: true },
];
for (const { why, state, setUp } of recorded) {
  test(`known stacks: ${why}`, async () => {
    const path = join(folder, ".coffer/state/.pulumi/stacks/coffer/demo.json");
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, state);
    assert.deepEqual(await knownStacks(workspace), [{ name: "demo", setUp, file: "/else/demo.yaml" }]);
    await rm(path);
  });
}

test("a damaged file of a stack is named, not thrown as a stack trace", async () => {
  await writeFile(join(places(workspace).config, "Pulumi.bad.yaml"), "config: [unclosed\n");
  await assert.rejects(readStackFile(workspace, "bad"), /Pulumi\.bad\.yaml is damaged/);
  await rm(join(places(workspace).config, "Pulumi.bad.yaml"));
});

test("a spec inside the checkout is recorded relative to it, one outside with its whole path", () => {
  for (const [file, recorded] of [
    [join(folder, "stacks", "demo.yaml"), "stacks/demo.yaml"],
    ["/elsewhere/demo.yaml", "/elsewhere/demo.yaml"],
    [`${folder}-other/demo.yaml`, `${folder}-other/demo.yaml`],
  ] as const) {
    assert.equal(recordedSpec(workspace, file), recorded);
    assert.equal(absoluteSpec(workspace, recorded), file);
  }
});

const backends: { why: string; url?: string; folder: string | undefined }[] = [
  { why: "none is set: in the checkout", folder: join(folder, ".coffer", "state") },
  { why: "the user's folder", url: "file:///srv/state", folder: "/srv/state" },
  { why: "below the home", url: "file://~/state", folder: join(folder, "state") },
  { why: "relative to the checkout", url: "file://./state", folder: join(folder, "state") },
  { why: "options are no part of it", url: "file:///srv/state?no_tmp_dir=true", folder: "/srv/state" },
  { why: "elsewhere", url: "s3://bucket", folder: undefined },
];

for (const { why, url, folder: expected } of backends) {
  test(`the backend's folder: ${why}`, () => {
    const environment = { HOME: folder, ...(url === undefined ? {} : { PULUMI_BACKEND_URL: url }) };
    assert.equal(localBackend({ root: folder, environment }), expected);
  });
}

test("a new file is made once, and a file is replaced whole with its mode", async () => {
  const path = join(folder, "secret");
  assert.equal(await writeNew(path, "one"), true);
  assert.equal(await writeNew(path, "two"), false);
  assert.equal(await readFile(path, "utf8"), "one");
  await writeWhole(path, "three");
  assert.equal(await readFile(path, "utf8"), "three");
  const { stat, readdir } = await import("node:fs/promises");
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.endsWith(".tmp")),
    [],
  );
});

test("shell lines hold any value", () => {
  const lines = exportLines({ variables: { A: 'it\'s $HOME `x` "q"', B: "" }, unset: ["C"] });
  assert.equal(lines, `unset C\nexport A='it'\\''s $HOME \`x\` "q"'\nexport B=''\n`);
});

const tails: { why: string; before: string[]; after: string[]; fresh: string[] }[] = [
  { why: "nothing new", before: ["a", "b"], after: ["a", "b"], fresh: [] },
  { why: "lines were added", before: ["a", "b"], after: ["a", "b", "c"], fresh: ["c"] },
  { why: "the window moved", before: ["a", "b", "c"], after: ["b", "c", "d", "e"], fresh: ["d", "e"] },
  { why: "the same line again", before: ["x", "x"], after: ["x", "x", "x"], fresh: ["x"] },
  { why: "all of it is new", before: ["a"], after: ["p", "q"], fresh: ["p", "q"] },
  { why: "the log was empty", before: [], after: ["a"], fresh: ["a"] },
];

for (const { why, before, after: now, fresh } of tails) {
  test(`following a log: ${why}`, () => assert.deepEqual(newLines(before, now), fresh));
}
