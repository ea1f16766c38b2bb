/** Plans for servers against a pure model of one: whatever happened before, the next plan ends with nothing to do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ObservedServer, ParameterReading, Parameters, ServerSpec } from "../../engines/engine.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { toDefault } from "../../engines/mariadb/plan.ts";
import { settings } from "../../engines/mariadb/settings.ts";
import { marker, spec, table, withParameters } from "./mariadb-plan-fixture.ts";

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
