/** `coffer up` on a terminal: what it shows and asks before it changes what is there, and what each answer does. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Checkout, makeCheckout } from "../support/checkout.ts";
import { specOf } from "../support/specs.ts";
import { keys, onTerminal, type Typed } from "../support/terminal.ts";

const name = "mariadb-orders";
const question = 'Type "yes" to go on: ';
let checkout: Checkout;

before(async () => {
  checkout = await makeCheckout(specOf({ [name]: { databases: ["shop", "reports"] } }));
});
after(() => checkout.cleanUp());

const up = (typed: readonly Typed[], ...more: string[]) =>
  onTerminal(["./coffer", "up", "--stack", checkout.stack, ...more], {
    cwd: checkout.dir,
    // The moving line of a terminal is no part of what stays on the screen.
    env: { ...checkout.env, CI: "true" },
    typed,
  });
/** The resources of the state. A secret is encrypted anew whenever it is written. */
const recorded = () => {
  type State = { checkpoint: { latest: { resources: unknown } } };
  const hidden = (key: string, value: unknown) => (key === "ciphertext" ? "" : value);
  return (JSON.parse(checkout.stateText(), hidden) as State).checkpoint.latest.resources;
};
const databases = async () => {
  const rows = await checkout.json<{ name: string }[]>(["database-list", name, "--stack", checkout.stack]);
  return rows.map((row) => row.name).sort();
};

test("a plan that only creates goes on by itself", async () => {
  const { code, screen } = await up([]);
  assert.equal(code, 0, screen);
  assert.ok(!screen.includes(question), screen);
  assert.deepEqual(await databases(), ["reports", "shop"]);
});

for (const { answer, pressed, ends } of [
  { answer: "Ctrl-C", pressed: keys.ctrlC, ends: 130 },
  { answer: "no", pressed: `no${keys.enter}`, ends: 1 },
])
  test(`${answer} at the question changes nothing`, async () => {
    checkout.writeSpec(
      specOf({ [name]: { parameters: { thread_stack: "512k" }, databases: ["shop"], extra: "drop: [reports]" } }),
    );
    const before = recorded();
    const { code, screen } = await up([{ after: question, keys: pressed }]);
    assert.equal(code, ends, screen);
    const [asked = "", answered = ""] = screen.split(question);
    assert.match(asked, /parameters\.thread_stack: "512k"/, "the plan is on the screen");
    assert.match(asked, new RegExp(`! ${name}: restart MariaDB: thread_stack`), "and what restarts");
    assert.match(asked, new RegExp(`! ${name}: drop database reports with all its data`), "and what is dropped");
    assert.match(answered, /nothing was changed/);
    assert.deepEqual(recorded(), before);
    assert.deepEqual(await databases(), ["reports", "shop"]);
  });

test("yes applies what was shown", async () => {
  const { code, screen } = await up([{ after: question, keys: `yes${keys.enter}` }]);
  assert.equal(code, 0, screen);
  assert.deepEqual(await databases(), ["shop"]);
});

test("with --yes nobody is asked on a terminal either", async () => {
  checkout.writeSpec(specOf({ [name]: { databases: ["shop"] } }));
  const { code, screen } = await up([], "--yes");
  assert.equal(code, 0, screen);
  assert.ok(!screen.includes(question), screen);
  assert.match(screen, /restart MariaDB: thread_stack/);
});
