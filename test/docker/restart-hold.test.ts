/** `restart: hold` on real servers: the file is written, dynamic parameters take effect, static ones wait for a restart. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Guest } from "../../access/guest.ts";
import { type Engine, type Parameters, pendingRestart, type ServerSpec } from "../../engines/engine.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import * as mariadbGuests from "./mariadb-guest.ts";
import * as postgresqlGuests from "./postgresql-guest.ts";

const timeout = 60_000;

interface Held {
  engine: Engine;
  /** A parameter of each kind, with values that are not the defaults; sizes and times are written with units. */
  dynamic: { name: string; first: string; second: string; reads: [first: string, second: string] };
  fixed: { name: string; value: string; reads: string };
  read(name: string): Promise<string>;
  spec: ServerSpec;
  guest: Guest;
}

for (const version of mariadb.versions)
  test(`MariaDB ${version}: what needs a restart waits for it, and then is gone again`, async () => {
    const server = await mariadbGuests.startServer(version);
    try {
      await waits({
        engine: mariadb,
        dynamic: { name: "wait_timeout", first: "10min", second: "1h", reads: ["600", "3600"] },
        fixed: { name: "thread_stack", value: "512kB", reads: "524288" },
        read: async (name) => String((await server.admin(`SELECT @@GLOBAL.${name} AS v`))[0]?.v),
        spec: server.spec,
        guest: server.guest,
      });
    } finally {
      await server.remove();
    }
  });

for (const version of postgresql.versions)
  test(`PostgreSQL ${version}: what needs a restart waits for it, and then is gone again`, async () => {
    const server = await postgresqlGuests.startServer(version);
    try {
      await waits({
        engine: postgresql,
        dynamic: { name: "work_mem", first: "9M", second: "11m", reads: ["9MB", "11MB"] },
        fixed: { name: "shared_buffers", value: "96M", reads: "96MB" },
        read: async (name) => String((await server.admin("postgres", `SHOW ${name}`))[0]?.[name]),
        spec: server.spec,
        guest: server.guest,
      });
    } finally {
      await server.remove();
    }
  });

async function waits({ engine, dynamic, fixed, read, spec, guest }: Held): Promise<void> {
  const hold = (parameters: Parameters): ServerSpec => ({ ...spec, parameters, restart: "hold" });

  /** Plans and executes; sees that no step is left; returns what was done and what waits. */
  async function apply(desired: ServerSpec): Promise<{ steps: readonly string[]; waiting: readonly string[] }> {
    const plan = engine.planServer(desired, await engine.observe(guest, desired));
    assert.deepEqual(plan.refusals, []);
    for (const step of plan.steps) {
      await engine.executeServer(guest, step, desired);
      if (step.kind === "start" || step.kind === "restart") await engine.waitHealthy(guest, timeout);
    }
    const after = engine.planServer(desired, await engine.observe(guest, desired));
    assert.deepEqual(after.steps, []);
    return { steps: plan.steps.map(({ kind }) => kind).sort(), waiting: pendingRestart(after) };
  }

  async function restart(): Promise<void> {
    await guest.service.restart();
    await engine.waitHealthy(guest, timeout);
  }

  await apply(spec);
  const usual = await read(fixed.name);

  const both = hold({ [dynamic.name]: dynamic.first, [fixed.name]: fixed.value });
  assert.deepEqual(await apply(both), { steps: ["apply-live", "configure"], waiting: [fixed.name] });
  assert.equal(await read(dynamic.name), dynamic.reads[0], "what is dynamic took effect");
  assert.equal(await read(fixed.name), usual, "what is not did not");
  assert.deepEqual(await apply(both), { steps: [], waiting: [fixed.name] }, "it goes on waiting");

  await restart();
  assert.deepEqual(await apply(both), { steps: [], waiting: [] }, "a restart by anybody is enough");
  assert.equal(await read(fixed.name), fixed.reads);

  const without = hold({ [dynamic.name]: dynamic.second });
  assert.deepEqual(await apply(without), { steps: ["apply-live", "configure"], waiting: [fixed.name] });
  assert.equal(await read(dynamic.name), dynamic.reads[1], "a dynamic one takes effect beside one that was removed");
  assert.equal(await read(fixed.name), fixed.reads, "the default waits, too");

  const allowed: ServerSpec = { ...without, restart: "allow" };
  assert.deepEqual(await apply(allowed), { steps: ["restart"], waiting: [] }, "allow restarts for what waited");
  assert.equal(await read(fixed.name), usual);
}
