/** A process whose whole life arrives at once: nothing of it may be lost while nobody listens yet. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import ssh2, { type ServerChannel } from "ssh2";
import { makeKeyPair } from "../../access/key-pair.ts";
import { closeAll, guestOf } from "./openstack-ssh-fixture.ts";

const lives: readonly { why: string; live(channel: ServerChannel): void; code: number; stdout?: string }[] = [
  { why: "it ends well", live: (channel) => channel.exit(0), code: 0 },
  { why: "it fails", live: (channel) => channel.exit(7), code: 7 },
  { why: "it is killed", live: (channel) => channel.exit("SIGUSR1"), code: 138 },
  {
    why: "it says something",
    live: (channel) => {
      channel.write("said");
      channel.exit(0);
    },
    code: 0,
    stdout: "said",
  },
];

for (const { why, live, code, stdout = "" } of lives) {
  test(`start and end in one packet: ${why}`, async () => {
    const host = makeKeyPair();
    const login = makeKeyPair();
    // In this process, so that all it writes in one turn is there when the guest reads next.
    const server = new ssh2.Server({ hostKeys: [host.privateKey] }, (client) => {
      client.on("error", () => {});
      client.on("authentication", (context) => context.accept());
      client.on("session", (open) => {
        open().on("exec", (start) => {
          const channel = start();
          live(channel);
          channel.end();
        });
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const sshd = { port, hostKey: host.publicKey, key: login.privateKey };
    try {
      const result = await guestOf(sshd).run(["true"]);
      assert.deepEqual(result, { code, stdout, stderr: "" });
    } finally {
      await closeAll();
      server.close();
    }
  });
}
