/** What the openstack plugin is built from: the hook in the SDK, the names, and the waits. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { checkout } from "../../toolchain/cache.ts";
import { requiredGo } from "../../toolchain/go.ts";
import { openstackRecipe } from "../../toolchain/openstack-plugin/build.ts";
import { copyWithHook, replaceSdk, sdkModule, withHook } from "../../toolchain/openstack-plugin/hook.ts";
import { findProgram } from "../../toolchain/process.ts";
import { compareVersions, versions } from "../../toolchain/versions.ts";

const source = join(checkout, "toolchain", "openstack-plugin");
const scratch = mkdtempSync(join(tmpdir(), "coffer-openstack-plugin-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const start = "func (conf *StateChangeConf) WaitForStateContext(ctx context.Context) (interface{}, error) {\n";

describe("the hook in the SDK", () => {
  test("is called first of all", () => {
    const text = withHook(`package retry\n\n${start}\tlog.Printf("x")\n}\n`);
    assert.equal(
      text,
      `package retry\n\n${start}\tif BeforeWait != nil {\n\t\tBeforeWait(conf)\n\t}\n\tlog.Printf("x")\n}\n`,
    );
  });

  const foreign = [
    { why: "another text", text: "package retry\n", times: 0 },
    { why: "the function twice", text: start + start, times: 2 },
  ];
  for (const { why, text, times } of foreign) {
    test(`refuses what it was not written for: ${why}`, () =>
      assert.throws(() => withHook(text), new RegExp(`${times} times, not once`)));
  }

  test("the copy has everything of a read-only folder, and can be removed by a user who is not root", () => {
    const from = join(scratch, "from");
    const to = join(scratch, "to");
    mkdirSync(join(from, "helper", "retry"), { recursive: true });
    writeFileSync(join(from, "go.mod"), "module x\n", { mode: 0o444 });
    writeFileSync(join(from, "helper", "retry", "state.go"), start, { mode: 0o444 });
    spawnSync("chmod", ["-R", "a-w", from]);
    copyWithHook(from, to);
    const files = globSync("**", { cwd: to }).sort();
    assert.deepEqual(files, [
      ".",
      "go.mod",
      "helper",
      "helper/retry",
      "helper/retry/before_wait.go",
      "helper/retry/state.go",
    ]);
    const writable = spawnSync("find", [to, "-not", "-perm", "-u+w"], { encoding: "utf8" });
    assert.equal(writable.stdout, "");
    spawnSync("chmod", ["-R", "u+w", from]);
  });
});

describe("go.mod", () => {
  const goMod = readFileSync(join(source, "go.mod"), "utf8");

  test("names the copy, also in a folder with a blank, and changes nothing else", () => {
    const before = goMod.split("\n");
    const after = replaceSdk(goMod, "/a b/sdk").split("\n");
    const changed = after.filter((line, at) => line !== before[at]);
    assert.deepEqual(changed, [`replace ${sdkModule} => "/a b/sdk"`]);
    assert.equal(after.length, before.length);
  });

  test("without the line it is an error", () => assert.throws(() => replaceSdk("module x\n", "/sdk"), /no line/));

  test("the Go we fetch is one that it accepts", () =>
    assert.ok(compareVersions(versions.go, requiredGo(goMod)) >= 0, `${versions.go} is older`));
});

test("every type and function served has the token of the npm package", () => {
  const text = readFileSync(join(source, "names.go"), "utf8");
  const entries = [...text.matchAll(/"openstack_\w+":\s+"((\w+)\/(\w+):(\w+))"/g)];
  assert.ok(entries.length > 20, "names.go has names");
  for (const [, token, folder, file] of entries) {
    const path = join(checkout, "node_modules", "@pulumi", "openstack", folder ?? "", `${file}.js`);
    assert.ok(readFileSync(path, "utf8").includes(`openstack:${token}`), `${path} does not name ${token}`);
  }
});

describe("the build without Coffer's additions", () => {
  const additions = /keepOnFailure|retry\.BeforeWait|waits\.Shorten|use_octavia/;

  test("is another program", () => assert.notEqual(openstackRecipe("plain"), openstackRecipe("with additions")));

  test("leaves out one file, which has them all", () => {
    const having = globSync("*.go", { cwd: source }).filter((name) =>
      additions.test(readFileSync(join(source, name), "utf8")),
    );
    assert.deepEqual(having, ["additions.go"]);
  });

  const builds = [
    { tags: "osusergo", files: "[additions.go main.go names.go]" },
    { tags: "osusergo,plain", files: "[main.go names.go plain.go]" },
  ];
  for (const { tags, files } of builds)
    test(`Go compiles ${files} with the tags ${tags}`, (t) => {
      const go = findProgram("go", process.env);
      if (go === undefined) return t.skip("no Go on this machine");
      const env = { ...process.env, GOPROXY: "off", GOTOOLCHAIN: "local", GOWORK: "off" };
      const listed = spawnSync(go, ["list", "-find", "-tags", tags, "-f", "{{.GoFiles}}", "."], { cwd: source, env });
      assert.equal(listed.stdout.toString().trim(), files, listed.stderr.toString());
    });
});

/** Go with its modules at hand: after the first build of the plugin on this machine, or of nothing else. */
function offlineGo(): { go: string; env: NodeJS.ProcessEnv } | undefined {
  const go = findProgram("go", process.env);
  if (go === undefined) return undefined;
  const env = { ...process.env, GOPROXY: "off", GOTOOLCHAIN: "local", GOWORK: "off", CGO_ENABLED: "0" };
  const listed = spawnSync(go, ["list", "-deps", "./waits"], { cwd: source, env });
  return listed.status === 0 ? { go, env } : undefined;
}

test("the shortened waits against the provider's own, in simulated time", (t) => {
  const found = offlineGo();
  if (found === undefined) return t.skip("no Go with the plugin's modules on this machine");
  const run = spawnSync(found.go, ["test", "./waits"], { cwd: source, env: found.env, encoding: "utf8" });
  assert.equal(run.status, 0, run.stdout + run.stderr);
});
