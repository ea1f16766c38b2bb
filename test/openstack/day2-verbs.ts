/** Verbs on databases and users, and what works inside a guest: programs, a shell, dumps. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withClient } from "../support/clients.ts";
import { withoutFull } from "../support/full.ts";
import { shellLine } from "../support/shell.ts";
import { type Life, ledger, orders } from "./demo.ts";

/** The tests on Docker go through the same verbs with both engines, and each apply takes two emulated guests long. */
export function databasesAndUsersAreChanged(life: Life): void {
  describe("databases and users", { skip: withoutFull }, () => verbsChangeThem(life));
}

function verbsChangeThem(life: Life): void {
  const refused = /authentication failed|does not exist|pg_hba\.conf/;

  test("a database and a user are made, who gets access to another one; several edits are one apply", async () => {
    await life.stack.does("database-create", ledger.name, "reports", "--edit-only");
    await life.stack.does("user-create", ledger.name, "scribe", "--databases", "reports", "--edit-only");
    const grant = [ledger.name, "scribe", ledger.database, "--privileges", "read", "--all"];
    await life.stack.does("user-grant-access", ...grant);
    const login = await life.login(ledger, "scribe");
    await withClient(ledger.engine, { ...login, database: "reports" }, async (query) => {
      await query("CREATE TABLE t (id int)");
      await query("INSERT INTO t VALUES (7)");
      assert.deepEqual(await query("SELECT id FROM t"), [{ id: 7 }]);
    });
    assert.equal((await life.ask(ledger, "SELECT id FROM item", "scribe")).length, 2);
    await assert.rejects(life.ask(ledger, "INSERT INTO item VALUES (3)", "scribe"), ledger.denied);
  });

  test("a renamed user keeps password, grants and tables", async () => {
    const before = await life.login(ledger, "scribe");
    await life.stack.does("user-update", ledger.name, "scribe", "--new-name", "archivist");
    const now = await life.login(ledger, "archivist");
    assert.equal(now.password, before.password);
    const inReports = { ...now, database: "reports" };
    assert.deepEqual(await withClient(ledger.engine, inReports, (query) => query("SELECT id FROM t")), [{ id: 7 }]);
    assert.equal((await life.ask(ledger, "SELECT id FROM item", "archivist")).length, 2);
    await assert.rejects(
      withClient(ledger.engine, before, (query) => query("SELECT 1")),
      refused,
    );
  });

  test("both are dropped", async () => {
    const former = await life.login(ledger, "archivist");
    await life.stack.does("user-delete", ledger.name, "archivist", "--yes", "--edit-only");
    await life.stack.does("database-delete", ledger.name, "reports", "--yes", "--all");
    await assert.rejects(
      withClient(ledger.engine, former, (query) => query("SELECT 1")),
      refused,
    );
    const names = (
      await life.stack.json<{ name: string }[]>(["database-list", ledger.name, "--stack", life.stack.stack])
    ).map(({ name }) => name);
    assert.ok(names.includes(ledger.database) && !names.includes("reports"), names.join(", "));
  });
}

export function guestsAreUsed(life: Life): void {
  const shell = (line: string) => shellLine(life.stack, orders.name, line);

  test("exec streams all three, as who is named, and has the program's exit code", async () => {
    const program = `sh -c 'cat; id -un; . /etc/os-release; echo "$VERSION_CODENAME $0" >&2; exit 7' "a  'b"`;
    const done = await shell(`printf 'in\\0put\\n' | ./coffer exec $N $S --user nobody -- ${program}`);
    assert.equal(done.code, 7, done.stderr);
    assert.equal(done.stdout, "in\0put\nnobody\n");
    assert.match(done.stderr, new RegExp(`^${orders.suite} a {2}'b$`, "m"));
  });

  test("ssh gives a shell on a terminal", async () => {
    const typed = "printf 'echo at-$((6 * 7))-$(id -un)\\nexit 5\\n'";
    const shown = await shell(`${typed} | script -qec "./coffer ssh $N $S" /dev/null`);
    assert.equal(shown.code, 5, shown.stdout);
    assert.match(shown.stdout, /at-42-/);
  });

  test("a dump brings back what was lost since", async () => {
    const dumped = await shell(`./coffer dump $N $S -d ${orders.database} </dev/null > shop.dump`);
    assert.equal(dumped.code, 0, dumped.stderr);
    await life.ask(orders, "DELETE FROM item");
    const loaded = await shell(`./coffer load $N $S -d ${orders.database} --replace < shop.dump`);
    assert.equal(loaded.code, 0, loaded.stderr);
    await life.rowsAreThere(orders);
  });

  test("logs has what the server said", async () => {
    assert.match(await life.stack.does("logs", orders.name, "--lines", "200"), /ready for connections/);
    assert.match(await life.stack.does("logs", ledger.name, "--lines", "200"), /ready to accept connections/);
  });
}
