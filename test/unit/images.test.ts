import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { engines } from "../../engines/index.ts";
import { parseIndexTargets, sourceLines, transportSettings } from "../../images/apt.ts";
import { imageName, recipeOf, recipes } from "../../images/index.ts";
import { imageConfiguration, recipeHash } from "../../images/recipe.ts";
import { mountsBelow, removeTree } from "../../images/remove.ts";

const scratch = mkdtempSync(join(tmpdir(), "coffer-images-"));
after(() => rmSync(scratch, { recursive: true }));

test("every engine's every version has a recipe", () => {
  for (const engine of engines) for (const version of engine.versions) assert.ok(recipeOf(engine.name, version));
  assert.throws(() => recipeOf("mariadb", "1.0"), /no image recipe for mariadb 1\.0; there are: mariadb 10\.11, /);
});

test("each engine has one user id in all its versions, and no other engine has it", () => {
  const ids = recipes.map((r) => r.user.id);
  const perEngine = recipes.map((r) => `${r.engine} ${r.user.id}`);
  const engineNames = recipes.map((r) => r.engine);
  assert.equal(new Set(ids).size, new Set(engineNames).size);
  assert.equal(new Set(perEngine).size, new Set(engineNames).size);
});

const base = recipeOf("mariadb", "10.11");
const elsewhere = (change: (folder: string) => void) => {
  const folder = mkdtempSync(join(scratch, "recipe-"));
  cpSync(base.folder, folder, { recursive: true });
  change(folder);
  return { ...base, folder };
};
const inputs: { why: string; recipe: typeof base; same: boolean }[] = [
  { why: "the same files in another checkout", recipe: elsewhere(() => {}), same: true },
  { why: "another package", recipe: { ...base, packages: [...base.packages, "procps"] }, same: false },
  { why: "another suite", recipe: { ...base, suite: "trixie" }, same: false },
  { why: "another user id", recipe: { ...base, user: { name: "mysql", id: 551 } }, same: false },
  {
    why: "a changed file",
    recipe: elsewhere((f) => writeFileSync(join(f, "root/usr/lib/coffer/server"), "x")),
    same: false,
  },
  { why: "a new file", recipe: elsewhere((f) => writeFileSync(join(f, "root/new"), "")), same: false },
  { why: "a removed file", recipe: elsewhere((f) => rmSync(join(f, "root/usr/lib/coffer/server"))), same: false },
];
for (const { why, recipe, same } of inputs) {
  test(`the hash: ${why} ${same ? "keeps" : "changes"} it`, () =>
    assert.equal(recipeHash(recipe) === recipeHash(base), same));
}

test("names and labels carry the hash", () => {
  assert.match(imageName(base), /^coffer\/mariadb:10\.11-[0-9a-f]{12}$/);
  assert.ok(imageConfiguration(base).includes(`LABEL coffer.recipe=${recipeHash(base)}`));
});

const index = (fields: Record<string, string>) =>
  Object.entries({ "Created-By": "Packages", Component: "main", Origin: "Debian", ...fields })
    .map(([key, value]) => `${key}: ${value}`)
    .join("\n");
const mirror = "http://mirror.example/debian/";
const security = "http://mirror.example/security/";
const sources: { why: string; indexes: Record<string, string>[]; lines: string[] }[] = [
  {
    why: "the suite, its updates and its security suite, each once",
    indexes: [
      { "Repo-URI": mirror, Release: "bookworm" },
      { "Repo-URI": mirror, Release: "bookworm" },
      { "Repo-URI": mirror, Release: "bookworm-updates" },
      { "Repo-URI": security, Release: "bookworm-security" },
    ],
    lines: [
      `deb ${mirror} bookworm main`,
      `deb ${mirror} bookworm-updates main`,
      `deb ${security} bookworm-security main`,
    ],
  },
  {
    why: "a vendor's repository for the same suite is left out",
    indexes: [
      { "Repo-URI": mirror, Release: "bookworm" },
      { "Repo-URI": "http://vendor.example/", Release: "bookworm", Origin: "Vendor" },
    ],
    lines: [`deb ${mirror} bookworm main`],
  },
  {
    why: "other indexes and other components are left out",
    indexes: [
      { "Repo-URI": mirror, Release: "bookworm", "Created-By": "DEP-11" },
      { "Repo-URI": mirror, Release: "bookworm", Component: "contrib" },
    ],
    lines: [],
  },
  {
    why: "other suites are left out where the host knows the suite",
    indexes: [
      { "Repo-URI": mirror, Release: "trixie" },
      { "Repo-URI": mirror, Release: "bookworm" },
    ],
    lines: [`deb ${mirror} bookworm main`],
  },
  {
    why: "a host of another release asks its own mirrors for this one",
    indexes: [
      { "Repo-URI": "http://vendor.example/", Release: "bookworm", Origin: "Vendor" },
      { "Repo-URI": mirror, Release: "trixie" },
      { "Repo-URI": mirror, Release: "trixie-updates" },
      { "Repo-URI": mirror, Release: "trixie-backports" },
      { "Repo-URI": security, Release: "trixie-security" },
    ],
    lines: [
      `deb ${mirror} bookworm main`,
      `deb ${mirror} bookworm-updates main`,
      `deb ${security} bookworm-security main`,
    ],
  },
  {
    why: "security alone is no suite to build from",
    indexes: [{ "Repo-URI": security, Release: "bookworm-security" }],
    lines: [],
  },
];
for (const { why, indexes, lines } of sources) {
  test(`mirrors: ${why}`, () => {
    const output = `${indexes.map(index).join("\n\n")}\n`;
    assert.deepEqual(sourceLines("bookworm", parseIndexTargets(output)), lines);
  });
}

test("mirrors: before the first update of the host no origin is known, and Debian's is assumed", () => {
  const targets = [{ uri: mirror, release: "bookworm", component: "main", origin: undefined }];
  assert.deepEqual(sourceLines("bookworm", targets), [`deb ${mirror} bookworm main`]);
});

test("proxies, certificates and retries are taken over; other settings are not", () => {
  const dump = [
    'Acquire::http "";',
    'Acquire::http::Proxy "http://user:word@proxy.example:3128";',
    'Acquire::https::CAInfo "/etc/ssl/own.pem";',
    'Acquire::Retries "3";',
    'Acquire::Languages:: "none";',
    'APT::Install-Recommends "1";',
    'DPkg::Post-Invoke:: "rm -f /x";',
  ];
  assert.deepEqual(transportSettings(dump.join("\n")), dump.slice(1, 4));
});

const mountinfo = [
  "22 1 0:20 / /proc rw - proc proc rw",
  "90 22 0:27 / /cache/build/root/dev/shm rw - tmpfs tmpfs rw",
  "91 22 0:20 / /cache/build/with\\040space/proc rw - proc proc rw",
  "92 22 0:20 / /cache/build-2/proc rw - proc proc rw",
].join("\n");
const mounts: { why: string; folder: string; found: string[] }[] = [
  { why: "below", folder: "/cache/build", found: ["/cache/build/root/dev/shm", "/cache/build/with space/proc"] },
  { why: "the folder itself", folder: "/cache/build/root/dev/shm", found: ["/cache/build/root/dev/shm"] },
  { why: "a longer name is another folder", folder: "/cache/buil", found: [] },
  { why: "none", folder: "/home", found: [] },
];
for (const { why, folder, found } of mounts) {
  test(`mounts: ${why}`, () => assert.deepEqual(mountsBelow(folder, mountinfo), found));
}

test("a folder is removed whole; one that is gone is fine; one with a mount in it is not touched", async () => {
  const folder = await mkdtemp(join(scratch, "tree-"));
  await writeFile(join(folder, "file"), "x");
  await removeTree(folder);
  await assert.rejects(stat(folder), { code: "ENOENT" });
  await removeTree(folder);
  // Something is mounted there on every Linux.
  await assert.rejects(
    removeTree("/proc"),
    /\/proc was not removed, since something is mounted in it; unmount first: \/proc/,
  );
});
