/** The house: a room imports only from floors below it, and only its own rooms name an engine or a target. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";

const root = resolve(import.meta.dirname, "../..");

/** Top floor first. Rooms on one floor do not know each other. */
const floors: readonly (readonly string[])[] = [
  ["cli"],
  ["operations"],
  ["stacks"],
  ["components"],
  ["policies"],
  ["provider", "spec"],
  ["engines"],
  ["access"],
  ["images"],
  ["devcloud"],
  ["toolchain"],
];
const rooms = floors.flat();
const floorOf = (room: string): number => floors.findIndex((floor) => floor.includes(room));
const files = globSync(`{${rooms.join(",")}}/**/*.ts`, { cwd: root }).sort();

/** Where it is allowed to say an engine's or a target's name. */
const names: readonly { why: string; word: RegExp; rooms: RegExp }[] = [
  {
    why: "engines",
    word: /\b(mariadb|postgresql)\b/i,
    // The starter spec and the example of a command's help are words for people.
    rooms: /^(engines|images|devcloud)\/|^(spec\/initial|cli\/commands\/instances)\.ts$/,
  },
  {
    why: "targets",
    word: /(from |import\()"[^"]*\/(docker|openstack)\/|"@pulumi\/(docker|openstack)"|"dockerode"/,
    rooms:
      /^(components\/(docker|openstack)|access\/(docker|openstack)|toolchain|images|devcloud)\/|^(components\/(targets|kinds|needs|survey)|access\/(index|interactive))\.ts$/,
  },
];

test("there are files in every room", () => {
  for (const room of rooms)
    assert.ok(
      files.some((file) => file.startsWith(`${room}/`)),
      `${room}/ is empty`,
    );
});

test("a room imports only from itself and from floors below", () => {
  const wrong = files.flatMap((file) => {
    const room = file.split("/")[0] ?? "";
    return importsOf(file)
      .map((target) => relative(root, resolve(root, dirname(file), target)).split("/")[0] ?? "")
      .filter((other) => rooms.includes(other) && other !== room && floorOf(other) <= floorOf(room))
      .map((other) => `${file} imports from ${other}/`);
  });
  assert.deepEqual(wrong, []);
});

for (const { why, word, rooms: allowed } of names) {
  test(`only the rooms for ${why} name one`, () => {
    const wrong = files.filter((file) => !allowed.test(file) && word.test(codeOf(file)));
    assert.deepEqual(wrong, []);
  });
}

function importsOf(file: string): string[] {
  return [...codeOf(file).matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, target = ""]) => target);
}

/** Without comments: an example in words names what it likes. */
function codeOf(file: string): string {
  const text = readFileSync(join(root, file), "utf8");
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}
