/** Which password each user has: the one in use, a given one or a new one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { choosePasswords, underAllNames } from "../../provider/resources/users.ts";
import type { Values } from "../../provider/values.ts";
import { app, bob, rootUser, userInputs } from "./provider-kinds-fixture.ts";

const known = { inputs: userInputs, outputs: { passwords: { "app@%": "known", "gone@%": "x" } } };
const renamed = { ...app, name: "shop", was: { name: "app", host: "%" } };

/** `fresh`: a generated one is expected. */
const choices: { why: string; inputs: Values; old?: typeof known; expected: Record<string, string | "fresh"> }[] = [
  { why: "the one in use stays", inputs: userInputs, expected: { "app@%": "known" } },
  {
    why: "a new user gets one",
    inputs: { ...userInputs, users: [app, bob] },
    expected: { "app@%": "known", "bob@%": "fresh" },
  },
  { why: "a given one wins", inputs: { ...userInputs, given: { "app@%": "given" } }, expected: { "app@%": "given" } },
  { why: "a renamed user keeps its own", inputs: { ...userInputs, users: [renamed] }, expected: { "shop@%": "known" } },
  {
    why: "a user of that past that has one already keeps its own",
    inputs: { ...userInputs, users: [{ ...renamed, name: "gone" }] },
    expected: { "gone@%": "x" },
  },
  {
    why: "another generation is another password",
    inputs: { ...userInputs, generations: { "app@%": 1 } },
    expected: { "app@%": "fresh" },
  },
  {
    why: "the same generation is the same password",
    inputs: { ...userInputs, generations: { "app@%": 1 } },
    old: { ...known, inputs: { ...userInputs, generations: { "app@%": 1 } } as typeof userInputs },
    expected: { "app@%": "known" },
  },
  {
    why: "a generation goes along with a rename",
    inputs: { ...userInputs, users: [renamed], generations: { "shop@%": 1 } },
    old: { ...known, inputs: { ...userInputs, generations: { "app@%": 1 } } as typeof userInputs },
    expected: { "shop@%": "known" },
  },
  {
    why: "an administrator that is enabled again has another password",
    inputs: { ...userInputs, users: [rootUser], generations: { "root@%": 1 } },
    old: {
      inputs: { ...userInputs, users: [rootUser] } as unknown as typeof userInputs,
      outputs: { passwords: { "root@%": "known" } } as unknown as (typeof known)["outputs"],
    },
    expected: { "root@%": "fresh" },
  },
  {
    why: "no generation is asked for any more",
    inputs: userInputs,
    old: { ...known, inputs: { ...userInputs, generations: { "app@%": 1 } } as typeof userInputs },
    expected: { "app@%": "known" },
  },
];

for (const { why, inputs, old = known, expected } of choices)
  test(`passwords: ${why}`, () => {
    const chosen = choosePasswords(inputs, old);
    const fresh = Object.entries(chosen).map(([key, password]) => {
      const generated = /^[A-Za-z0-9]{36}$/.test(password);
      return [key, generated ? "fresh" : password];
    });
    assert.deepEqual(Object.fromEntries(fresh), expected);
  });

test("passwords: under its earlier name a user is compared with the password it is to have", () => {
  const inputs = { ...userInputs, users: [renamed] };
  assert.deepEqual(underAllNames(inputs, { "shop@%": "p" }), { "app@%": "p", "shop@%": "p" });
});
