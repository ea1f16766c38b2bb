/** Ways to a guest that are wrong, closed, silent or lead through a bastion; real sshds on this machine. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { after, before, describe, test } from "node:test";
import ssh2 from "ssh2";
import { GuestError, type GuestProblem } from "../../access/guest.ts";
import type { Place } from "../../access/openstack/addresses.ts";
import type { OpenstackGuest } from "../../access/openstack/guest.ts";
import { connectGuest } from "../../access/openstack/ssh-connect.ts";
import { fingerprint } from "../../access/openstack/ssh-keys.ts";
import { readPublicKey } from "../../access/public-key.ts";
import type { Bastion } from "../../access/reach.ts";
import {
  at,
  closeAll,
  guestOf,
  noSshd,
  problem,
  type Sshd,
  startSshd,
  type Wire,
  wireTo,
} from "./openstack-ssh-fixture.ts";

const echo = async (guest: OpenstackGuest) => (await guest.run(["echo", "here"])).stdout;

describe("the way to a guest", { skip: noSshd }, () => {
  let sshd: Sshd;
  let jump: Sshd;
  before(async () => {
    [sshd, jump] = await Promise.all([startSshd(), startSshd(["MaxSessions 0"])]);
  });
  after(async () => {
    await closeAll();
    await Promise.all([sshd.stop(), jump.stop()]);
  });

  test("another host key is refused, told with both, and nothing is sent", async () => {
    const guest = guestOf(sshd, { hostKey: jump.hostKey });
    const prints = [sshd, jump].map(({ hostKey }) => fingerprint(readPublicKey(hostKey)?.blob ?? Buffer.alloc(0)));
    const words = new RegExp(`received ${prints[0]}, expected ${prints[1]}`.replaceAll("+", "\\+"));
    await assert.rejects(guest.run(["true"]), problem("failed", words));
  });

  test("a key that is not let in: unreachable, and asked again only after a pause", async () => {
    const wire = await wireTo(sshd.port);
    const guest = guestOf(sshd, { lookUp: at(wire.port), key: jump.key });
    const words = /orders at 127.0.0.1:\d+ does not let "root" in with the given key/;
    for (let i = 0; i < 3; i++) await assert.rejects(guest.run(["true"]), problem("unreachable", words));
    assert.equal(wire.connections, 1);
    await wire.close();
  });

  test("an sshd without safe algorithms is not used", async () => {
    const old = await startSshd(["KexAlgorithms diffie-hellman-group14-sha256"]);
    await assert.rejects(guestOf(old).run(["true"]), problem("failed", /no common algorithm.*key exchange/i));
    await old.stop();
  });

  test("the first place that answers is taken", async () => {
    const places: Place[] = [
      { host: "127.0.0.1", port: 1 },
      { host: "127.0.0.1", port: sshd.port },
    ];
    assert.equal(await echo(guestOf(sshd, { lookUp: async () => places })), "here\n");
  });

  const unreachable: readonly { why: string; answer: (port: number) => Place[]; words: RegExp }[] = [
    { why: "no place at all", answer: () => [], words: /orders has no address/ },
    {
      why: "a port where nothing listens",
      answer: () => [{ host: "127.0.0.1", port: 1 }],
      words: /127.0.0.1:1 .*ECONNREFUSED/,
    },
    { why: "a name that nobody knows", answer: () => [{ host: "guest.invalid", port: 22 }], words: /guest.invalid:22/ },
    {
      why: "a server that closes at once",
      answer: (port) => [{ host: "127.0.0.1", port }],
      words: /cannot be reached by SSH/,
    },
  ];
  for (const { why, answer, words } of unreachable) {
    test(`unreachable, never absent: ${why}`, async () => {
      const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      await assert.rejects(
        guestOf(sshd, { lookUp: async () => answer(port) }).run(["true"]),
        problem("unreachable", words),
      );
      server.close();
    });
  }

  test("a guest that comes back is reached by the same object", async () => {
    let port = 1;
    const guest = guestOf(sshd, { lookUp: async () => [{ host: "127.0.0.1", port }] });
    await assert.rejects(guest.run(["true"]), problem("unreachable", /ECONNREFUSED/));
    port = sshd.port;
    assert.equal(await echo(guest), "here\n");
  });

  test("what the cloud says about the guest is the error", async () => {
    const guest = guestOf(sshd, {
      lookUp: async () => {
        throw new GuestError("stopped", "SHUTOFF");
      },
    });
    await assert.rejects(guest.run(["true"]), problem("stopped", /^SHUTOFF$/));
  });

  test("a connection that went silent is noticed before it is used", async () => {
    const wire = await wireTo(sshd.port);
    const guest = guestOf(sshd, { lookUp: at(wire.port) });
    await guest.run(["true"]);
    wire.silence();
    // Longer than a silence that is trusted.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    assert.equal(await echo(guest), "here\n");
    assert.equal(wire.connections, 2);
    await wire.close();
  });

  test("a connection that went silent can be closed: its other side is not waited for", async () => {
    const wire = await wireTo(sshd.port);
    const hostKey = readPublicKey(sshd.hostKey);
    assert.ok(hostKey);
    const way = { name: "orders", user: "root", key: sshd.key, hostKey, reach: { by: "fixed-address" as const } };
    const link = await connectGuest(way, at(wire.port));
    wire.silence();
    link.close();
    await link.ended;
    await wire.close();
  });

  const addresses: readonly { why: string; change: Parameters<typeof guestOf>[1]; words: RegExp }[] = [
    {
      why: "a host key that was cut",
      change: { hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" },
      words: /host key of orders is no public key/,
    },
    { why: "a login key that is none", change: { key: "hello" }, words: /login key of orders cannot be used/ },
    { why: "an empty login key", change: { key: "" }, words: /has no "key"/ },
  ];
  for (const { why, change, words } of addresses) {
    test(`an address is refused at once: ${why}`, () => {
      assert.throws(() => guestOf(sshd, change), problem("failed", words));
    });
  }

  describe("through a bastion", () => {
    let wire: Wire;
    before(async () => {
      wire = await wireTo(jump.port);
    });
    after(() => wire.close());

    const bastion = (changes: Partial<Bastion> = {}): Bastion => ({
      host: "127.0.0.1",
      port: wire.port,
      user: "root",
      hostKey: jump.hostKey,
      key: { file: jump.keyFile },
      ...changes,
    });
    const guestBehind = (changes: Partial<Bastion> = {}, place = sshd.port) =>
      guestOf(sshd, { reach: { by: "bastion", bastion: bastion(changes) }, lookUp: at(place) });

    test("guests share one connection to it, which ends with the last of them", async () => {
      const before = wire.connections;
      const guests = Array.from({ length: 4 }, () => guestBehind());
      assert.deepEqual(
        await Promise.all(guests.map(echo)),
        guests.map(() => "here\n"),
      );
      assert.equal(wire.connections, before + 1);
      await Promise.all(guests.map((guest) => guest.close()));
      await wire.unused();
      const again = guestBehind();
      assert.equal(await echo(again), "here\n");
      assert.equal(wire.connections, before + 2);
      await again.close();
    });

    test("its end between two uses is mended, in the middle of a command told", async () => {
      const guest = guestBehind();
      await guest.run(["true"]);
      wire.cut();
      assert.equal(await echo(guest), "here\n");
      const running = guest.run(["sh", "-c", "echo; sleep 43"]);
      running.catch(() => {});
      const stream = await guest.stream(["echo", "begun"]);
      await once(stream, "readable");
      stream.destroy();
      wire.cut();
      await assert.rejects(running, problem("unreachable", /connection was lost/));
      await guest.close();
    });

    test("a guest behind it has its own host key, and the bastion cannot play it", async () => {
      const reach = { by: "bastion" as const, bastion: bastion() };
      const guest = guestOf(sshd, { reach, lookUp: at(jump.port) });
      await assert.rejects(guest.run(["true"]), problem("failed", /another SSH host key/));
      await guest.close();
    });

    test("its key may be in a variable", async () => {
      process.env.COFFER_TEST_BASTION_KEY = jump.key;
      const guest = guestBehind({ key: { env: "COFFER_TEST_BASTION_KEY" } });
      assert.equal(await echo(guest), "here\n");
      await guest.close();
      delete process.env.COFFER_TEST_BASTION_KEY;
    });

    const troubles: readonly {
      why: string;
      changes: () => Partial<Bastion>;
      place?: number;
      kind: GuestProblem;
      words: RegExp;
    }[] = [
      {
        why: "nothing listens there",
        changes: () => ({ port: 1 }),
        kind: "unreachable",
        words: /the bastion 127.0.0.1:1 cannot be reached/,
      },
      {
        why: "another host key",
        changes: () => ({ hostKey: sshd.hostKey }),
        kind: "failed",
        words: /the bastion .*another SSH host key/,
      },
      {
        why: "a key that it does not let in",
        changes: () => ({ key: { file: sshd.keyFile } }),
        kind: "failed",
        words: /the bastion .*does not let "root" in/,
      },
      {
        why: "a file that is not there",
        changes: () => ({ key: { file: "/nonexistent/key" } }),
        kind: "failed",
        words: /key of the bastion 127.0.0.1 cannot be read: ENOENT/,
      },
      {
        why: "a variable that is not set",
        changes: () => ({ key: { env: "COFFER_NOT_SET" } }),
        kind: "failed",
        words: /variable COFFER_NOT_SET is not set/,
      },
      {
        why: "the guest's port is closed",
        changes: () => ({}),
        place: 1,
        kind: "unreachable",
        words: /orders at 127.0.0.1:1: the bastion .*did not open a connection/,
      },
    ];
    for (const { why, changes, place, kind, words } of troubles) {
      test(`trouble is the bastion's: ${why}`, async () => {
        const guest = guestBehind(changes(), place);
        await assert.rejects(guest.run(["true"]), problem(kind, words));
        await guest.close();
      });
    }

    test("a key with a passphrase is told apart, and an agent is asked where no key is named", async () => {
      const { private: locked } = ssh2.utils.generateKeyPairSync("rsa", {
        bits: 2048,
        passphrase: "x",
        cipher: "aes256-ctr",
      });
      process.env.COFFER_TEST_BASTION_KEY = locked;
      const guest = guestBehind({ key: { env: "COFFER_TEST_BASTION_KEY" } });
      await assert.rejects(guest.run(["true"]), problem("failed", /protected by a passphrase.*ssh-add/));
      delete process.env.COFFER_TEST_BASTION_KEY;
      const agent = process.env.SSH_AUTH_SOCK;
      delete process.env.SSH_AUTH_SOCK;
      const { key: _, ...without } = bastion();
      const asking = guestOf(sshd, { reach: { by: "bastion", bastion: without }, lookUp: at(sshd.port) });
      await assert.rejects(asking.run(["true"]), problem("failed", /SSH_AUTH_SOCK names no SSH agent/));
      if (agent !== undefined) process.env.SSH_AUTH_SOCK = agent;
    });
  });
});
