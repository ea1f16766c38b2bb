import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import {
  type ObservedServer,
  type ParameterReading,
  type Parameters,
  pendingRestart,
  type ServerSpec,
  type TlsMode,
} from "../../engines/engine.ts";
import { configurationPath, optionValue } from "../../engines/mariadb/configuration.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { toDefault } from "../../engines/mariadb/plan.ts";
import { serverId, settings } from "../../engines/mariadb/settings.ts";
import { tableOf } from "../../engines/mariadb/table.ts";
import { GiB, MiB } from "../../engines/shared/units.ts";

const spec: ServerSpec = {
  uuid: "4f9c2a3e-7a39-4f0e-8d7c-0a5b5ed0c0de",
  version: "10.11",
  memoryBytes: 512 * MiB,
  vcpus: 1,
  volumeBytes: 2 * GiB,
  tls: "enforced",
  parameters: {
    max_connections: 200,
    innodb_print_all_deadlocks: true,
    long_query_time: 0.5,
    sql_mode: "STRICT_ALL_TABLES,NO_ZERO_DATE",
    innodb_buffer_pool_size: "256M",
  },
};

const marker = { uuid: spec.uuid, engine: "mariadb", version: "10.11" };
const table = tableOf("10.11").parameters;

function withParameters(parameters: Parameters): ServerSpec {
  return { ...spec, parameters };
}

/** What `observe` sees of a server that runs with this specification. */
function settled(of: ServerSpec): ObservedServer {
  const [file] = mariadb.renderConfiguration(of);
  const parameters: Record<string, ParameterReading> = {};
  for (const { name, value, readable } of settings(of)) {
    const row = table[name];
    if (row && readable) parameters[name] = { value, dynamic: row.dynamic };
  }
  return {
    marker,
    prepared: true,
    running: true,
    enabled: true,
    healthy: true,
    serverVersion: "10.11.19-MariaDB-0+deb12u1",
    role: "single",
    configuration: { [configurationPath]: file?.content ?? "" },
    parameters,
  };
}

const blank: ObservedServer = {
  prepared: false,
  running: false,
  enabled: false,
  healthy: false,
  configuration: {},
  parameters: {},
};

for (const version of mariadb.versions)
  test(`the rendered configuration is the one that was read over: ${version}`, () => {
    const [file] = mariadb.renderConfiguration({ ...spec, version });
    const golden = new URL(`fixtures/mariadb/${version}.cnf`, import.meta.url);
    assert.equal(file?.content, readFileSync(golden, "utf8"));
    assert.equal(file?.path, "/srv/coffer/conf/mariadb.cnf");
  });

test("plain connections are taken under basic alone", () => {
  const line = (tls: TlsMode) =>
    /^require_secure_transport = (\w+)$/m.exec(mariadb.renderConfiguration({ ...spec, tls })[0]?.content ?? "")?.[1];
  assert.deepEqual((["basic", "enforced", "mtls"] as const).map(line), ["OFF", "ON", "ON"]);
});

test("sizes follow the flavor and the volume", () => {
  const value = (of: ServerSpec, name: string) => settings(of).find((s) => s.name === name)?.value;
  const small = withParameters({});
  assert.equal(value(small, "innodb_buffer_pool_size"), String(192 * MiB));
  assert.equal(value({ ...small, memoryBytes: 64 * MiB }, "innodb_buffer_pool_size"), String(32 * MiB));
  assert.equal(value({ ...small, memoryBytes: 64 * GiB }, "aria_pagecache_buffer_size"), String(128 * MiB));
  assert.equal(value(small, "max_binlog_size"), String(32 * MiB));
  assert.equal(value({ ...small, volumeBytes: 100 * GiB }, "max_binlog_size"), String(256 * MiB));
  assert.equal(value(withParameters({ character_set_server: "latin1" }), "collation_server"), "latin1_swedish_ci");
  assert.equal(value(withParameters({ collation_server: "latin1_bin" }), "character_set_server"), "latin1");
});

test("a server id is stable and in range", () => {
  assert.equal(serverId(spec.uuid), serverId(spec.uuid));
  fc.assert(
    fc.property(fc.string(), (uuid) => serverId(uuid) >= 1 && serverId(uuid) < 2 ** 32),
    { seed: 1 },
  );
});

test("no value of an option file can add a line, and quoting is the file's own", () => {
  assert.equal(optionValue("STRICT_ALL_TABLES,NO_ZERO_DATE"), "STRICT_ALL_TABLES,NO_ZERO_DATE");
  assert.equal(optionValue('a "b" \\ #c'), '"a \\"b\\" \\\\ #c"');
  assert.equal(optionValue(""), '""');
  assert.throws(() => optionValue("a\nb"));
});

const plans: { why: string; desired?: ServerSpec; observed: ObservedServer; steps: string[]; refusal?: RegExp }[] = [
  { why: "a blank volume", observed: blank, steps: ["prepare", "configure", "start"] },
  { why: "nothing to do", observed: settled(spec), steps: [] },
  {
    why: "cut off between marker and data directory",
    observed: { ...blank, marker },
    steps: ["prepare", "configure", "start"],
  },
  { why: "cut off before the file", observed: { ...blank, marker, prepared: true }, steps: ["configure", "start"] },
  { why: "stopped", observed: { ...settled(spec), running: false, healthy: false, parameters: {} }, steps: ["start"] },
  { why: "running but not meant to after a boot", observed: { ...settled(spec), enabled: false }, steps: ["start"] },
  {
    why: "a dynamic parameter changed",
    desired: withParameters({ ...spec.parameters, max_connections: 300 }),
    observed: settled(spec),
    steps: ["apply-live max_connections=300", "configure"],
  },
  {
    why: "a dynamic parameter removed",
    desired: withParameters({ max_connections: 200 }),
    observed: settled(withParameters({ max_connections: 200, wait_timeout: 60 })),
    steps: [`apply-live wait_timeout=${toDefault}`, "configure"],
  },
  {
    why: "set by hand",
    observed: reading(settled(spec), "sync_binlog", "0"),
    steps: ["apply-live sync_binlog=1"],
  },
  {
    why: "a parameter that is read at the start",
    desired: withParameters({ ...spec.parameters, thread_stack: "512K" }),
    observed: reading(settled(spec), "thread_stack", "299008"),
    steps: ["configure", "restart thread_stack"],
  },
  {
    why: "a restart brings the dynamic ones with it",
    desired: withParameters({ max_connections: 300, thread_stack: "512K" }),
    observed: reading(settled(withParameters({ max_connections: 200 })), "thread_stack", "299008"),
    steps: ["configure", "restart thread_stack"],
  },
  {
    why: "cut off between file and restart",
    observed: reading(settled(spec), "performance_schema", "ON"),
    steps: ["restart performance_schema"],
  },
  {
    why: "a parameter of the start removed",
    observed: reading(settled(spec), "ft_min_word_len", "3"),
    steps: ["restart ft_min_word_len"],
  },
  {
    why: "not enabled, and a restart is due",
    observed: { ...reading(settled(spec), "performance_schema", "ON"), enabled: false },
    steps: ["start", "restart performance_schema"],
  },
  {
    why: "does not answer: only the file can be compared",
    desired: withParameters({}),
    observed: { ...settled(spec), healthy: false, parameters: {} },
    steps: ["configure"],
  },
  {
    why: "the volume of another instance",
    observed: { ...settled(spec), marker: { ...marker, uuid: "other" } },
    steps: [],
    refusal: /belongs to instance other/,
  },
  {
    why: "another engine's data",
    observed: { ...settled(spec), marker: { ...marker, engine: "postgresql", version: "15" } },
    steps: [],
    refusal: /data of postgresql 15/,
  },
  {
    why: "another version's data",
    observed: { ...settled(spec), marker: { ...marker, version: "11.8" } },
    steps: [],
    refusal: /set the version back to 11\.8/,
  },
  {
    why: "data without a marker",
    observed: { ...blank, prepared: true },
    steps: [],
    refusal: /no marker/,
  },
  {
    why: "the image has another version",
    observed: { ...settled(spec), serverVersion: "11.8.2-MariaDB" },
    steps: [],
    refusal: /runs MariaDB 11\.8\.2-MariaDB/,
  },
];

test("plans", async (t) => {
  for (const { why, desired = spec, observed, steps, refusal } of plans)
    await t.test(why, () => {
      const plan = mariadb.planServer(desired, observed);
      assert.deepEqual(plan.steps.map(described), steps);
      if (refusal) assert.match(plan.refusals.join(), refusal);
      else assert.deepEqual(plan.refusals, []);
    });
});

function reading(observed: ObservedServer, name: string, value: string): ObservedServer {
  const dynamic = table[name]?.dynamic ?? false;
  return { ...observed, parameters: { ...observed.parameters, [name]: { value, dynamic } } };
}

function described(step: ReturnType<typeof mariadb.planServer>["steps"][number]): string {
  if (step.kind === "restart") return `restart ${step.because.join()}`;
  if (step.kind !== "apply-live") return step.kind;
  const words = Object.entries(step.parameters).map(([name, value]) => `${name}=${value}`);
  return `apply-live ${words.join()}`;
}

/** Some free parameters with values the rules accept. */
const choices: Record<string, Parameters[string][]> = {
  max_connections: [50, 100, "1K"],
  wait_timeout: [60, 600],
  innodb_buffer_pool_size: ["64M", 70_000_001],
  sql_mode: ["", "STRICT_ALL_TABLES"],
  optimizer_switch: ["mrr=on", "mrr=off,rowid_filter=off"],
  innodb_print_all_deadlocks: [true, "OFF"],
  thread_stack: ["512K", 300_000],
  performance_schema: ["ON", false],
  ft_min_word_len: [2, 3],
};

const anyParameters = fc
  .record(Object.fromEntries(Object.entries(choices).map(([name, values]) => [name, fc.constantFrom(...values)])), {
    requiredKeys: [],
  })
  .map((record) => record as Parameters);

/** A server as plain state: what each step makes of it, and what `observe` would say. */
class Model {
  marker = false;
  prepared = false;
  running = false;
  enabled = false;
  file: ServerSpec | undefined;
  /** Values in effect, by name; what is absent is at its default. */
  values = new Map<string, string>();

  observe(desired: ServerSpec): ObservedServer {
    const parameters: Record<string, ParameterReading> = {};
    const wanted = new Set(settings(desired).map((s) => s.name));
    for (const [name, row] of Object.entries(table)) {
      const value = this.values.get(name);
      if (wanted.has(name) || value !== undefined)
        parameters[name] = { value: value ?? row.default ?? "its default", dynamic: row.dynamic };
    }
    const [file] = this.file ? mariadb.renderConfiguration(this.file) : [];
    return {
      ...(this.marker ? { marker } : {}),
      prepared: this.prepared,
      running: this.running,
      enabled: this.enabled,
      healthy: this.running,
      configuration: file ? { [file.path]: file.content } : {},
      parameters: this.running ? parameters : {},
    };
  }

  execute(step: ReturnType<typeof mariadb.planServer>["steps"][number], desired: ServerSpec): void {
    if (step.kind === "prepare") this.marker = this.prepared = true;
    if (step.kind === "configure") this.file = desired;
    if (step.kind === "start") this.enabled = true;
    if (step.kind === "restart" || (step.kind === "start" && !this.running)) {
      assert.ok(this.prepared && this.file, "it starts only with data and a file");
      this.running = true;
      this.values = new Map(
        settings(this.file)
          .filter((s) => s.readable && table[s.name])
          .map((s) => [s.name, s.value]),
      );
    }
    if (step.kind === "apply-live")
      for (const [name, value] of Object.entries(step.parameters)) {
        assert.ok(this.running && table[name]?.dynamic, `${name} is set on a running server`);
        if (value === toDefault) this.values.delete(name);
        else this.values.set(name, value);
      }
  }
}

test("whatever happened before, and wherever a plan was cut off, the next one ends with nothing to do", () => {
  const event = fc.record({ parameters: anyParameters, cutAfter: fc.nat(5), stop: fc.boolean(), drift: anyParameters });
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 6 }), (events) => {
      const model = new Model();
      let last = spec;
      for (const { parameters, cutAfter, stop, drift } of events) {
        last = withParameters(parameters);
        const { steps, refusals } = mariadb.planServer(last, model.observe(last));
        assert.deepEqual(refusals, []);
        for (const step of steps.slice(0, cutAfter)) model.execute(step, last);
        if (stop) model.running = false;
        if (model.running)
          for (const { name, value } of settings(withParameters(drift)))
            if (drift[name] !== undefined && table[name]?.dynamic) model.values.set(name, value);
      }
      for (const step of mariadb.planServer(last, model.observe(last)).steps) model.execute(step, last);
      assert.deepEqual(mariadb.planServer(last, model.observe(last)).steps, []);
      for (const { name, value, readable } of settings(last))
        if (readable && table[name]) assert.equal(model.values.get(name), value, name);
      const names = new Set(settings(last).map((s) => s.name));
      assert.deepEqual(
        [...model.values.keys()].filter((name) => !names.has(name)),
        [],
        "nothing else is set",
      );
    }),
    { seed: 7, numRuns: 200 },
  );
});

const held: { why: string; parameters: Parameters; observed: ObservedServer; steps: string[]; waiting?: string[] }[] = [
  {
    why: "what takes effect at a restart is written and waits",
    parameters: { ...spec.parameters, thread_stack: "512K" },
    observed: reading(settled(spec), "thread_stack", "299008"),
    steps: ["configure"],
    waiting: ["thread_stack"],
  },
  {
    why: "what is dynamic does not wait with it",
    parameters: { max_connections: 300, thread_stack: "512K" },
    observed: reading(settled(withParameters({ max_connections: 200 })), "thread_stack", "299008"),
    steps: ["apply-live max_connections=300", "configure"],
    waiting: ["thread_stack"],
  },
  {
    why: "it goes on waiting, and nothing is left to do",
    parameters: spec.parameters,
    observed: reading(settled(spec), "performance_schema", "ON"),
    steps: [],
    waiting: ["performance_schema"],
  },
  {
    why: "a server that has no TLS before its restart is not made to ask for it: nobody would get in",
    parameters: spec.parameters,
    observed: reading(
      reading(settled({ ...spec, tls: "enforced" }), "ssl_cert", ""),
      "require_secure_transport",
      "OFF",
    ),
    steps: [],
    waiting: ["ssl_cert", "require_secure_transport"],
  },
  {
    why: "a start brings everything: nothing waits",
    parameters: { ...spec.parameters, thread_stack: "512K" },
    observed: { ...settled(spec), running: false, healthy: false, parameters: {} },
    steps: ["configure", "start"],
  },
];
for (const { why, parameters, observed, steps, waiting } of held)
  test(`restart: hold: ${why}`, () => {
    const plan = mariadb.planServer({ ...withParameters(parameters), restart: "hold" }, observed);
    assert.deepEqual(plan.steps.map(described), steps);
    assert.deepEqual(plan.waiting, waiting);
    const allowed = mariadb.planServer(withParameters(parameters), observed);
    assert.deepEqual(
      pendingRestart(plan),
      pendingRestart(allowed),
      "both rules know the same of what is not in effect",
    );
  });
