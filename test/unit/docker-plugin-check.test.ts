import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { check, type Failure } from "../../toolchain/docker-plugin/check.ts";
import { containerSchema } from "../../toolchain/docker-plugin/container/schema.ts";
import { imageSchema } from "../../toolchain/docker-plugin/image/schema.ts";
import { networkSchema } from "../../toolchain/docker-plugin/network/schema.ts";
import type { Schema } from "../../toolchain/docker-plugin/schema.ts";
import { DEFAULTS, type Props, UNKNOWN } from "../../toolchain/docker-plugin/values.ts";
import { volumeSchema } from "../../toolchain/docker-plugin/volume/schema.ts";

const naming = { logicalName: "box", seed: Uint8Array.of(1, 2, 3), mode: "propose", proposed: "" } as const;
const run = (schema: Schema, news: Props, olds: Props = {}) => check(schema, news, olds, naming);

const refused: { why: string; schema: Schema; inputs: Props; property: string; says: RegExp }[] = [
  { why: "a required input", schema: containerSchema, inputs: {}, property: "image", says: /required/ },
  {
    why: "a required input of an element",
    schema: containerSchema,
    inputs: { image: "i", ports: [{ external: 4 }] },
    property: "ports[0].internal",
    says: /required/,
  },
  {
    why: "a misspelt input, with the nearest name",
    schema: containerSchema,
    inputs: { image: "i", memry: 4 },
    property: "memry",
    says: /did you mean "memory"/,
  },
  {
    why: "a misspelt input deep inside",
    schema: containerSchema,
    inputs: { image: "i", mounts: [{ type: "volume", target: "/t", volumeOptions: { nocopi: true } }] },
    property: "mounts[0].volumeOptions.nocopi",
    says: /did you mean "noCopy"/,
  },
  {
    why: "an unknown input that resembles nothing, with the names there are",
    schema: volumeSchema,
    inputs: { zzzzzzzzz: 1 },
    property: "zzzzzzzzz",
    says: /known here: .*driverOpts/,
  },
  {
    why: "an output given as an input",
    schema: volumeSchema,
    inputs: { mountpoint: "/x" },
    property: "mountpoint",
    says: /output/,
  },
  {
    why: "a text where a number belongs",
    schema: containerSchema,
    inputs: { image: "i", memory: "lots" },
    property: "memory",
    says: /whole number .* a text/,
  },
  {
    why: "a text that is no boolean",
    schema: containerSchema,
    inputs: { image: "i", tty: "maybe" },
    property: "tty",
    says: /true or false/,
  },
  {
    why: "a text where a list belongs",
    schema: containerSchema,
    inputs: { image: "i", envs: "A=1" },
    property: "envs",
    says: /a list/,
  },
  {
    why: "null inside a list",
    schema: containerSchema,
    inputs: { image: "i", command: ["a", null] },
    property: "command[1]",
    says: /not null/,
  },
  {
    why: "a map with an object in it",
    schema: containerSchema,
    inputs: { image: "i", sysctls: { "net.core.x": {} } },
    property: 'sysctls["net.core.x"]',
    says: /a text/,
  },
  {
    why: "below the least",
    schema: containerSchema,
    inputs: { image: "i", memory: -1 },
    property: "memory",
    says: /-1 .* 0 or more/,
  },
  {
    why: "swap has -1 for unlimited, and nothing below",
    schema: containerSchema,
    inputs: { image: "i", memorySwap: -2 },
    property: "memorySwap",
    says: /-2 .* -1 or more/,
  },
  {
    why: "not one of the allowed texts",
    schema: containerSchema,
    inputs: { image: "i", restart: "often" },
    property: "restart",
    says: /"often".*unless-stopped/,
  },
  {
    why: "an empty cpuSet matches no pattern",
    schema: containerSchema,
    inputs: { image: "i", cpuSet: "" },
    property: "cpuSet",
    says: /list of CPUs/,
  },
  {
    why: "a duration without a unit",
    schema: containerSchema,
    inputs: { image: "i", healthcheck: { tests: ["CMD", "x"], interval: "30" } },
    property: "healthcheck.interval",
    says: /duration/,
  },
  {
    why: "two inputs that exclude each other",
    schema: containerSchema,
    inputs: { image: "i", gpus: "all", deviceRequests: [{ count: 1 }] },
    property: "deviceRequests",
    says: /together/,
  },
  {
    why: "an input only the official plugin serves",
    schema: imageSchema,
    inputs: { name: "i", build: { context: "." } },
    property: "build",
    says: /"build".*official plugin/,
  },
  {
    why: "a volume of a swarm",
    schema: volumeSchema,
    inputs: { cluster: {} },
    property: "cluster",
    says: /"cluster".*official plugin/,
  },
];

for (const { why, schema, inputs, property, says } of refused)
  test(`check refuses ${why}`, () => {
    const { failures } = run(schema, inputs);
    const found: Failure | undefined = failures.find((failure) => failure.property === property);
    assert.ok(found, `no failure for ${property} in ${JSON.stringify(failures)}`);
    assert.match(found.reason, says);
  });

test("check reports everything that is wrong at once", () => {
  const { failures } = run(containerSchema, { memory: -1, restart: "x", nosuch: 1 });
  assert.deepEqual(failures.map((failure) => failure.property).sort(), ["image", "memory", "nosuch", "restart"]);
});

test("defaults are written into the inputs, false and 0 too, and listed, nested ones as well", () => {
  const { inputs, failures } = run(containerSchema, { image: "i", name: "n", ports: [{ internal: 80 }] });
  assert.deepEqual(failures, []);
  assert.equal(inputs.mustRun, true);
  assert.equal(inputs.tty, false);
  assert.equal(inputs.memoryReservation, 0);
  assert.ok((inputs[DEFAULTS] as string[]).includes("tty"));
  assert.ok(!(inputs[DEFAULTS] as string[]).includes("name"));
  assert.deepEqual(inputs.ports, [{ internal: 80, ip: "0.0.0.0", protocol: "tcp", [DEFAULTS]: ["ip", "protocol"] }]);
});

test("an old default is carried over; a value the program once gave is not", () => {
  const olds = { restart: "always", waitTimeout: 30, [DEFAULTS]: ["waitTimeout"] };
  const { inputs } = run(containerSchema, { image: "i" }, olds);
  assert.equal(inputs.waitTimeout, 30);
  assert.equal(inputs.restart, "no");
});

test("texts that mean a boolean or a number are taken; a fraction is cut off with a warning", () => {
  const { inputs, failures, warnings } = run(containerSchema, { image: 5, tty: "true", memory: "64", shmSize: 1.5 });
  assert.deepEqual(failures, []);
  assert.deepEqual([inputs.image, inputs.tty, inputs.memory, inputs.shmSize], ["5", true, 64, 1]);
  assert.match(warnings.join(), /shmSize: 1.5/);
});

test("unknown values pass through any check, and null counts as not given", () => {
  const { inputs, failures } = run(containerSchema, {
    image: UNKNOWN,
    memory: UNKNOWN,
    restart: UNKNOWN,
    mounts: [{ type: "volume", target: "/t", source: UNKNOWN }],
    hostname: null,
  });
  assert.deepEqual(failures, []);
  assert.equal(inputs.image, UNKNOWN);
  assert.ok(!("hostname" in inputs));
});

test("a name is made from the logical name, stays over updates, and is listed as a default", () => {
  const first = run(networkSchema, {}).inputs;
  assert.match(String(first.name), /^box-[0-9a-f]{7}$/);
  assert.ok((first[DEFAULTS] as string[]).includes("name"));
  assert.equal(run(networkSchema, {}, first).inputs.name, first.name);
  assert.equal(run(networkSchema, {}, { name: "mine", [DEFAULTS]: [] }).inputs.name, "mine");
  assert.equal(run(networkSchema, {}).inputs.name, first.name, "the same seed gives the same name");
});

test("the engine's autonaming settings are honoured, and names have a limit", () => {
  const named = (more: object) => check(volumeSchema, {}, {}, { ...naming, ...more });
  assert.equal(named({ mode: "enforce", proposed: "exact" }).inputs.name, "exact");
  assert.match(named({ mode: "disable" }).failures[0]?.reason ?? "", /turned off/);
  assert.match(named({ logicalName: "x".repeat(260) }).failures[0]?.reason ?? "", /260 characters/);
  assert.equal(check(imageSchema, {}, {}, naming).failures[0]?.property, "name", "images get no name");
});

test("check is stable: what it returned passes unchanged the next time", () => {
  const texts = fc.string({ minLength: 1 });
  const inputs = fc.record(
    {
      envs: fc.array(texts),
      memory: fc.nat(),
      tty: fc.boolean(),
      tmpfs: fc.dictionary(fc.constantFrom("/a", "/b", "k"), texts),
      labels: fc.array(fc.record({ label: texts, value: texts })),
      ports: fc.array(fc.record({ internal: fc.nat(65535), external: fc.nat(65535) })),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(inputs, (some) => {
      const once = run(containerSchema, { image: "i", ...some });
      assert.deepEqual(once.failures, []);
      assert.deepEqual(run(containerSchema, { image: "i", ...some }, once.inputs).inputs, once.inputs);
    }),
  );
});
