/** Making a guest of a machine that booted a stock image: what is refused, which steps are left, and what a failure is told as. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { describe, test } from "node:test";
import { recipeOf, recipes } from "../../images/index.ts";
import { softwareOf } from "../../images/stock.ts";
import {
  byImage,
  freeBytesNeeded,
  installedOn,
  parseFacts,
  planSoftware,
  type SeenMachine,
  seenMachine,
  whyNotInstalled,
} from "../../provider/software-plan.ts";
import { progressWords } from "../../provider/software-steps.ts";

const software = softwareOf(recipeOf("mariadb", "10.11"));
const pinned = "ssh-ed25519 AAAA";
const fresh: SeenMachine = {
  root: true,
  os: "debian",
  suite: "bookworm",
  system: "Debian GNU/Linux 12 (bookworm)",
  systemd: true,
  apt: true,
  freeBytes: 2 ** 31,
  userId: "",
  idUser: "",
  hostKey: "ssh-ed25519 AAAA root@debian",
  note: undefined,
  ours: false,
};

const all = ["wait-for-boot", "begin", "script", "user", "mask", "packages", "files", "settle", "done"];
const plans: { why: string; seen: Partial<SeenMachine>; steps: string[]; installed?: string }[] = [
  { why: "a fresh machine gets everything", seen: {}, steps: all },
  { why: "what was interrupted goes on", seen: { note: { state: "begun", recipe: "0" }, ours: true }, steps: all },
  {
    why: "packages that are half there have taken their room",
    seen: { note: { state: "begun", recipe: "0" }, freeBytes: 2 ** 20 },
    steps: all,
  },
  {
    why: "the user is there from an interrupted run",
    seen: { userId: "550", idUser: "mysql", note: { state: "begun", recipe: "0" } },
    steps: all,
  },
  {
    why: "installed already",
    seen: { note: { state: "done", recipe: software.hash }, ours: true },
    steps: [],
    installed: software.hash,
  },
  {
    why: "installed from an older recipe: only a new system disk takes another one",
    seen: { note: { state: "done", recipe: "0123456789ab" }, ours: true, freeBytes: 0 },
    steps: [],
    installed: "0123456789ab",
  },
  { why: "an image that Coffer built has everything", seen: { ours: true }, steps: [], installed: byImage },
];

describe("the steps", () => {
  for (const { why, seen, steps, installed } of plans) {
    test(why, () => {
      const machine = { ...fresh, ...seen };
      const plan = planSoftware(software, machine, pinned);
      assert.deepEqual(plan.refusals, []);
      assert.deepEqual(
        plan.steps.map(({ kind }) => kind),
        steps,
      );
      assert.equal(installedOn(machine), installed);
    });
  }
});

const refusals: { why: string; seen: Partial<SeenMachine>; expected: RegExp[] }[] = [
  {
    why: "another Debian release has other versions",
    seen: { suite: "trixie", system: "Debian GNU/Linux 13 (trixie)" },
    expected: [
      /is "Debian GNU\/Linux 13 \(trixie\)" \(ID=debian, VERSION_CODENAME=trixie\), allowed is Debian bookworm/,
    ],
  },
  {
    why: "another system",
    seen: { os: "ubuntu", suite: "jammy", system: "Ubuntu" },
    expected: [/"Ubuntu" \(ID=ubuntu/],
  },
  { why: "one that does not say", seen: { os: "", suite: "", system: "" }, expected: [/is "unknown", allowed/] },
  { why: "no root", seen: { root: false }, expected: [/does not become root by sudo/] },
  { why: "no systemd", seen: { systemd: false }, expected: [/does not run systemd/] },
  { why: "no apt", seen: { apt: false }, expected: [/has no apt-get/] },
  { why: "a full disk", seen: { freeBytes: freeBytesNeeded - 1 }, expected: [/has 699 MiB free, 700 are needed/] },
  { why: "the user has another number", seen: { userId: "999" }, expected: [/a user mysql with the id 999.* is 550/] },
  { why: "the number is another user's", seen: { idUser: "bob" }, expected: [/user id 550 is bob's/] },
  {
    why: "another host key was pinned",
    seen: { hostKey: "ssh-ed25519 BBBB" },
    expected: [/only one that a guest keeps/],
  },
  {
    why: "all of it at once",
    seen: { os: "alpine", systemd: false, apt: false },
    expected: [/allowed is Debian/, /systemd/, /apt-get/],
  },
];

describe("refused before anything is changed", () => {
  for (const { why, seen, expected } of refusals) {
    test(why, () => {
      const plan = planSoftware(software, { ...fresh, ...seen }, pinned);
      assert.deepEqual(plan.steps, []);
      assert.equal(plan.refusals.length, expected.length, plan.refusals.join("\n"));
      for (const [index, words] of expected.entries()) assert.match(plan.refusals[index] ?? "", words);
    });
  }
});

const failures: { why: string; log: string; expected: RegExp }[] = [
  {
    why: "no name server",
    log: "Err:1 http://deb.debian.org/debian bookworm InRelease\n  Temporary failure resolving 'deb.debian.org'\nE: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease",
    expected: /does not reach its package mirror[\s\S]*E: Failed to fetch/,
  },
  {
    why: "no such package",
    log: "Reading package lists...\nE: Unable to locate package mariadb-server",
    expected: /do not have what is needed[\s\S]*E: Unable to locate package mariadb-server/,
  },
  {
    why: "another vendor's package is newer",
    log: "E: coffer: the package sources offer mariadb-server 1:11.4.2, and this is 10.11",
    expected: /source beside Debian's own[\s\S]*offer mariadb-server 1:11\.4\.2/,
  },
  {
    why: "a full disk is the cause of what follows",
    log: "dpkg: error processing archive x.deb (--unpack):\n cannot copy: No space left on device\nE: Failed to fetch y",
    expected: /root disk is full/,
  },
  {
    why: "nobody vouches for the mirror",
    log: "W: GPG error: http://m bookworm InRelease: NO_PUBKEY 6ED0E7B82643E131\nE: The repository is not signed.",
    expected: /cannot be trusted/,
  },
  {
    why: "another installation does not end",
    log: "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (unattended-upgr)",
    expected: /another program of the image/,
  },
  {
    why: "a conflict",
    log: "E: Packages need to be removed but remove is disabled.",
    expected: /conflict with those of the database/,
  },
  {
    why: "anything else: the last words",
    log: "a\nb\nc\nd\ne",
    expected: /could not be installed\. .*says:\nb\nc\nd\ne$/,
  },
];

describe("packages that could not be installed", () => {
  for (const { why, log, expected } of failures) test(why, () => assert.match(whyNotInstalled(log), expected));
});

const progress: { why: string; phase?: string; percent?: string; expected: string }[] = [
  { why: "nothing is known yet", expected: "" },
  {
    why: "the image updates itself first",
    phase: "waiting",
    expected: "waits until the image's own updates have ended",
  },
  { why: "lists", phase: "refreshing", percent: "dlstatus:50.0", expected: "reads the package mirror's lists" },
  { why: "told in quarters", phase: "installing", percent: "dlstatus:49.9", expected: "downloads packages: 25 %" },
  { why: "dpkg's part", phase: "installing", percent: "pmstatus:75.0", expected: "installs packages: 75 %" },
  { why: "no percentage yet", phase: "installing", percent: "", expected: "installs packages: 0 %" },
  {
    why: "a package's name with a colon",
    phase: "installing",
    percent: "pmstatus:amd64",
    expected: "installs packages: 0 %",
  },
];

describe("progress", () => {
  for (const { why, phase, percent, expected } of progress) {
    test(why, () => {
      const facts = Object.entries({ phase, percent }).flatMap(([name, value]): [string, string][] =>
        value === undefined ? [] : [[name, value]],
      );
      assert.equal(progressWords(new Map(facts)), expected);
    });
  }
});

test("facts end where the log begins, whatever it says", () => {
  const { facts, rest } = parseFacts("state\tinactive\nresult\t100\n\nE: x\tresult\t0\n");
  assert.deepEqual(
    [...facts],
    [
      ["state", "inactive"],
      ["result", "100"],
    ],
  );
  assert.equal(rest, "E: x\tresult\t0");
});

const script = resolve(import.meta.dirname, "../../images/stock/install.sh");

test("the script tells what this machine is, in the words that are read", () => {
  const text = execFileSync("sh", [script, "look", "root", "0"], { encoding: "utf8" });
  const seen = seenMachine(text);
  assert.deepEqual([seen.userId, seen.idUser, seen.root], ["0", "root", process.getuid?.() === 0]);
  assert.ok(seen.freeBytes > 0);
  assert.equal(seenMachine("note\tbegun abc\n").note?.state, "begun");
  assert.equal(seenMachine("note\tgarbage\n").note, undefined);
});

test("the script refuses a verb that it does not know", () => {
  assert.throws(
    () => execFileSync("sh", [script, "remove"], { stdio: "pipe" }),
    /unknown verb "remove"; allowed: look, booted/,
  );
});

test("every recipe can be put into a stock image, and names the server's package first", () => {
  for (const recipe of recipes) {
    const { hash, packages, files } = softwareOf(recipe);
    assert.match(hash, /^[0-9a-f]{12}$/);
    assert.match(packages[0], /^(mariadb-server|postgresql-1[57])$/);
    assert.equal(new Set(files.map(({ path }) => path)).size, files.length);
    for (const { path, mode, content } of files) assert.equal(mode === 0o755, content.startsWith("#!"), path);
  }
  assert.equal(new Set(recipes.map((recipe) => softwareOf(recipe).hash)).size, recipes.length);
});

test("the hash is over everything that is put into the guest", () => {
  const recipe = recipeOf("mariadb", "10.11");
  const same = softwareOf({ ...recipe, folder: join(recipe.folder, "../mariadb") });
  assert.equal(same.hash, software.hash);
  assert.notEqual(softwareOf({ ...recipe, packages: [...recipe.packages, "less"] }).hash, software.hash);
  assert.notEqual(softwareOf({ ...recipe, user: { name: "mysql", id: 551 } }).hash, software.hash);
});
