/** TLS on real servers, tried by the engines' own clients and by drivers: who gets in, who does not, and what changes without a restart. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Guest } from "../../access/guest.ts";
import {
  type Connection,
  type Engine,
  rootUser,
  type ServerSpec,
  type TlsMode,
  tlsFiles,
  type User,
  userKey,
} from "../../engines/engine.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { issueClient, issueServer, makeAuthority, type Pair } from "../../provider/tls/certificates.ts";
import { readFiles, writeFiles } from "../../provider/tls/files.ts";
import { expiryOf } from "../../provider/tls/judge.ts";
import { type Login, openClient, withClient } from "../support/clients.ts";
import { startServer as startMariadb } from "./mariadb-guest.ts";
import { startServer as startPostgresql } from "./postgresql-guest.ts";
import { authority } from "./tls-guest.ts";

const password = "s3cret";
const database = "app";
/**
 * Three who have the same password, so that nothing but the certificate tells them apart: one with a name that is not plain, one of
 * the usual kind, and the administrator.
 */
const grants = [{ database, privileges: "all" as const }];
const runner: User = { name: "läufer/CN=app", host: "%", grants };
const app: User = { name: "app", host: "%", grants };
const users: readonly User[] = [runner, app, { ...rootUser, grants }];
const foreign = await makeAuthority("Coffer tests", new Date());

const engines: readonly {
  engine: Engine;
  start: (version: string) => Promise<Started>;
  plainly: { argv: readonly string[]; env: Readonly<Record<string, string>> };
  run: readonly string[];
  refusals: Readonly<Record<"plain" | "certificate", RegExp>>;
}[] = [
  {
    engine: mariadb,
    start: startMariadb,
    plainly: { argv: ["--skip-ssl"], env: {} },
    run: ["-N", "-e", "SELECT 41 + 1"],
    refusals: {
      plain: /ERROR 1045.*Access denied|ERROR 3159/,
      certificate: /ERROR 1045|ERROR 2013.*authentication|ssl\/tls alert|TLS\/SSL error/,
    },
  },
  {
    engine: postgresql,
    start: startPostgresql,
    plainly: { argv: [], env: { PGSSLMODE: "disable" } },
    run: ["--no-psqlrc", "-At", "-c", "SELECT 41 + 1"],
    refusals: {
      plain: /pg_hba\.conf rejects connection.*no encryption/,
      certificate:
        /requires a valid client certificate|password authentication failed|certificate authentication failed|alert unknown ca|unexpectedly/,
    },
  },
];

interface Started {
  guest: Guest;
  spec: ServerSpec;
  address: { host: string; port: number };
  remove(): Promise<void>;
}

for (const { engine, start, plainly, run, refusals } of engines)
  describe(engine.title, () => {
    let server: Started;
    let open: Awaited<ReturnType<typeof openClient>>;

    before(async () => {
      server = await start(engine.versions.at(-1) ?? "");
      await become("basic");
    });
    after(async () => {
      await open?.close();
      await server?.remove();
    });

    /** Plans and executes until nothing is left to do; what was done to the server itself. */
    async function become(tls: TlsMode): Promise<readonly string[]> {
      const desired = { ...server.spec, tls };
      const plan = async () => engine.planServer(desired, await engine.observe(server.guest, desired));
      const { steps } = await plan();
      for (const step of steps) await engine.executeServer(server.guest, step, desired);
      await engine.waitHealthy(server.guest, 60_000);
      assert.deepEqual((await plan()).steps, []);
      const sql = await engine.open(server.guest);
      try {
        for (const step of engine.planDatabases([{ name: database }], await sql.databases(), [], []).steps)
          await sql.execute(step);
        const passwords = Object.fromEntries(users.map((user) => [userKey(engine, user), password]));
        const planUsers = async () => engine.planUsers(users, await sql.users([database], passwords), [], tls).steps;
        for (const step of await planUsers()) await sql.execute(step, passwords);
        assert.deepEqual(await planUsers(), []);
      } finally {
        await sql.close();
      }
      return steps.map(({ kind }) => kind);
    }

    const login = (more: Partial<Login> = {}): Login => ({
      ...{ ...server.address, user: app.name, password, database },
      ...more,
    });
    const viaDriver = (more: Partial<Login>) =>
      withClient(engine.name, login(more), async (query) => Object.values((await query("SELECT 41 + 1"))[0] ?? {}));
    const withTls = { ca: authority.certificate };

    /** The engine's own client, in the guest, as `coffer connect` starts it. */
    async function viaClient(
      as: { name: string },
      { argv = [], env = {}, ...how }: Partial<typeof plainly> & { host?: string; own?: Pair; trusted?: Pair } = {},
    ): Promise<string> {
      const { guest } = server;
      const { host = "127.0.0.1", own, trusted = authority } = how;
      const files = { authority: "/run/ca.pem", own: { certificate: "/run/client.pem", key: "/run/client.key" } };
      await guest.putFile(files.authority, trusted.certificate);
      if (own) {
        await guest.putFile(files.own.certificate, own.certificate);
        await guest.putFile(files.own.key, own.privateKey, { mode: 0o600 });
      }
      const port = engine.ports[0]?.port ?? 0;
      const place: Connection = {
        host,
        port,
        user: as.name,
        password,
        database,
        authority: files.authority,
      };
      const client = engine.client(own ? { ...place, own: files.own } : place);
      const { stdout, stderr } = await guest.run([...client.argv, ...argv, ...run], { env: { ...client.env, ...env } });
      return stdout.trim() || stderr;
    }
    const issue = (user: { name: string; host: string }, by = authority) =>
      issueClient(by, engine.certificateName(user), new Date());

    test("basic: plain connections are let in, and so is TLS with a server that can be trusted", async () => {
      open = await openClient(engine.name, login(withTls));
      assert.equal(await viaClient(app, plainly), "42");
      assert.equal(await viaClient(app), "42");
      assert.deepEqual((await viaDriver({})).map(Number), [42]);
      assert.deepEqual((await viaDriver(withTls)).map(Number), [42]);
    });

    test("clients see a server of another authority, and one that is called otherwise", async () => {
      assert.match(await viaClient(app, { trusted: foreign }), /certificate/i);
      await assert.rejects(viaDriver({ ca: foreign.certificate }), /certificate|signature/);
      assert.match(await viaClient(app, { host: "127.0.0.2" }), /127\.0\.0\.2|hostname|validation|verify/i);
    });

    test("basic to enforced is live: plain connections are refused from then on", async () => {
      assert.ok(!(await become("enforced")).includes("restart"));
      assert.match(await viaClient(app, plainly), refusals.plain);
      await assert.rejects(viaDriver({}));
      assert.equal(await viaClient(app), "42");
      assert.deepEqual((await viaDriver(withTls)).map(Number), [42]);
      assert.equal((await open.query("SELECT 1 AS one"))[0]?.one, 1, "who was connected stays so");
    });

    test("a new certificate is in effect for new connections, and breaks none", async () => {
      const later = new Date(Date.now() + 60_000);
      const names = { names: ["localhost", "renewed.example"], addresses: ["127.0.0.1"] };
      const pair = await issueServer(authority, "renewed", names, later);
      await writeFiles(server.guest, pair, authority.certificate, engine.group);
      const { written } = await readFiles(server.guest);
      const notAfter = expiryOf(pair.certificate) ?? new Date(0);
      const sql = await engine.open(server.guest);
      try {
        assert.equal(await sql.showsCertificate({ notAfter, written }), false);
        await sql.reloadCertificate();
        assert.equal(await sql.showsCertificate({ notAfter, written }), true);
      } finally {
        await sql.close();
      }
      assert.equal(await viaClient(app), "42");
      assert.deepEqual((await viaDriver(withTls)).map(Number), [42]);
      assert.equal((await open.query("SELECT 1 AS one"))[0]?.one, 1);
    });

    test("mtls is live: only a user's own certificate of the stack's authority lets it in", async () => {
      assert.ok(!(await become("mtls")).includes("restart"));
      for (const user of users) {
        const own = await issue(user);
        assert.equal(await viaClient(user, { own }), "42", `${user.name} with its own`);
        const driver = { user: user.name, own: { cert: own.certificate, key: own.privateKey } };
        assert.deepEqual((await viaDriver({ ...withTls, ...driver })).map(Number), [42]);
        assert.match(await viaClient(user), refusals.certificate, `${user.name} without one`);
        const another = await issue(user === app ? runner : app);
        assert.match(await viaClient(user, { own: another }), refusals.certificate, `${user.name} with another user's`);
      }
      assert.match(await viaClient(app, plainly), refusals.plain);
      assert.match(
        await viaClient(app, { own: await issue(app, foreign) }),
        refusals.certificate,
        "a foreign authority's",
      );
      await assert.rejects(viaDriver(withTls));
      assert.equal((await open.query("SELECT 1 AS one"))[0]?.one, 1);
    });

    test("back to basic is live", async () => {
      assert.ok(!(await become("basic")).includes("restart"));
      assert.equal(await viaClient(app, plainly), "42");
      assert.equal(await viaClient(app), "42");
    });

    test("the private key is for root and the server's group alone", async () => {
      const { stdout } = await server.guest.must(["stat", "-c", "%a %U %G", tlsFiles.key]);
      assert.equal(stdout.trim(), `640 root ${engine.group}`);
    });
  });
