/** A change is one run of Pulumi: what is refused changes nothing, what is expected to change nothing is a preview, and only what it concerns is read. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Checkout, docker, makeCheckout, objectsOf } from "../support/checkout.ts";
import { specOf } from "../support/specs.ts";

const instances = { "mariadb-a": { databases: ["shop"] }, "mariadb-b": {} };
let checkout: Checkout;
before(async () => {
  checkout = await makeCheckout(specOf(instances));
  await checkout.ok(["up", "--stack", checkout.stack]);
});
after(() => checkout?.cleanUp());

/** The runs of Pulumi so far: `up` or `preview`, one for each log. */
function runs(): string[] {
  const logs = readdirSync(join(checkout.dir, ".coffer", "logs")).sort();
  return logs.map((name) => /-(\w+)\.log$/.exec(name)?.[1] ?? name);
}

/** The resources of the state. A secret is encrypted anew whenever it is written. */
function recorded(): unknown {
  const hidden = (key: string, value: unknown) => (key === "ciphertext" ? "" : value);
  return JSON.parse(checkout.stateText(), hidden).checkpoint.latest.resources;
}

test("a first up is one run", () => assert.deepEqual(runs(), ["up"]));

test("an up of the same spec is a preview alone, and changes nothing", async () => {
  const before = checkout.stateText();
  await checkout.ok(["up", "--stack", checkout.stack]);
  assert.deepEqual(runs(), ["up", "preview"]);
  assert.equal(checkout.stateText(), before);
});

test("a verb whose change would bring others along is refused in its one run: exit 3, nothing recorded, nothing done", async () => {
  checkout.writeSpec(specOf({ ...instances, "mariadb-b": { databases: ["other"] } }));
  const [before, ranBefore] = [recorded(), runs().length];
  const refused = await checkout.coffer(["user-create", "mariadb-a", "app", "--stack", checkout.stack]);
  assert.equal(refused.code, 3, refused.stderr);
  assert.match(refused.stderr, /other changes than those of "mariadb-a" are waiting/);
  assert.deepEqual(runs().slice(ranBefore), ["up"]);
  assert.deepEqual(recorded(), before);
  const databases = await checkout.json<{ name: string }[]>(["database-list", "mariadb-b", "--stack", checkout.stack]);
  assert.ok(!databases.some(({ name }) => name === "other"), "the other instance's change was not made");
  checkout.writeSpec(specOf(instances));
});

test("a verb on one instance does not ask the guests of others", async () => {
  const { containers } = await objectsOf(checkout.stackId());
  const other = containers.find(({ Names }) => Names.some((name) => name.includes("mariadb-b")));
  assert.ok(other);
  const container = docker.getContainer(other.Id);
  // Whoever asks this guest says so.
  await container.pause();
  try {
    const { stderr } = await checkout.ok(["user-create", "mariadb-a", "app", "--stack", checkout.stack]);
    assert.doesNotMatch(stderr, /mariadb-b/);
    // As a command for all does.
    const all = await checkout.coffer(["preview", "--stack", checkout.stack]);
    assert.match(all.stderr, /mariadb-b: it is stopped and is not looked into/);
  } finally {
    await container.unpause();
  }
  await checkout.ok(["up", "--stack", checkout.stack]);
});
