/** exec, ssh, dump and load, as somebody at a shell uses them. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Checkout, makeCheckout, type Result } from "../support/checkout.ts";
import { withClient } from "../support/clients.ts";
import { shellLine } from "../support/shell.ts";
import { specOf } from "../support/specs.ts";

for (const engine of ["mariadb", "postgresql"]) {
  describe(engine, () => {
    const name = `${engine}-orders`;
    let checkout: Checkout;

    before(async () => {
      const users = { app: { all: ["shop", "copy"] }, report: { read: ["shop"] } };
      checkout = await makeCheckout(specOf({ [name]: { databases: ["shop", "copy"], users } }));
      await checkout.ok(["up", "--stack", checkout.stack]);
      await sql("shop", "CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1), (2)");
    });
    after(() => checkout?.cleanUp());

    const shell = (line: string): Promise<Result> => shellLine(checkout, name, line);
    const sql = async (database: string, ...statements: readonly string[]) => {
      const login = await checkout.login(name, "app", database);
      return withClient(engine, login, async (query) => {
        let rows: unknown;
        for (const statement of statements) rows = await query(statement);
        return rows;
      });
    };

    test("exec streams all three and has the program's exit code", async () => {
      const done = await shell(`printf 'in\\0put' | ./coffer exec $N $S -- sh -c 'cat; echo "$0" >&2; exit 7' "a  'b"`);
      assert.equal(done.code, 7);
      assert.equal(done.stdout, "in\0put");
      assert.match(done.stderr, /^a {2}'b\n/m);
    });

    test("exec runs as root, or as who is named", async () => {
      assert.equal((await shell("./coffer exec $N $S -- id -un </dev/null")).stdout, "root\n");
      assert.equal((await shell("./coffer exec $N $S --user nobody -- id -un </dev/null")).stdout, "nobody\n");
      const wrong = await shell("./coffer exec $N $S --user=-v -- id </dev/null");
      assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
    });

    test("ssh wants a terminal, and gives a shell on one", async () => {
      const none = await shell("./coffer ssh $N $S </dev/null");
      assert.equal(none.code, 2);
      assert.match(none.stderr, /needs a terminal/);
      const typed = "printf 'echo at-$((6 * 7))-$(id -un)\\nexit 5\\n'";
      const shown = await shell(`${typed} | script -qec "./coffer ssh $N $S" /dev/null`);
      assert.equal(shown.code, 5);
      assert.match(shown.stdout, /at-42-root/);
    });

    test("a dump is loaded into another database through a file, by the user", async () => {
      const dumped = await shell("./coffer dump $N $S -d shop </dev/null > shop.dump");
      assert.equal(dumped.code, 0, dumped.stderr);
      const loaded = await shell("./coffer load $N $S -d copy < shop.dump");
      assert.equal(loaded.code, 0, loaded.stderr);
      assert.deepEqual(await sql("copy", "SELECT id FROM item ORDER BY id"), [{ id: 1 }, { id: 2 }]);
      const again = await shell("./coffer load $N $S -d copy < shop.dump");
      assert.equal(again.code, 2);
      assert.match(again.stderr, /is not empty[\s\S]*--replace/);
      assert.equal((await shell("cat shop.dump | ./coffer load $N $S -d copy --replace")).code, 0);
    });

    test("somebody at a terminal sees bytes and their rate", async () => {
      const line = "./coffer dump $N $S -d shop > seen.dump";
      const { code, stdout } = await shell(`script -qec "${line}" /dev/null </dev/null`);
      assert.equal(code, 0, stdout);
      assert.match(stdout, /dump of \S+-orders: [\d.]+ [KM]?i?B, [\d.]+ [KM]?i?B\/s/);
    });

    test("a dump without its end is refused, and nothing is changed where that can be seen before", async () => {
      const whole = readFileSync(join(checkout.dir, "shop.dump"));
      writeFileSync(join(checkout.dir, "cut.dump"), whole.subarray(0, whole.length / 2));
      await sql("copy", "DELETE FROM item");
      const cut = await shell("./coffer load $N $S -d copy --replace < cut.dump");
      assert.notEqual(cut.code, 0);
      assert.match(cut.stderr, /nothing was (loaded|changed)/);
      assert.deepEqual(await sql("copy", "SELECT id FROM item"), []);
    });

    test("a user without the rights cannot load", async () => {
      const { code, stderr } = await shell("./coffer load $N $S -d shop --user report --replace < shop.dump");
      assert.equal(code, 1);
      assert.match(stderr, /denied|must be owner/);
      assert.deepEqual(await sql("shop", "SELECT id FROM item ORDER BY id"), [{ id: 1 }, { id: 2 }]);
    });

    test("which database has to be said where there are several", async () => {
      const { code, stdout, stderr } = await shell("set -o pipefail; ./coffer dump $N $S </dev/null | cat");
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /several databases[\s\S]*--database: shop, copy|copy, shop/);
    });

    test("up puts a certificate right that somebody broke, and the server shows it without a restart", async () => {
      assert.equal(
        (await shell("./coffer exec $N $S -- sh -c 'echo x > /srv/coffer/conf/tls/server.pem' </dev/null")).code,
        0,
      );
      const up = await shell("./coffer up $S");
      assert.equal(up.code, 0, up.stderr);
      assert.match(up.stdout + up.stderr, /a new certificate: what is there is no certificate/);
      assert.equal((await shell("./coffer preview $S --detailed-exitcode")).code, 0);
      assert.deepEqual(await sql("shop", "SELECT id FROM item ORDER BY id"), [{ id: 1 }, { id: 2 }]);
    });

    test("mtls: connect and load bring a certificate along, and an application gets its own", async () => {
      const users = { app: { all: ["shop", "copy"] }, report: { read: ["shop"] } };
      checkout.writeSpec(specOf({ [name]: { databases: ["shop", "copy"], users, extra: "tls: mtls" } }));
      await checkout.ok(["up", "--stack", checkout.stack]);
      await assert.rejects(sql("shop", "SELECT 1"), "a password alone is not enough");
      const made = await shell("./coffer user-certificate $N app $S --directory certificates --days 2");
      assert.equal(made.code, 0, made.stderr);
      const [cert = "", key = ""] = ["client.pem", "client.key"].map((file) =>
        readFileSync(join(checkout.dir, "certificates", file), "utf8"),
      );
      const login = { ...(await checkout.login(name, "app", "shop")), own: { cert, key } };
      await withClient(engine, login, (query) => query("SELECT 1"));
      const other = { ...(await checkout.login(name, "report", "shop")), own: { cert, key } };
      await assert.rejects(withClient(engine, other, (query) => query("SELECT 1")));
      const kept = await shell("./coffer user-certificate $N report $S --directory certificates");
      assert.equal(kept.code, 2);
      assert.match(kept.stderr, /is not a certificate of/);

      const connected = await shell("echo 'SELECT count(*) + 40 FROM item;' | ./coffer connect $N $S -d shop");
      assert.equal(connected.code, 0, connected.stderr);
      assert.match(connected.stdout, /\b42\b/);
      const loaded = await shell("./coffer load $N $S -d copy --replace < shop.dump");
      assert.equal(loaded.code, 0, loaded.stderr);
      const left = await shell("./coffer exec $N $S -- sh -c 'ls -d /run/coffer-client-*' </dev/null");
      assert.equal(left.stdout, "", "no certificate stays behind");
    });
  });
}
