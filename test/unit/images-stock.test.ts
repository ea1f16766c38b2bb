/** A guest in a stock image has what a guest in an image of Coffer's has, but for the operating system around it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, test } from "node:test";
import { recipes } from "../../images/index.ts";
import { disk, guestPath } from "../../images/recipe.ts";
import { softwareOf } from "../../images/stock.ts";

const images = resolve(import.meta.dirname, "../../images");
const scratch = mkdtempSync(join(tmpdir(), "coffer-stock-"));
after(() => rmSync(scratch, { recursive: true }));

const customize = readFileSync(join(images, "vm/customize.sh"), "utf8");

test("what never runs in an image never runs in a stock one, and what is enabled there is enabled here", () => {
  for (const recipe of recipes) {
    const { masked, enabled } = softwareOf(recipe);
    for (const unit of masked) assert.ok(customize.includes(` ${unit} `), `${unit} is not masked in an image`);
    for (const unit of enabled) assert.ok(customize.includes(` ${unit}`), `${unit} is not enabled in an image`);
    const servers = /for unit in ([^\\]*)\\/.exec(customize)?.[1]?.trim().split(" ") ?? [];
    assert.ok(servers.includes("mariadb.service"));
    for (const unit of servers) assert.ok(masked.includes(unit), `${unit} may run in a stock image`);
  }
});

test("all that Coffer's programs are in an image for machines is in a stock one", () => {
  const programs = globSync("usr/**/*", { cwd: join(disk.folder, "root"), withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `/usr/${join(entry.parentPath, entry.name).split("/root/usr/")[1]}`);
  assert.ok(programs.length > 5);
  for (const recipe of recipes) {
    const paths = softwareOf(recipe).files.map(({ path }) => path);
    for (const path of [...programs, "/usr/sbin/coffer-service", "/usr/lib/coffer/server"])
      assert.ok(paths.includes(path), path);
  }
});

for (const recipe of recipes) {
  test(`${recipe.engine}: what an image's script writes from the recipe is the same, byte for byte`, () => {
    const root = join(scratch, recipe.engine);
    const server = readFileSync(join(recipe.folder, "root/usr/lib/coffer/server"), "utf8");
    mkdirSync(join(root, "etc/sudoers.d"), { recursive: true });
    mkdirSync(join(root, "usr/lib/coffer"), { recursive: true });
    writeFileSync(join(root, "usr/lib/coffer/server"), server);
    // Only its part about the recipe: the rest is for a root that no system runs from.
    const part = /\ninstall -d "\$target\/etc\/systemd[\s\S]*?sudoers\.d\/coffer"\n/.exec(customize)?.[0] ?? "";
    const words = `set -eu; target=$1 path=$2; . "$target/usr/lib/coffer/server"\n${part}`;
    execFileSync("sh", ["-c", words, "sh", root, guestPath(recipe)]);
    const { files } = softwareOf(recipe);
    for (const path of ["/etc/systemd/system/coffer-database.service.d/recipe.conf", "/etc/sudoers.d/coffer"]) {
      const file = files.find((one) => one.path === path);
      assert.equal(file?.content, readFileSync(join(root, path), "utf8"), dirname(path));
    }
  });
}
