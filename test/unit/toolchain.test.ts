/** Versions, the cache, shims and npm packages. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { cacheFolders, checkout, publishFolder, readStamp, writeFile } from "../../toolchain/cache.ts";
import { differences, type Lock } from "../../toolchain/dependencies.ts";
import { requiredGo } from "../../toolchain/go.ts";
import { ensureShim, shimText } from "../../toolchain/shims.ts";
import { compareVersions, parseVersions, versions } from "../../toolchain/versions.ts";

const scratch = mkdtempSync(join(tmpdir(), "coffer-toolchain-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
const folder = (name: string): string => mkdtempSync(join(scratch, `${name}-`));

describe("versions", () => {
  const cases = [
    { why: "equal", a: "1.26.6", b: "1.26.6", sign: 0 },
    { why: "numbers, not letters", a: "1.9", b: "1.10", sign: -1 },
    { why: "a missing part is 0", a: "24", b: "24.0.0", sign: 0 },
    { why: "newer patch", a: "1.26.7", b: "1.26.6", sign: 1 },
    { why: "newer major wins over older minor", a: "2.0", b: "1.99", sign: 1 },
  ];
  for (const { why, a, b, sign } of cases) {
    test(`${a} against ${b}: ${why}`, () => assert.equal(Math.sign(compareVersions(a, b)), sign));
  }

  test("the shell and TypeScript read the same values", () => {
    const file = join(checkout, "toolchain", "versions.env");
    const shell = spawnSync("sh", ["-c", '. "$1"; echo "$NODE_VERSION $PULUMI_VERSION"', "sh", file], {
      encoding: "utf8",
    });
    assert.equal(shell.stdout.trim(), `${versions.node} ${versions.pulumi}`);
  });

  test("comments and blank lines are no versions", () => {
    assert.deepEqual([...parseVersions("# A=1\n\nB=2\n c=3\n")], [["B", "2"]]);
  });

  test("the Go we fetch is one that the CLI's go.mod accepts", () => {
    const required = requiredGo(readFileSync(join(checkout, "toolchain", "pulumi-cli", "go.mod"), "utf8"));
    assert.ok(compareVersions(versions.go, required) >= 0, `${versions.go} is older than ${required}`);
  });

  test("go.mod builds the version we say", () => {
    const text = readFileSync(join(checkout, "toolchain", "pulumi-cli", "go.mod"), "utf8");
    assert.match(text, new RegExp(`github.com/pulumi/pulumi/pkg/v3 v${versions.pulumi}\\n`));
  });
});

describe("the cache's place", () => {
  const cases = [
    { why: "the user's choice first", env: { COFFER_CACHE: "/c", XDG_CACHE_HOME: "/x", HOME: "/h" }, root: "/c" },
    { why: "then XDG", env: { XDG_CACHE_HOME: "/x", HOME: "/h" }, root: "/x/coffer" },
    { why: "then the home", env: { HOME: "/h" }, root: "/h/.cache/coffer" },
    { why: "an empty variable is none", env: { COFFER_CACHE: "", HOME: "/h" }, root: "/h/.cache/coffer" },
  ];
  for (const { why, env, root } of cases) {
    test(why, () => assert.equal(cacheFolders(env).root, root));
  }
});

describe("publishFolder", () => {
  const stamp = { from: "built", version: "1" } as const;

  test("the folder appears whole, with its stamp", async () => {
    const target = join(folder("publish"), "part-1");
    assert.equal(
      await publishFolder(target, stamp, async (at) => {
        writeFile(join(at, "x"), "1");
        return true;
      }),
      true,
    );
    assert.deepEqual(readStamp(target), stamp);
    assert.equal(readFileSync(join(target, "x"), "utf8"), "1");
  });

  test("a failure leaves neither the folder nor a rest", async () => {
    const parent = folder("publish");
    const failing = publishFolder(join(parent, "part-1"), stamp, async (at) => {
      writeFile(join(at, "half"), "made");
      throw new Error("disk full");
    });
    await assert.rejects(failing, /disk full/);
    assert.deepEqual(readdirSync(parent), []);
  });

  test("what a killed attempt left is removed, a folder without a stamp is replaced", async () => {
    const parent = folder("publish");
    mkdirSync(join(parent, ".tmp-part-1-999"));
    mkdirSync(join(parent, "part-1"));
    writeFileSync(join(parent, "part-1", "half"), "");
    assert.equal(readStamp(join(parent, "part-1")), undefined);
    await publishFolder(join(parent, "part-1"), stamp, async () => true);
    assert.deepEqual(readdirSync(parent), ["part-1"]);
    assert.equal(existsSync(join(parent, "part-1", "half")), false);
  });

  test("nothing to publish is no folder", async () => {
    const parent = folder("publish");
    assert.equal(await publishFolder(join(parent, "part-1"), stamp, async () => false), false);
    assert.deepEqual(readdirSync(parent), []);
  });
});

describe("shims", () => {
  test("paths with blanks and quotes, arguments, and the environment's choice", () => {
    const at = folder("shim");
    const root = join(at, 'it\'s a "root" $HOME');
    mkdirSync(join(root, "toolchain"), { recursive: true });
    writeFileSync(join(root, "toolchain/x.ts"), "console.log(JSON.stringify(process.argv.slice(2)));");
    const shim = join(at, "shim");
    writeFile(shim, shimText("toolchain/x.ts", root), 0o755);
    const env = { PATH: process.env.PATH };
    const plain = spawnSync(shim, ["a b", "--c"], { encoding: "utf8", env });
    assert.equal(plain.stdout.trim(), '["a b","--c"]');
    const elsewhere = spawnSync(shim, [], { encoding: "utf8", env: { ...env, COFFER_ROOT: "/nowhere" } });
    assert.match(elsewhere.stderr, /\/nowhere\/toolchain\/x\.ts/);
  });

  test("a shim is rewritten when its checkout is gone, and only then", () => {
    const path = join(folder("shim"), "shim");
    const entry = "toolchain/versions.env";
    assert.equal(ensureShim(path, entry), true);
    assert.equal(ensureShim(path, entry), false);
    writeFile(path, shimText(entry, "/gone"), 0o755);
    assert.equal(ensureShim(path, entry), true);
    assert.ok(readFileSync(path, "utf8").includes(checkout));
  });
});

describe("npm packages against the lock file", () => {
  const a = { version: "1.0.0", integrity: "sha512-a" };
  const cases: { why: string; wanted: Lock; installed: Lock; differ: string[] }[] = [
    { why: "the same", wanted: { "": {}, "node_modules/a": a }, installed: { "node_modules/a": a }, differ: [] },
    { why: "missing", wanted: { "node_modules/a": a }, installed: {}, differ: ["a"] },
    {
      why: "another version",
      wanted: { "node_modules/a": a },
      installed: { "node_modules/a": { ...a, version: "2" } },
      differ: ["a"],
    },
    {
      why: "the same version with other bytes",
      wanted: { "node_modules/a": a },
      installed: { "node_modules/a": { ...a, integrity: "x" } },
      differ: ["a"],
    },
    { why: "of another platform", wanted: { "node_modules/a": { ...a, optional: true } }, installed: {}, differ: [] },
    { why: "only for developing", wanted: { "node_modules/a": { ...a, dev: true } }, installed: {}, differ: [] },
    { why: "nested", wanted: { "node_modules/a/node_modules/@s/b": a }, installed: {}, differ: ["@s/b"] },
  ];
  for (const { why, wanted, installed, differ } of cases) {
    test(why, () => assert.deepEqual(differences(wanted, installed), differ));
  }
});
