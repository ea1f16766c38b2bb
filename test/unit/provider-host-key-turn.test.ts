/** The key that a guest was given for its first connection, and the one of its own in its place; a real sshd on this machine. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { afterEach, beforeEach, describe, test } from "node:test";
import { AnotherHostKey, GuestError } from "../../access/guest.ts";
import { userData } from "../../components/openstack/user-data.ts";
import { makeOwnKey, type Reach, turnToOwnKey } from "../../provider/host-key-turn.ts";
import { closeAll, guestOf, noSshd, type Sshd, startSshd } from "./openstack-ssh-fixture.ts";

/** As the provider: asks again while nothing answers, and never while something else does. */
const reachOf =
  (sshd: Sshd, seen: string[] = []): Reach =>
  async (hostKey, act) => {
    seen.push(hostKey);
    const end = performance.now() + 20_000;
    for (;;) {
      const guest = guestOf(sshd, { hostKey });
      try {
        return await act(guest);
      } catch (error) {
        const again = error instanceof GuestError && error.problem === "unreachable" && performance.now() < end;
        if (!again) throw error;
      } finally {
        await guest.close();
      }
    }
  };

describe("a host key of the guest's own", { skip: noSshd ?? false }, () => {
  let sshd: Sshd;
  let given: string;
  let server: { keyFile: string; restart: readonly string[] };
  beforeEach(async () => {
    sshd = await startSshd();
    given = sshd.hostKey;
    server = { keyFile: sshd.hostKeyFile, restart: sshd.restart };
  });
  afterEach(async () => {
    await closeAll();
    await sshd.stop();
  });
  const make = () => reachOf(sshd)(given, (guest) => makeOwnKey(guest, server));

  test("it is made once, however often it is asked for, and is not used before it is recorded", async () => {
    const own = await make();
    assert.match(own, /^ssh-ed25519 [A-Za-z0-9+/=]+$/);
    assert.notEqual(own, given.trim());
    assert.equal(await make(), own, "the second run says the same one, still over the given one");
  });

  test("it takes the given one's place, which is dead afterwards", async () => {
    const reach = reachOf(sshd);
    const own = await make();
    await turnToOwnKey(reach, { given, own }, server);
    assert.equal(await reach(own, async (guest) => (await guest.must(["echo", "here"])).stdout), "here\n");
    await assert.rejects(
      reach(given, (guest) => guest.must(["true"])),
      AnotherHostKey,
    );
    assert.equal(existsSync(`${server.keyFile}.coffer-next`), false);
    assert.equal(readFileSync(`${server.keyFile}.pub`, "utf8").trim(), own);
  });

  test("killed after the turn: the next run sees that it is done, and never speaks to the given one", async () => {
    const own = await make();
    await turnToOwnKey(reachOf(sshd), { given, own }, server);
    const file = readFileSync(server.keyFile, "utf8");
    await turnToOwnKey(reachOf(sshd), { given, own }, { ...server, restart: ["false"] });
    assert.equal(readFileSync(server.keyFile, "utf8"), file);
  });

  test("killed between the file and the restart: the next run restarts", async () => {
    const own = await make();
    renameSync(`${server.keyFile}.coffer-next`, server.keyFile);
    await turnToOwnKey(reachOf(sshd), { given, own }, server);
    await assert.rejects(
      reachOf(sshd)(given, (guest) => guest.must(["true"])),
      AnotherHostKey,
    );
  });

  test("a guest that can still present the given one is no success", async () => {
    const own = await make();
    // Whatever key is expected, it is the given one that is checked.
    const both: Reach = (_hostKey, act) => reachOf(sshd)(given, act);
    await assert.rejects(
      turnToOwnKey(both, { given, own }, server),
      /still presents the SSH host key of its user-data/,
    );
  });

  test("a key that was recorded and is not there any more is not made up", async () => {
    await make();
    const { hostKey: other } = await startAndStop();
    const turned = turnToOwnKey(reachOf(sshd), { given, own: other }, server);
    await assert.rejects(turned, /is not here any more/);
    assert.equal(await reachOf(sshd)(given, async (guest) => (await guest.must(["echo", "here"])).stdout), "here\n");
  });

  test("another machine at the address is never asked for a key", async () => {
    const { hostKey: other } = await startAndStop();
    await assert.rejects(
      reachOf(sshd)(other, (guest) => makeOwnKey(guest, server)),
      AnotherHostKey,
    );
    assert.equal(existsSync(`${server.keyFile}.coffer-next`), false);
  });
});

/** For a host key that nothing here has. */
async function startAndStop(): Promise<Sshd> {
  const other = await startSshd();
  await other.stop();
  return other;
}

test("user-data: the given key stands where cloud-init takes a host key from, as both of its halves", () => {
  const text = userData({
    hostname: "a",
    publicKey: "ssh-ed25519 LOGIN",
    bootKey: { publicHalf: "P\n", privateHalf: "S\n" },
  });
  const { ssh_keys } = JSON.parse(text.replace(/^#cloud-config\n/, "")) as { ssh_keys: unknown };
  assert.deepEqual(ssh_keys, { ed25519_private: "S\n", ed25519_public: "P" });
});
