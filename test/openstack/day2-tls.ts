/** TLS between clients and servers, through the cloud's addresses. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { type Login, withClient } from "../support/clients.ts";
import { withoutFull } from "../support/full.ts";
import { both, type DemoInstance, type Life, orders } from "./demo.ts";

const run = promisify(execFile);

/** What a plain connection is told. */
const refusals = { mariadb: /insecure transport|Access denied/i, postgresql: /pg_hba\.conf.*no encryption/ };
/** The engines' ways to TLS, as openssl calls them. */
const starts = { mariadb: "mysql", postgresql: "postgres" };

export function connectionsAreEncrypted(life: Life): void {
  const plainly = async (one: DemoInstance): Promise<unknown> => {
    const { ca: _, ...login }: Login = await life.login(one);
    return withClient(one.engine, login, (query) => query("SELECT 1 AS one"));
  };

  test("the certificate is the authority's that `coffer ca` prints, and names the floating and the fixed address", async () => {
    const { stdout: authority } = await life.stack.ok(["ca", "--stack", life.stack.stack]);
    const file = join(life.stack.dir, "ca.pem");
    writeFileSync(file, authority);
    for (const one of both) {
      const { host, port, ca } = await life.login(one);
      assert.equal(authority.trim(), ca?.trim());
      const server = await life.stack.object(one.name, "server");
      const fixed = server.addresses?.filter(({ kind }) => kind === "fixed").map(({ address }) => address) ?? [];
      assert.ok(fixed.length > 0);
      const verified = (name: readonly string[]) => {
        const how = ["-starttls", starts[one.engine], "-CAfile", file, "-verify_return_error", ...name];
        // Ends at the end of its input, which is there at once.
        const handshake = run("openssl", ["s_client", "-connect", `${host}:${port}`, ...how], { timeout: 60_000 });
        handshake.child.stdin?.end();
        return handshake;
      };
      for (const address of [host, ...fixed]) await verified(["-verify_ip", address]);
      await verified(["-verify_hostname", one.name]);
      await assert.rejects(verified(["-verify_ip", "172.24.4.1"]), /mismatch/, "any address is as good");
    }
  });

  test("a plain connection is refused", async () => {
    for (const one of both) await assert.rejects(plainly(one), refusals[one.engine], one.name);
  });

  test("under `tls: basic` a plain connection is let in, until that is taken back", { skip: withoutFull }, async () => {
    const pid = await life.serverPid(orders);
    life.stack.edit((spec) => spec.setIn(["instances", orders.name, "tls"], "basic"));
    await life.stack.does("up");
    assert.deepEqual(await plainly(orders), [{ one: 1 }]);
    await life.rowsAreThere(orders);
    life.stack.edit((spec) => spec.deleteIn(["instances", orders.name, "tls"]));
    await life.stack.does("up");
    await assert.rejects(plainly(orders), refusals.mariadb);
    await life.rowsAreThere(orders);
    assert.equal(await life.serverPid(orders), pid, "the server was restarted for it");
  });
}
