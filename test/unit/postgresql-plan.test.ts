/** Plans for servers: table cases, and properties against a pure model of one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { layout } from "../../access/guest.ts";
import {
  type ObservedServer,
  type ParameterReading,
  type Parameters,
  pendingRestart,
  type ServerSpec,
  type ServerStep,
} from "../../engines/engine.ts";
import { catalogueOf } from "../../engines/postgresql/catalogue.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { hbaReading } from "../../engines/postgresql/server-plan.ts";
import { configurationPath, hbaPath, settingsOf } from "../../engines/postgresql/settings.ts";
import { GiB, MiB } from "../../engines/shared/units.ts";

const uuid = "11111111-2222-3333-4444-555555555555";
const base: ServerSpec = {
  uuid,
  version: "15",
  memoryBytes: 512 * MiB,
  vcpus: 1,
  volumeBytes: 2 * GiB,
  tls: "enforced",
  parameters: {},
};

const blank: ObservedServer = {
  prepared: false,
  running: false,
  enabled: false,
  healthy: false,
  configuration: {},
  parameters: {},
};

/** A server that is what `spec` says. */
function settled(spec: ServerSpec): ObservedServer {
  return {
    marker: { uuid, engine: "postgresql", version: "15" },
    prepared: true,
    running: true,
    enabled: true,
    healthy: true,
    configuration: Object.fromEntries(postgresql.renderConfiguration(spec).map((file) => [file.path, file.content])),
    parameters: {
      ...Object.fromEntries(
        [...settingsOf(spec)].map(([name, { variable, value }]): [string, ParameterReading] => [
          name,
          { value, dynamic: variable.context !== "postmaster" },
        ]),
      ),
      [hbaReading]: { value: "loaded", dynamic: true },
    },
  };
}

/** What a step does to a server, as far as an observation shows it. */
function carriedOut(step: ServerStep, spec: ServerSpec, is: ObservedServer): ObservedServer {
  const target = settled(spec);
  switch (step.kind) {
    case "prepare":
      return { ...is, prepared: true, marker: { uuid, engine: "postgresql", version: "15" } };
    case "configure":
      return { ...is, configuration: target.configuration };
    case "start":
      return is.running ? { ...is, enabled: true } : target;
    case "restart":
      return { ...target, configuration: is.configuration };
    case "apply-live": {
      const kept = Object.entries(is.parameters).filter(([, reading]) => !reading.dynamic);
      return { ...is, parameters: { ...target.parameters, ...Object.fromEntries(kept) } };
    }
  }
}

const kinds = (spec: ServerSpec, is: ObservedServer) => postgresql.planServer(spec, is).steps.map((step) => step.kind);

const withReading = (name: string, value: string, dynamic: boolean): ObservedServer => {
  const is = settled(base);
  return { ...is, parameters: { ...is.parameters, [name]: { value, dynamic } } };
};

const servers: readonly { why: string; spec?: Parameters; is: ObservedServer; steps: readonly string[] }[] = [
  { why: "a blank volume gets everything", is: blank, steps: ["prepare", "configure", "start"] },
  { why: "nothing to do", is: settled(base), steps: [] },
  { why: "a stopped server is started", is: { ...settled(base), running: false, healthy: false }, steps: ["start"] },
  { why: "one that would not come back after a boot", is: { ...settled(base), enabled: false }, steps: ["start"] },
  { why: "live", spec: { work_mem: "8MB" }, is: settled(base), steps: ["configure", "apply-live"] },
  { why: "restart", spec: { max_connections: 50 }, is: settled(base), steps: ["configure", "restart"] },
  {
    why: "a restart makes the live ones effective too",
    spec: { max_connections: 50, work_mem: "8MB" },
    is: settled(base),
    steps: ["configure", "restart"],
  },
  { why: "written but never loaded", is: withReading("work_mem", "9999", true), steps: ["apply-live"] },
  { why: "drift of durability", is: withReading("fsync", "off", true), steps: ["apply-live"] },
  { why: "drift of what Coffer does not set", is: withReading("jit", "off", true), steps: ["apply-live"] },
  { why: "the same, only after a restart", is: withReading("max_files_per_process", "99", false), steps: ["restart"] },
  { why: "its default is no drift", is: withReading("jit", "on", true), steps: [] },
  { why: "pg_hba.conf not loaded", is: withReading(hbaReading, "stale", true), steps: ["apply-live"] },
  {
    why: "pg_hba.conf changed by hand",
    is: { ...settled(base), configuration: { ...settled(base).configuration, [hbaPath]: "host all all all trust\n" } },
    steps: ["configure", "apply-live"],
  },
  {
    why: "runs but does not answer, and its configuration is another",
    is: { ...settled(base), healthy: false, configuration: {}, parameters: {} },
    steps: ["configure", "restart"],
  },
  {
    why: "runs but does not answer yet",
    is: { ...settled(base), healthy: false, parameters: {} },
    steps: [],
  },
];
for (const { why, spec, is, steps } of servers)
  test(`server: ${why}`, () => assert.deepEqual(kinds({ ...base, parameters: spec ?? {} }, is), steps));

test("a live step says each name and value, a restart names its reasons", () => {
  const live = postgresql.planServer({ ...base, parameters: { work_mem: "8MB" } }, settled(base)).steps.at(-1);
  assert.deepEqual(live?.kind === "apply-live" && live.parameters, { work_mem: "8MB" });
  const restart = postgresql.planServer({ ...base, parameters: { max_connections: 50 } }, settled(base)).steps.at(-1);
  assert.deepEqual(restart?.kind === "restart" && restart.because, ["max_connections"]);
});

const refused: readonly { why: string; spec?: Parameters; is: ObservedServer; words: RegExp }[] = [
  {
    why: "another instance's volume",
    is: { ...blank, marker: { uuid: "x", engine: "postgresql", version: "15" } },
    words: /belongs to/,
  },
  {
    why: "another engine's data",
    is: { ...blank, marker: { uuid, engine: "mariadb", version: "10.11" } },
    words: /mariadb/,
  },
  {
    why: "another version's data",
    is: { ...blank, marker: { uuid, engine: "postgresql", version: "13" } },
    words: /13/,
  },
  { why: "data without a marker", is: { ...blank, prepared: true }, words: /no marker/ },
  {
    why: "more write-ahead log than fits",
    spec: { max_wal_size: "1500MB" },
    is: blank,
    words: /half of the data volume/,
  },
];
for (const { why, spec, is, words } of refused)
  test(`server refused: ${why}`, () => {
    const plan = postgresql.planServer({ ...base, parameters: spec ?? {} }, is);
    assert.deepEqual(plan.steps, []);
    assert.match(plan.refusals.join(), words);
  });

const parametersArbitrary: fc.Arbitrary<Parameters> = fc.record(
  {
    max_connections: fc.oneof(fc.integer({ min: 10, max: 200 }), fc.constantFrom("50", "100")),
    work_mem: fc.constantFrom("4MB", "4096kB", 4096, "8MB"),
    random_page_cost: fc.constantFrom(4, "4.0", 1.1, "1.1e0", 1 / 3),
    jit: fc.constantFrom(true, false, "ON", "no"),
    statement_timeout: fc.constantFrom("90s", "1.5min", 90_000, 0),
    log_min_messages: fc.constantFrom("warning", "ERROR"),
    TimeZone: fc.constantFrom("UTC", "utc", "Europe/Berlin"),
    wal_compression: fc.constantFrom("on", true, "off", "lz4"),
    search_path: fc.constantFrom('"$user", public', "it's, x"),
  },
  { requiredKeys: [] },
);

/** Any state that a server may be in, whoever brought it there. */
const stateArbitrary: fc.Arbitrary<ObservedServer> = fc
  .record({
    spec: parametersArbitrary,
    running: fc.boolean(),
    enabled: fc.boolean(),
    configured: fc.boolean(),
    drift: fc.dictionary(fc.constantFrom(...catalogueOf("15").keys()), fc.constantFrom("0", "1", "on", "off", "x")),
    stale: fc.boolean(),
  })
  .map(({ spec, running, enabled, configured, drift, stale }) => {
    const is = settled({ ...base, parameters: spec });
    const drifted = Object.entries(drift).map(([name, value]): [string, ParameterReading] => [
      name,
      { value, dynamic: catalogueOf("15").get(name)?.context !== "postmaster" },
    ]);
    const parameters = {
      ...is.parameters,
      ...Object.fromEntries(drifted),
      [hbaReading]: { value: stale ? "stale" : "loaded", dynamic: true },
    };
    const state = { ...is, enabled, configuration: configured ? is.configuration : {} };
    return running ? { ...state, parameters } : { ...state, running, healthy: false, parameters: {} };
  });

test("from any state, interrupted after any step, a server's plan ends where nothing is left to do", () => {
  fc.assert(
    fc.property(
      parametersArbitrary,
      fc.oneof(fc.constant(blank), stateArbitrary),
      fc.nat(4),
      (parameters, from, cut) => {
        const spec = { ...base, parameters };
        let is = from;
        for (const step of postgresql.planServer(spec, is).steps.slice(0, cut)) is = carriedOut(step, spec, is);
        for (const step of postgresql.planServer(spec, is).steps) is = carriedOut(step, spec, is);
        assert.deepEqual(postgresql.planServer(spec, is), { steps: [], refusals: [] });
      },
    ),
  );
});

test("the spelling of a value is no difference", () => {
  const spelled = (parameters: Parameters) => settled({ ...base, parameters }).parameters;
  assert.deepEqual(spelled({ work_mem: "4MB", jit: "yes" }), spelled({ work_mem: 4096, jit: true }));
  const six: ObservedServer = settled({ ...base, parameters: { random_page_cost: 1 / 3 } });
  const parameters = { ...six.parameters, random_page_cost: { value: "0.333333", dynamic: true } };
  assert.deepEqual(kinds({ ...base, parameters: { random_page_cost: 1 / 3 } }, { ...six, parameters }), []);
});

test("the configuration file is written before the server is told to read it", () => {
  const plan = postgresql.planServer({ ...base, parameters: { work_mem: "8MB" } }, settled(base));
  assert.deepEqual(plan.steps[0]?.kind === "configure" && plan.steps[0].files, [configurationPath]);
  assert.ok(configurationPath.startsWith(layout.conf));
});

const held: readonly { why: string; spec?: Parameters; is: ObservedServer; steps: string[]; waiting?: string[] }[] = [
  {
    why: "what takes effect at a restart is written and waits",
    spec: { max_connections: 50 },
    is: settled(base),
    steps: ["configure"],
    waiting: ["max_connections"],
  },
  {
    why: "what is dynamic does not wait with it",
    spec: { max_connections: 50, work_mem: "8MB" },
    is: settled(base),
    steps: ["configure", "apply-live"],
    waiting: ["max_connections"],
  },
  {
    why: "it goes on waiting, and nothing is left to do",
    is: withReading("max_files_per_process", "99", false),
    steps: [],
    waiting: ["max_files_per_process"],
  },
  {
    why: "a start brings everything: nothing waits",
    spec: { max_connections: 50 },
    is: { ...settled(base), running: false, healthy: false },
    steps: ["configure", "start"],
  },
  {
    why: "one that does not answer has nobody to wait for",
    is: { ...settled(base), healthy: false, configuration: {}, parameters: {} },
    steps: ["configure", "restart"],
  },
];
for (const { why, spec, is, steps, waiting } of held)
  test(`restart: hold: ${why}`, () => {
    const desired = { ...base, parameters: spec ?? {} };
    const plan = postgresql.planServer({ ...desired, restart: "hold" }, is);
    assert.deepEqual(
      plan.steps.map(({ kind }) => kind),
      steps,
    );
    assert.deepEqual(plan.waiting, waiting);
    const allowed = postgresql.planServer(desired, is);
    assert.deepEqual(
      pendingRestart(plan),
      pendingRestart(allowed),
      "both rules know the same of what is not in effect",
    );
  });

test("only what is dynamic is applied live while the rest waits", () => {
  const desired = { ...base, parameters: { max_connections: 50, work_mem: "8MB" }, restart: "hold" as const };
  const live = postgresql.planServer(desired, settled(base)).steps.at(-1);
  assert.deepEqual(live?.kind === "apply-live" && live.parameters, { work_mem: "8MB" });
});
