import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { containerSchema } from "../../toolchain/docker-plugin/container/schema.ts";
import { diff } from "../../toolchain/docker-plugin/diff.ts";
import { updated } from "../../toolchain/docker-plugin/state.ts";
import { type Props, withoutDefaults } from "../../toolchain/docker-plugin/values.ts";
import { checked, fresh } from "./docker-plugin-fixture.ts";

const text = fc.string({ minLength: 1, maxLength: 8 });
const wantedInputs = fc.record(
  {
    envs: fc.array(text, { maxLength: 5 }),
    command: fc.array(text, { maxLength: 3 }),
    memory: fc.nat(1000),
    hostname: text,
    labels: fc.array(fc.record({ label: text, value: text }), { maxLength: 4 }),
    mounts: fc.array(fc.record({ type: fc.constant("volume"), target: text, source: text, readOnly: fc.boolean() }), {
      maxLength: 3,
    }),
    ports: fc.uniqueArray(
      fc.record({ internal: fc.integer({ min: 1, max: 9 }), external: fc.integer({ min: 1, max: 9 }) }),
      {
        maxLength: 3,
        selector: (entry) => entry.internal,
      },
    ),
    sysctls: fc.dictionary(text, text, { maxKeys: 3 }),
    networksAdvanced: fc.array(fc.record({ name: text, aliases: fc.array(text, { maxLength: 3 }) }), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

test("after a create there is no difference, in whatever order the sets are then given", () => {
  fc.assert(
    fc.property(wantedInputs, (inputs) => {
      const shuffled = Object.fromEntries(
        Object.entries(inputs).map(([key, value]) => [
          key,
          Array.isArray(value) && key !== "command" ? [...value].reverse() : value,
        ]),
      ) as Props;
      assert.deepEqual(diff(containerSchema, fresh(inputs as Props), checked(shuffled)).changes, []);
    }),
  );
});

test("after an update from anything to anything there is no difference", () => {
  fc.assert(
    fc.property(wantedInputs, wantedInputs, (before, after) => {
      const wanted = checked(after as Props);
      const recorded = updated(containerSchema, fresh(before as Props), withoutDefaults(wanted) as Props);
      assert.deepEqual(diff(containerSchema, recorded, wanted).changes, []);
    }),
  );
});

test("a difference in a set is never missed", () => {
  fc.assert(
    fc.property(fc.uniqueArray(text, { minLength: 1 }), fc.nat(), (envs, at) => {
      const index = at % envs.length;
      const less = envs.filter((_, place) => place !== index);
      fc.pre(less.length > 0);
      const found = diff(containerSchema, fresh({ envs }), checked({ envs: less })).changes;
      assert.deepEqual(
        found.map((change) => change.path),
        [`envs[${index}]`],
      );
    }),
  );
});
