/** Plans for servers as table cases: what is done at once, what waits for a restart, and what is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ObservedServer,
  type ParameterReading,
  type Parameters,
  pendingRestart,
  type ServerSpec,
} from "../../engines/engine.ts";
import { configurationPath } from "../../engines/mariadb/configuration.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { toDefault } from "../../engines/mariadb/plan.ts";
import { settings } from "../../engines/mariadb/settings.ts";
import { marker, spec, table, withParameters } from "./mariadb-plan-fixture.ts";

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
    why: "a parameter that nobody set before and that is read at the start, in a preview: nothing was read of it",
    desired: withParameters({ ...spec.parameters, thread_stack: "512K" }),
    observed: settled(spec),
    steps: ["configure", "restart thread_stack"],
  },
  {
    why: "a dynamic parameter that nobody set before, in a preview",
    desired: withParameters({ ...spec.parameters, wait_timeout: 60 }),
    observed: settled(spec),
    steps: ["apply-live wait_timeout=60", "configure"],
  },
  {
    why: "nothing was read of a parameter that the file has: nothing is known to differ",
    observed: { ...settled(spec), parameters: {} },
    steps: [],
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

test("a step says what it does: the data directory is made from nothing, and files and parameters are named", () => {
  const [prepare, configure] = mariadb.planServer(spec, blank).steps;
  assert.deepEqual(prepare, {
    kind: "prepare",
    from: { from: "blank" },
    summary: "make a new MariaDB 10.11 data directory",
  });
  assert.deepEqual(configure, {
    kind: "configure",
    files: [configurationPath],
    summary: `write ${configurationPath}`,
  });
  const [live] = mariadb.planServer(spec, reading(settled(spec), "sync_binlog", "0")).steps;
  assert.equal(live?.summary, "set without a restart: sync_binlog = 1");
  const one = reading(settled(spec), "performance_schema", "ON");
  assert.match(mariadb.planServer(spec, one).steps[0]?.summary ?? "", /: performance_schema takes effect/);
  const two = reading(one, "ft_min_word_len", "3");
  assert.match(
    mariadb.planServer(spec, two).steps[0]?.summary ?? "",
    /: performance_schema, ft_min_word_len take effect/,
  );
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
    why: "a server that has TLS is made to ask for it",
    parameters: spec.parameters,
    observed: reading(settled(spec), "require_secure_transport", "OFF"),
    steps: ["apply-live require_secure_transport=ON"],
  },
  {
    why: "a certificate that waits makes nothing else wait",
    parameters: spec.parameters,
    observed: reading(settled(spec), "ssl_cert", ""),
    steps: [],
    waiting: ["ssl_cert"],
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
