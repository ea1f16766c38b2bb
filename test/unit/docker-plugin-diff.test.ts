import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { check } from "../../toolchain/docker-plugin/check.ts";
import { containerSchema } from "../../toolchain/docker-plugin/container/schema.ts";
import { diff } from "../../toolchain/docker-plugin/diff.ts";
import { networkSchema } from "../../toolchain/docker-plugin/network/schema.ts";
import { created, updated } from "../../toolchain/docker-plugin/state.ts";
import { DEFAULTS, type Props, UNKNOWN, withoutDefaults } from "../../toolchain/docker-plugin/values.ts";
import { volumeSchema } from "../../toolchain/docker-plugin/volume/schema.ts";

const naming = { logicalName: "box", seed: Uint8Array.of(1), mode: "propose", proposed: "" } as const;
const checked = (inputs: Props) => check(containerSchema, { image: "i", name: "n", ...inputs }, {}, naming).inputs;

/** What a fresh container of these inputs has on record; Docker's part is what it answers to nothing special. */
function fresh(inputs: Props, observed: Props = {}): Props {
  const plain = withoutDefaults(checked(inputs)) as Props;
  const answer = {
    command: ["sh"],
    entrypoints: [],
    hostname: "0123456789ab",
    user: "",
    shmSize: 64,
    networkDatas: [],
  };
  const given = Object.fromEntries(
    Object.keys(answer).flatMap((key) => (plain[key] === undefined ? [] : [[key, plain[key]]])),
  );
  return created(containerSchema, plain, { ...answer, ...given, ...observed }, "c0ffee") as Props;
}

const port = (internal: number, external: number) => ({ internal, external, ip: "0.0.0.0", protocol: "tcp" });
const volumeMount = (target: string, more: Props = {}) => ({ type: "volume", target, source: "v", ...more });

/** Expected: path, then + ~ - for add, update, delete, and R for a replacement. */
const cases: { why: string; before: Props; after: Props; recorded?: Props; expected: string[] }[] = [
  { why: "nothing changed", before: { memory: 64 }, after: { memory: 64 }, expected: [] },
  {
    why: "unset and zero are one value",
    before: {},
    after: { domainname: "", memory: 0, dns: [], sysctls: {} },
    expected: [],
  },
  { why: "a limit is updated in place", before: { memory: 64 }, after: { memory: 128 }, expected: ["memory ~"] },
  { why: "a limit comes", before: {}, after: { memory: 128 }, expected: ["memory +"] },
  { why: "a limit goes", before: { memory: 64 }, after: {}, expected: ["memory -"] },
  { why: "an image replaces", before: {}, after: { image: "j" }, expected: ["image ~R"] },
  { why: "hostname is left to Docker", before: { hostname: "h" }, after: {}, expected: [] },
  { why: "a hostname given later replaces", before: {}, after: { hostname: "h" }, expected: ["hostname ~R"] },
  {
    why: "a set's order does not matter",
    before: { envs: ["A=1", "B=2"] },
    after: { envs: ["B=2", "A=1"] },
    expected: [],
  },
  { why: "a set's duplicates do not matter", before: { envs: ["A=1"] }, after: { envs: ["A=1", "A=1"] }, expected: [] },
  {
    why: "a changed entry of a set",
    before: { envs: ["A=1", "B=2"] },
    after: { envs: ["A=1", "B=3"] },
    expected: ["envs[1] ~R"],
  },
  { why: "a new entry of a set", before: { envs: ["A=1"] }, after: { envs: ["A=1", "B=3"] }, expected: ["envs[1] +R"] },
  {
    why: "a removed entry of a set",
    before: { envs: ["A=1", "B=3"] },
    after: { envs: ["B=3"] },
    expected: ["envs[0] -R"],
  },
  { why: "envs are left alone when the program is silent", before: { envs: ["A=1"] }, after: {}, expected: [] },
  {
    why: "a label's value",
    before: { labels: [{ label: "a", value: "1" }] },
    after: { labels: [{ label: "a", value: "2" }] },
    expected: ["labels[0].value ~R"],
  },
  {
    why: "a list's order matters",
    before: { command: ["a", "b"] },
    after: { command: ["b", "a"] },
    expected: ["command[0] ~R", "command[1] ~R"],
  },
  { why: "a list grows", before: { command: ["a"] }, after: { command: ["a", "b"] }, expected: ["command[1] +R"] },
  { why: "a map's entry", before: { sysctls: { a: "1" } }, after: { sysctls: { a: "2" } }, expected: ["sysctls.a ~R"] },
  {
    why: "a map's key that is no name is quoted",
    before: { tmpfs: { "/t": "" } },
    after: { tmpfs: { "/u": "" } },
    expected: ['tmpfs["/t"] -', 'tmpfs["/u"] +'],
  },
  {
    why: "an empty object of capabilities is not the same as none",
    before: {},
    after: { capabilities: {} },
    expected: ["capabilities +R"],
  },
  { why: "mustRun is recorded only", before: { mustRun: true }, after: { mustRun: false }, expected: ["mustRun -"] },
  {
    why: "a stop that a refresh saw is mended",
    before: {},
    recorded: { mustRun: false },
    after: {},
    expected: ["mustRun +"],
  },
  { why: "unknown inputs count as changed", before: { image: "i" }, after: { image: UNKNOWN }, expected: ["image ~R"] },
  { why: "an unknown inside a set", before: { envs: ["A=1"] }, after: { envs: [UNKNOWN] }, expected: ["envs[0] ~R"] },
  {
    why: "Docker doubles memory into memorySwap: the next up takes it out",
    before: { memory: 64 },
    recorded: { memorySwap: 128 },
    after: { memory: 64 },
    expected: ["memorySwap -"],
  },
  {
    why: 'cpus "1" reads back as "1.0" and replaces',
    before: { cpus: "1" },
    recorded: { cpus: "1.0" },
    after: { cpus: "1" },
    expected: ["cpus ~R"],
  },
  {
    why: "healthcheck durations in Go's form are an endless change in place",
    before: { healthcheck: { interval: "60s" } },
    recorded: { healthcheck: { interval: "1m0s", timeout: "0s", startPeriod: "0s", startInterval: "0s" } },
    after: { healthcheck: { interval: "60s" } },
    expected: ["healthcheck.interval ~"],
  },
  {
    why: "a half-made container without a command on record is replaced",
    before: {},
    recorded: { command: null },
    after: {},
    expected: ["command +R"],
  },
  {
    why: "an imported container without envs on record is replaced",
    before: {},
    recorded: { envs: null },
    after: {},
    expected: ["envs +R"],
  },

  {
    why: "ports in another order",
    before: {},
    recorded: { ports: [port(80, 8080), port(443, 8443)] },
    after: { ports: [port(443, 8443), port(80, 8080)] },
    expected: [],
  },
  {
    why: "a port that Docker picked",
    before: {},
    recorded: { ports: [port(80, 32768)] },
    after: { ports: [{ internal: 80 }] },
    expected: [],
  },
  {
    why: "a picked port behind a fixed one, in the program's order",
    before: {},
    recorded: { ports: [port(80, 32768), port(443, 8443)] },
    after: { ports: [port(443, 8443), { internal: 80 }] },
    expected: [],
  },
  {
    why: "another external port replaces",
    before: {},
    recorded: { ports: [port(80, 8080)] },
    after: { ports: [port(80, 8081)] },
    expected: ["ports[0].external ~R"],
  },
  {
    why: "one port more replaces",
    before: {},
    recorded: { ports: [port(80, 8080)] },
    after: { ports: [port(80, 8080), port(81, 8081)] },
    expected: ["ports[1] +R"],
  },
  {
    why: "swapping two entries of one internal port replaces",
    before: {},
    recorded: { ports: [port(80, 1), port(80, 2)] },
    after: { ports: [port(80, 2), port(80, 1)] },
    expected: ["ports[0].external ~R", "ports[1].external ~R"],
  },
  {
    why: "a stopped container reads no ports: replaced",
    before: {},
    recorded: { ports: [] },
    after: { ports: [port(80, 8080)] },
    expected: ["ports[0] +R"],
  },
  {
    why: "publishAllPorts fills ports: replaced",
    before: { publishAllPorts: true },
    recorded: { ports: [port(80, 32768)] },
    after: { publishAllPorts: true },
    expected: ["ports[0] -R"],
  },

  {
    why: "another mount of the same number is recorded only",
    before: { mounts: [volumeMount("/a")] },
    after: { mounts: [volumeMount("/b")] },
    expected: ["mounts[0].target ~"],
  },
  {
    why: "one mount more replaces",
    before: { mounts: [volumeMount("/a")] },
    after: { mounts: [volumeMount("/a"), volumeMount("/b")] },
    expected: ["mounts[1] +R"],
  },
  {
    why: "a mount whose options count replaces",
    before: { mounts: [{ type: "tmpfs", target: "/a", tmpfsOptions: { mode: 1 } }] },
    after: { mounts: [{ type: "tmpfs", target: "/a", tmpfsOptions: { mode: 2 } }] },
    expected: ["mounts[0].tmpfsOptions.mode ~R"],
  },
  {
    why: "a mount's source that is not known yet replaces nothing",
    before: { mounts: [volumeMount("/a")] },
    after: { mounts: [volumeMount("/a", { source: UNKNOWN })] },
    expected: ["mounts[0].source ~"],
  },
  {
    why: "mounts that are spelt out and mounts with nothing in them are equal",
    before: { mounts: [volumeMount("/a")] },
    after: { mounts: [volumeMount("/a", { readOnly: false, bindOptions: {} })] },
    expected: [],
  },
];

const SIGNS = { add: "+", update: "~", delete: "-" };

for (const { why, before, after, recorded, expected } of cases)
  test(`diff: ${why}`, () => {
    const found = diff(containerSchema, { ...fresh(before), ...recorded }, checked(after));
    const shown = found.changes.map((change) => `${change.path} ${SIGNS[change.kind]}${change.replace ? "R" : ""}`);
    assert.deepEqual(shown, expected);
    assert.equal(found.deleteBeforeReplace, found.replaces.length > 0);
    assert.ok(found.replaces.every((name) => !found.stables.includes(name)));
  });

test("ignoreChanges takes out what lies under its paths, and nothing beside them", () => {
  const recorded = fresh({ memory: 1, labels: [{ label: "a", value: "1" }], sysctls: { "a.b": "1" } });
  const wanted = checked({ memory: 2, labels: [{ label: "a", value: "2" }], sysctls: { "a.b": "2" } });
  const paths = (...ignored: string[]) => diff(containerSchema, recorded, wanted, ignored).changes.map((c) => c.path);
  assert.deepEqual(paths("labels", "memory"), ['sysctls["a.b"]']);
  assert.deepEqual(paths("labels[*].value", 'sysctls["a.b"]'), ["memory"]);
  assert.deepEqual(paths("memor", "sysctls.a"), ["labels[0].value", 'sysctls["a.b"]', "memory"]);
});

test("a network or volume is deleted first only when the program named it", () => {
  const wanted = (named: boolean) => ({ name: "n", driver: "x", [DEFAULTS]: named ? [] : ["name"] });
  for (const schema of [networkSchema, volumeSchema])
    for (const named of [true, false])
      assert.equal(diff(schema, { name: "n", driver: "y" }, wanted(named)).deleteBeforeReplace, named, schema.token);
});

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
