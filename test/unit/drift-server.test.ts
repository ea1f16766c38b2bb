/** What `drift` tells of a database server: tables, and that nothing which an apply would do is left out. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Engine, ObservedServer, ParameterReading, Parameters, ServerSpec } from "../../engines/engine.ts";
import { engines } from "../../engines/index.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { settings } from "../../engines/mariadb/settings.ts";
import { tableOf } from "../../engines/mariadb/table.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { hbaReading } from "../../engines/postgresql/server-plan.ts";
import { settingsOf } from "../../engines/postgresql/settings.ts";
import { GiB, MiB } from "../../engines/shared/units.ts";
import type { Difference } from "../../operations/drift/row.ts";
import { serverDifferences } from "../../operations/drift/server.ts";

const specFor = (engine: Engine, parameters: Parameters = {}): ServerSpec => ({
  uuid: "4f9c2a3e-7a39-4f0e-8d7c-0a5b5ed0c0de",
  version: engine.versions[0] ?? "",
  memoryBytes: 512 * MiB,
  vcpus: 1,
  volumeBytes: 2 * GiB,
  tls: "enforced",
  parameters,
});

function readingsOf(engine: Engine, spec: ServerSpec): Record<string, ParameterReading> {
  if (engine === mariadb) {
    const table = tableOf(spec.version).parameters;
    const readable = settings(spec).filter((one) => one.readable && table[one.name]);
    return Object.fromEntries(
      readable.map(({ name, value }) => [name, { value, dynamic: table[name]?.dynamic === true }]),
    );
  }
  const all = [...settingsOf(spec)].map(([name, { variable, value }]): [string, ParameterReading] => [
    name,
    { value, dynamic: variable.context !== "postmaster" },
  ]);
  return { ...Object.fromEntries(all), [hbaReading]: { value: "loaded", dynamic: true } };
}

/** A server that is what `spec` says. */
function settled(engine: Engine, spec: ServerSpec): ObservedServer {
  return {
    marker: { uuid: spec.uuid, engine: engine.name, version: spec.version },
    prepared: true,
    running: true,
    enabled: true,
    healthy: true,
    configuration: Object.fromEntries(engine.renderConfiguration(spec).map((file) => [file.path, file.content])),
    parameters: readingsOf(engine, spec),
  };
}

const brief = ({ what, name, spec, state, real, mend, adoption }: Difference): string =>
  `${what} ${name}: ${spec}/${state}/${real} ${mend}${adoption ? " adoptable" : ""}`;

interface Case {
  why: string;
  engine: Engine;
  wanted?: ServerSpec;
  recorded: ServerSpec;
  change?: (is: ObservedServer) => Partial<ObservedServer>;
  expected: readonly string[];
}

const reading = (is: ObservedServer, name: string, value: string, dynamic = true): Partial<ObservedServer> => ({
  parameters: { ...is.parameters, [name]: { value, dynamic } },
});

const plain = specFor(mariadb, { max_connections: 60 });
const ledger = specFor(postgresql, { work_mem: "8MB" });
const file = mariadb.renderConfiguration(plain)[0]?.path ?? "";

const cases: readonly Case[] = [
  {
    why: "a value set by hand can be put back, or taken over",
    engine: mariadb,
    recorded: plain,
    change: (is) => reading(is, "max_connections", "70"),
    expected: ["parameter max_connections: 60/60/70 up adoptable"],
  },
  {
    why: "so can one that the spec says nothing of",
    engine: mariadb,
    recorded: plain,
    change: (is) => reading(is, "wait_timeout", "333"),
    expected: ["parameter wait_timeout: default/default/333 up adoptable"],
  },
  {
    why: "what is Coffer's own is put back and never taken over",
    engine: mariadb,
    recorded: plain,
    change: (is) => reading(is, "sync_binlog", "0"),
    expected: ["parameter sync_binlog: 1/1/0 up"],
  },
  {
    why: "a spec that changed is no drift: there is nothing to take over",
    engine: mariadb,
    wanted: specFor(mariadb, { max_connections: 80 }),
    recorded: plain,
    expected: ["parameter max_connections: 80/60/60 up"],
  },
  {
    why: "three sides that all differ: the spec stands",
    engine: mariadb,
    wanted: specFor(mariadb, { max_connections: 80 }),
    recorded: plain,
    change: (is) => reading(is, "max_connections", "70"),
    expected: ["parameter max_connections: 80/60/70 up"],
  },
  {
    why: "what takes a restart says so where restarts are held",
    engine: postgresql,
    wanted: { ...ledger, restart: "hold", parameters: { ...ledger.parameters, max_connections: 50 } },
    recorded: { ...ledger, restart: "hold" },
    expected: ["parameter max_connections: 50/default/100 restart"],
  },
  {
    why: "a reading is written with the unit that a spec takes",
    engine: postgresql,
    recorded: ledger,
    change: (is) => reading(is, "work_mem", "7168"),
    expected: ["parameter work_mem: 8MB/8MB/7MB up adoptable"],
  },
  {
    why: "a value that no spec may say stays out of it",
    engine: mariadb,
    recorded: plain,
    change: (is) => reading(is, "innodb_buffer_pool_size", String(4 * GiB)),
    expected: [`parameter innodb_buffer_pool_size: 201326592/201326592/${4 * GiB} up`],
  },
  {
    why: "a file that somebody wrote",
    engine: mariadb,
    recorded: plain,
    change: () => ({ configuration: { [file]: "[mariadbd]\n" } }),
    expected: [`file ${file}: as rendered/as rendered/another text up`],
  },
  {
    why: "a file that is gone",
    engine: mariadb,
    recorded: plain,
    change: () => ({ configuration: {} }),
    expected: [`file ${file}: as rendered/as rendered/null up`],
  },
  {
    why: "a server that somebody stopped",
    engine: postgresql,
    recorded: ledger,
    change: () => ({ running: false, healthy: false, parameters: {} }),
    expected: ["server : in order/in order/stopped up"],
  },
  {
    why: "a server that hangs: no verb of Coffer's mends that",
    engine: postgresql,
    recorded: ledger,
    change: () => ({ healthy: false, parameters: {} }),
    expected: ["server : in order/in order/runs and does not answer none"],
  },
  { why: "nothing differs", engine: mariadb, recorded: plain, expected: [] },
  { why: "nothing differs, PostgreSQL", engine: postgresql, recorded: ledger, expected: [] },
];

describe("differences of a server", () => {
  for (const { why, engine, wanted, recorded, change, expected } of cases)
    test(why, () => {
      const is = settled(engine, recorded);
      const observed = { ...is, ...change?.(is) };
      const found = serverDifferences({ engine, wanted: wanted ?? recorded, recorded, observed });
      assert.deepEqual(found.map(brief), expected);
    });
});

for (const engine of engines)
  describe(`${engine.name}: properties`, () => {
    const names = engine.parameters(engine.versions[0] ?? "").filter(({ owned }) => owned === undefined);

    test("whatever an apply would do, something is told", () => {
      const spec = specFor(engine);
      const is = settled(engine, spec);
      const readings = fc.dictionary(
        fc.constantFrom(...Object.keys(is.parameters), ...names.map(({ name }) => name)),
        fc.record({ value: fc.constantFrom("0", "1", "ON", "on", "17", "x"), dynamic: fc.boolean() }),
        { maxKeys: 4 },
      );
      const sides = fc.record({
        running: fc.boolean(),
        enabled: fc.boolean(),
        healthy: fc.boolean(),
        touched: fc.boolean(),
        readings,
      });
      fc.assert(
        fc.property(sides, ({ running, enabled, healthy, touched, readings }) => {
          const answers = running && healthy;
          const observed: ObservedServer = {
            ...is,
            running,
            enabled,
            healthy: answers,
            configuration: touched ? {} : is.configuration,
            parameters: answers ? { ...is.parameters, ...readings } : {},
          };
          const { steps, refusals, waiting = [] } = engine.planServer(spec, observed);
          const found = serverDifferences({ engine, wanted: spec, recorded: spec, observed });
          assert.equal(found.length > 0, steps.length + refusals.length + waiting.length > 0 || (running && !healthy));
        }),
      );
    });

    for (const version of engine.versions)
      test(`a default that the server of ${version} reports can be said in a spec`, () => {
        const rules = engine.parameters(version).filter(({ owned, unit, default: value }) => {
          // Numbers beyond 2^53 are no spec's.
          const sayable = Number.isNaN(Number(value)) || Number(value) <= Number.MAX_SAFE_INTEGER;
          return owned === undefined && value !== undefined && value !== "" && sayable && !(unit && Number(value) <= 0);
        });
        assert.ok(rules.length > 50);
        const refused = rules.flatMap(({ name, default: value = "" }) => {
          const written = engine.written(version, name, { value, dynamic: true });
          const problems = engine.checkParameters(version, { [name]: written }, 64 * GiB);
          return problems.map(({ message }) => `${name} = ${written}: ${message}`);
        });
        assert.deepEqual(refused, []);
      });
  });
