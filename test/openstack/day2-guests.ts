/** Coffer's own connection to a guest: commands, files and streams over SSH. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { GuestError, type GuestProblem, layout } from "../../access/guest.ts";
import { openstackGuest } from "../../access/openstack/guest.ts";
import { type Life, ledger } from "./demo.ts";

/** For `assert.rejects`. */
export const problem = (kind: GuestProblem) => (error: unknown) => {
  assert.ok(error instanceof GuestError, String(error));
  assert.equal(error.problem, kind, error.message);
  return true;
};

export function guestsAreReached(life: Life): void {
  test("commands, files and streams as on any guest", async () => {
    const guest = await life.stack.guest(ledger.name);
    assert.equal((await guest.run(["id", "-un"])).stdout, "root\n");
    const odd = "a 'b' \"c\" $HOME `id` \\ \n;é";
    const { stdout } = await guest.run(["sh", "-c", 'printf "%s|%s|" "$1" "$A"; cat', "sh", odd], {
      env: { A: odd },
      stdin: odd,
    });
    assert.equal(stdout, `${odd}|${odd}|${odd}`);
    await guest.putFile("/run/coffer-test", odd, { mode: 0o640 });
    assert.equal(await guest.readFile("/run/coffer-test"), odd);
    assert.equal(await guest.readFile(`${layout.marker}.none`), undefined);
    const stream = await guest.stream(["socat", "-", "EXEC:cat"], { user: "nobody" });
    stream.end("through");
    assert.equal(Buffer.concat(await stream.toArray()).toString(), "through");
    const words = Array.from({ length: 30 }, () => randomUUID());
    const echoed = await Promise.all(words.map((word) => guest.run(["echo", word])));
    assert.deepEqual(
      echoed.map((result) => result.stdout.trim()),
      words,
    );
  });

  test("a command that takes too long is ended in the guest", async () => {
    const guest = await life.stack.guest(ledger.name);
    await assert.rejects(guest.run(["sleep", "1234"], { timeout: 1_000 }), problem("timeout"));
    const { stdout } = await guest.must(["sh", "-c", "sleep 1235 & ps -eo args; kill $!"]);
    assert.match(stdout, /^sleep 1235$/m);
    assert.doesNotMatch(stdout, /^sleep 1234$/m);
  });

  test("another instance's server is left alone", async () => {
    const address = (await life.stack.addresses())[ledger.name];
    assert.ok(address);
    await assert.rejects(openstackGuest({ ...address, uuid: randomUUID() }).run(["true"]), problem("failed"));
  });
}
