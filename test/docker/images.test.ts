import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { ensureImage, imageName, type Recipe, recipeOf, recipes } from "../../images/index.ts";
import type { ToolchainError } from "../../toolchain/errors.ts";
import { docker, type Made, makeGuest, removeAll } from "./access-fixture.ts";

const cacheDir = mkdtempSync(join(tmpdir(), "coffer-images-"));
const made: string[] = [];
after(async () => {
  await removeAll();
  for (const name of made)
    await docker
      .getImage(name)
      .remove()
      .catch(() => {});
  rmSync(cacheDir, { recursive: true, force: true });
});

/** A recipe without a server, of its own hash: it builds in seconds. */
function smallRecipe(): Recipe {
  const folder = mkdtempSync(join(cacheDir, "recipe-"));
  cpSync(recipeOf("postgresql", "15").folder, folder, { recursive: true });
  writeFileSync(join(folder, "root", "unique"), folder);
  const recipe = { ...recipeOf("postgresql", "15"), engine: "images-test", packages: [], folder };
  made.push(imageName(recipe));
  return recipe;
}

const leftovers = () => readdirSync(cacheDir).filter((name) => name.includes(".build-"));
const mounted = () => readFileSync("/proc/self/mountinfo", "utf8").includes(cacheDir);

for (const recipe of recipes) {
  test(`${recipe.engine} ${recipe.version}: no password, no key, no identity, no sample data, fixed user id`, async () => {
    const { guest }: Made = await makeGuest(recipe);
    const shell = async (script: string) => (await guest.must(["sh", "-c", script])).stdout.trim();
    assert.equal(await shell("cut -d: -f2 /etc/shadow | grep -v '^[*!]' || true"), "", "an account has a password");
    const keys = "find / -xdev \\( -name '*.key' -o -name 'ssh_host_*' -o -name machine-id \\) -not -path '/proc/*'";
    assert.equal(await shell(`${keys} -size +0`), "", "a key or an identity is in the image");
    assert.equal(await shell(`grep -rl 'PRIVATE KEY' /etc /var /root || true`), "");
    assert.equal(
      await shell("ls -A /var/lib/mysql /var/lib/postgresql /etc/postgresql 2>/dev/null | grep -v : || true"),
      "",
    );
    assert.equal(
      await shell(
        "ls -A /etc/apt/sources.list* /var/lib/apt/lists /var/log 2>/dev/null | grep -v -e : -e partial -e lock || true",
      ),
      "",
    );
    assert.equal(
      await shell(`id -u ${recipe.user.name}; id -g ${recipe.user.name}`),
      `${recipe.user.id}\n${recipe.user.id}`,
    );
    for (const program of ["coffer-service", "socat", "flock", "setpriv", "runsv", "timeout"])
      await shell(`command -v ${program}`);

    const { Config } = await docker.getImage(imageName(recipe)).inspect();
    assert.equal(Config.Labels["coffer.engine"], recipe.engine);
    assert.equal(Config.Labels["coffer.datastore-version"], recipe.version);
    assert.match(imageName(recipe), new RegExp(`${Config.Labels["coffer.recipe"]}$`));
  });
}

test("an image that is there is not built again", async () => {
  const recipe = recipeOf("postgresql", "15");
  const unused = join(cacheDir, "unused");
  assert.equal((await ensureImage(docker, recipe, { cacheDir: unused })).built, false);
});

test("a build that cannot work names what failed and the log", async () => {
  const recipe: Recipe = { ...smallRecipe(), suite: "no-such-suite" };
  await assert.rejects(ensureImage(docker, recipe, { cacheDir }), (error: ToolchainError) => {
    assert.match(error.message, /^mmdebstrap failed \(.*no-such-suite/s);
    assert.match(readFileSync(error.log ?? "", "utf8"), /no-such-suite/);
    return true;
  });
  assert.deepEqual(leftovers(), []);
});

test("an interrupted build ends at once and leaves nothing", async () => {
  const recipe = smallRecipe();
  const stop = new AbortController();
  const onProgress = (line: string) => {
    if (line.startsWith("installing")) stop.abort(new Error("interrupted"));
  };
  await assert.rejects(ensureImage(docker, recipe, { cacheDir, onProgress, signal: stop.signal }), /interrupted/);
  assert.deepEqual(leftovers(), []);
  assert.equal(mounted(), false, "something is still mounted");
  await assert.rejects(docker.getImage(imageName(recipe)).inspect(), { statusCode: 404 });
});

// A build takes a minute, so the next one after the killed one is two that begin at the same time.
const lines: string[] = [];
let recipe: Recipe;
let next: readonly Awaited<ReturnType<typeof ensureImage>>[] = [];

test("a build whose process is killed leaves no process and no mount, and the next one clears up and succeeds", async () => {
  recipe = smallRecipe();
  const program = `
    import { ensureImage } from ${JSON.stringify(join(import.meta.dirname, "../../images/index.ts"))};
    import { connectDocker } from ${JSON.stringify(join(import.meta.dirname, "../../access/docker/engine.ts"))};
    const recipe = ${JSON.stringify(recipe)};
    await ensureImage(connectDocker(), recipe, { cacheDir: ${JSON.stringify(cacheDir)}, onProgress: (l) => console.log(l) });`;
  const builder = spawn(process.execPath, ["--input-type=module-typescript", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: builder.stdout }))
    if (line.startsWith("installing remaining")) break;
  builder.kill("SIGKILL");

  assert.equal(leftovers().length, 1, "it was killed in the middle");
  const onProgress = (line: string) => lines.push(line);
  next = await Promise.all([1, 2].map(() => ensureImage(docker, recipe, { cacheDir, onProgress })));
  assert.ok(next.some(({ built }) => built));
  assert.equal(mounted(), false, "something is still mounted");
  assert.deepEqual(leftovers(), []);
  const running = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(cacheDir));
  assert.deepEqual(running, [], "a part of the killed build still runs");
});

test("two builds at once: one builds, the other waits and uses it; log and package list stay", () => {
  assert.deepEqual(next.map(({ built }) => built).sort(), [false, true]);
  assert.equal(next[0]?.id, next[1]?.id);
  assert.ok(lines.some((line) => line.startsWith("another process builds ")));
  const stem = imageName(recipe).replace("coffer/", "").replace(":", "-");
  assert.match(readFileSync(join(cacheDir, `${stem}.packages`), "utf8"), /^socat \S+ amd64$/m);
  assert.match(readFileSync(join(cacheDir, `${stem}.log`), "utf8"), /^I: success/m);
  assert.deepEqual(leftovers(), []);
});

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
