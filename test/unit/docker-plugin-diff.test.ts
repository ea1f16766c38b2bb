import assert from "node:assert/strict";
import { test } from "node:test";
import { containerSchema } from "../../toolchain/docker-plugin/container/schema.ts";
import { diff } from "../../toolchain/docker-plugin/diff.ts";
import { networkSchema } from "../../toolchain/docker-plugin/network/schema.ts";
import { DEFAULTS, type Props, UNKNOWN } from "../../toolchain/docker-plugin/values.ts";
import { volumeSchema } from "../../toolchain/docker-plugin/volume/schema.ts";
import { checked, fresh } from "./docker-plugin-fixture.ts";

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
    why: "init is left to Docker, but an explicit false is a wish",
    before: {},
    recorded: { init: true },
    after: { init: false },
    expected: ["init -"],
  },
  { why: "init is left to Docker", before: {}, recorded: { init: true }, after: {}, expected: [] },
  {
    why: "a mount whose labels count replaces",
    before: { mounts: [volumeMount("/a", { volumeOptions: { labels: [{ label: "a", value: "1" }] } })] },
    after: { mounts: [volumeMount("/a")] },
    expected: ["mounts[0].volumeOptions -R"],
  },
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
