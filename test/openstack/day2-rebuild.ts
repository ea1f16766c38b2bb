/** A new system disk under the same data. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutFull } from "../support/full.ts";
import { type DemoInstance, type Life, ledger, orders } from "./demo.ts";

/** Those that are rebuilt; each keeps the snapshot of before. */
export const toRebuild: readonly DemoInstance[] = withoutFull ? [orders] : [orders, ledger];

const mark = "/root/coffer-test-mark";

export function guestsAreRebuilt(life: Life): void {
  for (const one of toRebuild)
    test(`rebuild gives ${one.name} a new disk and a new host key, and keeps everything else`, () =>
      rebuilt(life, one));
}

async function rebuilt(life: Life, one: DemoInstance): Promise<void> {
  const { stack } = life;
  await (await stack.guest(one.name)).putFile(mark, "of the old disk");
  const before = await stack.addresses();
  const server = await stack.object(one.name, "server");
  const words = await stack.does("rebuild", one.name, "--yes");
  const snapshot = await stack.object(one.name, "snapshot");
  assert.ok(words.includes(snapshot.id), words);
  const now = await stack.addresses();
  assert.notEqual(now[one.name]?.hostKey, before[one.name]?.hostKey);
  assert.equal((await stack.object(one.name, "server")).id, server.id);
  // Connects with the new key only.
  assert.equal(await (await stack.guest(one.name)).readFile(mark), undefined);
  await life.rowsAreThere(one);
  assert.equal((await life.ask(one, "SELECT id FROM item", one.reader)).length, 2);
  assert.equal(await life.value(one, one.restart.ask), one.restart.answer);
  const preview = await stack.coffer(["preview", "--stack", stack.stack, "--detailed-exitcode"]);
  assert.equal(preview.code, 0, preview.stdout + preview.stderr);
}
