/** What is read of an instance at the same time shares one session, and what comes later sees what is there then. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type Guest, GuestError } from "../../access/guest.ts";
import type { Engine, OpenServer, ServerSpec } from "../../engines/engine.ts";
import { ask, look } from "../../engines/shared/look.ts";
import { sharedSession } from "../../provider/reads.ts";

/** An engine that tells what happens to its sessions. */
function engineWith(open: () => Promise<void> = async () => {}) {
  const told: string[] = [];
  let opened = 0;
  const engine = {
    async open() {
      opened += 1;
      const number = opened;
      told.push(`open ${number}`);
      await open();
      return { close: async () => void told.push(`close ${number}`) } as unknown as OpenServer;
    },
  } as unknown as Engine;
  return { engine, told };
}

const guestOf = (name: string) => ({ name }) as Guest;

describe("a shared session", () => {
  test("readers at the same time take turns on one, which the last closes", async () => {
    const { engine, told } = engineWith();
    const guest = guestOf("orders");
    const read = (name: string) =>
      sharedSession(
        engine,
        guest,
      )(async () => {
        told.push(`${name} begins`);
        await turn();
        told.push(`${name} ends`);
        return name;
      });
    assert.deepEqual(await Promise.all([read("a"), read("b"), read("c")]), ["a", "b", "c"]);
    const each = ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"];
    assert.deepEqual(told, ["open 1", ...each, "close 1"]);
  });

  test("a later reader gets a new one, and another guest its own", async () => {
    const { engine, told } = engineWith();
    const guest = guestOf("orders");
    await sharedSession(engine, guest)(async () => {});
    await sharedSession(engine, guest)(async () => {});
    assert.deepEqual(told, ["open 1", "close 1", "open 2", "close 2"]);
    await Promise.all([guest, guestOf("ledger")].map((one) => sharedSession(engine, one)(async () => {})));
    assert.deepEqual(told.slice(4).sort(), ["close 3", "close 4", "open 3", "open 4"]);
  });

  test("a reader that fails fails alone; the session is closed all the same", async () => {
    const { engine, told } = engineWith();
    const session = sharedSession(engine, guestOf("orders"));
    const failing = session(() => Promise.reject(new Error("no such table")));
    const [one, other] = await Promise.allSettled([failing, session(async () => "read")]);
    assert.deepEqual([one.status, other.status], ["rejected", "fulfilled"]);
    assert.deepEqual(told, ["open 1", "close 1"]);
  });

  test("a session that cannot be opened fails all its readers, and the next one tries again", async () => {
    let works = false;
    const { engine, told } = engineWith(async () => {
      if (!works) throw new Error("connection refused");
    });
    const session = sharedSession(engine, guestOf("orders"));
    const failed = await Promise.allSettled([session(async () => 1), session(async () => 2)]);
    assert.deepEqual(
      failed.map(({ status }) => status),
      ["rejected", "rejected"],
    );
    works = true;
    assert.equal(await session(async () => 3), 3);
    assert.deepEqual(told, ["open 1", "open 2", "close 2"]);
  });
});

const silences: { why: string; error: Error; thrown: boolean }[] = [
  { why: "a server that refuses is one that does not answer", error: new Error("refused"), thrown: false },
  { why: "so is a socket that is not there", error: new GuestError("failed", "no"), thrown: false },
  { why: "a guest that was stopped is no answer of its server", error: new GuestError("stopped", "no"), thrown: true },
  { why: "nor is one that cannot be reached", error: new GuestError("unreachable", "no"), thrown: true },
  { why: "a mistake of ours is not the server's silence", error: new TypeError("x is undefined"), thrown: true },
];

for (const { why, error, thrown } of silences) {
  test(`asking a server: ${why}`, async () => {
    const asked = ask(() => Promise.reject(error), {} as ServerSpec);
    if (thrown) await assert.rejects(asked, error);
    else assert.equal(await asked, undefined);
  });
}

test("a look is one command, and a status that is none says what was received", async () => {
  const answers = ['{"running":true,"enabled":true}\nprepared\nmarker=x\n', "Segmentation fault\n"];
  const asked: string[] = [];
  const guest = {
    name: "orders",
    must: async (argv: readonly string[], { stdin }: { stdin: string }) => {
      asked.push(`${argv.join(" ")}: ${stdin}`);
      return { stdout: answers.shift() ?? "" };
    },
  } as unknown as Guest;
  assert.deepEqual(await look(guest, "echo prepared", ["/data"]), {
    status: { running: true, enabled: true },
    lines: ["prepared", "marker=x", ""],
  });
  assert.equal(asked.length, 1);
  assert.match(asked[0] ?? "", /^sh -s -- \/data: coffer-service status .*\necho prepared$/);
  await assert.rejects(look(guest, ""), /service of orders is no JSON: received "Segmentation fault"/);
});
