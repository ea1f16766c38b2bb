/** What goes wrong around an apply: each ends in a clear error or a repair, within a bounded time, with nothing lost. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Checkout, makeCheckout, objectsOf } from "../support/checkout.ts";
import { dockerProxy } from "../support/docker-proxy.ts";
import { specOf } from "../support/specs.ts";

const name = "postgresql-a";
const options = { databases: ["shop"], users: { app: { all: ["shop"] } } };

describe("around a stack that is up", () => {
  let checkout: Checkout;
  const up = (env?: NodeJS.ProcessEnv) => checkout.coffer(["up", "--stack", checkout.stack], env);

  before(async () => {
    checkout = await makeCheckout(specOf({ [name]: options }));
    await checkout.ok(["up", "--stack", checkout.stack]);
  });
  after(() => checkout.cleanUp());

  test("two ups at once both succeed, one after the other", async () => {
    checkout.writeSpec(specOf({ [name]: { ...options, parameters: { log_min_duration_statement: "9s" } } }));
    const [a, b] = await Promise.all([up(), up()]);
    assert.deepEqual([a.code, b.code], [0, 0], `${a.stderr}\n---\n${b.stderr}`);
  });

  test("a user whose drop failed is dropped by the next up", async () => {
    const [container] = (await objectsOf(checkout.stackId())).containers;
    const sql = (database: string, statements: string) => {
      const asServer = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"];
      const psql = ["psql", "-v", "ON_ERROR_STOP=1", "-At", "-h", "/run/postgresql", "-d", database, "-c", statements];
      return execFileSync("docker", ["exec", container?.Id ?? "", ...asServer, ...psql], { encoding: "utf8" }).trim();
    };
    const roles = () => sql("postgres", "SELECT rolname FROM pg_roles WHERE rolname IN ('app', 'leaver') ORDER BY 1");
    checkout.writeSpec(specOf({ [name]: { ...options, users: { ...options.users, leaver: { all: ["shop"] } } } }));
    await checkout.ok(["up", "--stack", checkout.stack]);
    sql("postgres", "CREATE DATABASE closed");
    sql("closed", "CREATE TABLE notes (); ALTER TABLE notes OWNER TO leaver");
    sql("postgres", "ALTER DATABASE closed ALLOW_CONNECTIONS false");

    checkout.writeSpec(specOf({ [name]: options }));
    const failed = await up();
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /leaver/);
    assert.equal(roles(), "app\nleaver");
    sql("postgres", "ALTER DATABASE closed ALLOW_CONNECTIONS true");
    await checkout.ok(["up", "--stack", checkout.stack]);
    assert.equal(roles(), "app");
  });

  test("a wrong passphrase is told as such, and the right one still works", async () => {
    const folder = join(checkout.dir, "config-home/coffer");
    const file = join(folder, checkout.stackId());
    const right = readFileSync(file, "utf8");
    writeFileSync(file, "not the passphrase");
    const wrong = await up();
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /passphrase/i);
    assert.ok(!wrong.stderr.includes("not the passphrase"), "the passphrase itself was printed");
    writeFileSync(file, right);
    await checkout.ok(["user-show", name, "app", "--password", "--stack", checkout.stack]);
  });

  test("a corrupt state is told with its file, and is not overwritten", async () => {
    const file = join(checkout.dir, `.coffer/state/.pulumi/stacks/coffer/${checkout.stack}.json`);
    const whole = readFileSync(file, "utf8");
    writeFileSync(file, whole.slice(0, whole.length / 2));
    const corrupt = await up();
    assert.equal(corrupt.code, 1);
    assert.match(corrupt.stderr, new RegExp(`${checkout.stack}\\.json`));
    assert.equal(readFileSync(file, "utf8").length, Math.floor(whole.length / 2));
    writeFileSync(file, whole);
    await checkout.ok(["up", "--stack", checkout.stack]);
  });

  test("an engine that does not answer is named", async () => {
    const result = await up({ DOCKER_HOST: "unix:///nonexistent/docker.sock" });
    assert.equal(result.code, 1);
    assert.match(result.stderr, /nonexistent\/docker\.sock/);
  });

  test("a spec of another file is refused under the same stack name", async () => {
    const other = join(checkout.dir, "other", `${checkout.stack}.yaml`);
    mkdirSync(join(checkout.dir, "other"));
    writeFileSync(other, specOf({}));
    const refused = await checkout.coffer(["up", "-f", other]);
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /--take-over/);
    assert.equal((await objectsOf(checkout.stackId())).containers.length, 1);
  });

  test("a data volume removed by hand is not replaced by an empty one in silence", async () => {
    const { containers, volumes } = await objectsOf(checkout.stackId());
    execFileSync("docker", ["rm", "-f", containers[0]?.Id ?? ""]);
    execFileSync("docker", ["volume", "rm", volumes[0]?.Name ?? ""]);
    const refused = await up();
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, new RegExp(volumes[0]?.Name ?? "no volume"));
    assert.equal((await objectsOf(checkout.stackId())).volumes.length, 0);
  });
});

describe("around a first up", () => {
  let checkout: Checkout;
  const up = (env?: NodeJS.ProcessEnv) => checkout.coffer(["up", "--stack", checkout.stack], env);

  before(async () => {
    checkout = await makeCheckout(specOf({ [name]: options }));
  });
  after(() => checkout.cleanUp());

  test("a port that another program has is named, and freed it works", async () => {
    const taken = createServer();
    const port = await new Promise<number>((listening) =>
      taken.listen(0, "127.0.0.1", () => listening((taken.address() as { port: number }).port)),
    );
    checkout.writeSpec(specOf({ [name]: { ...options, extra: `ports: { sql: ${port} }` } }));
    const refused = await up();
    await new Promise((closed) => taken.close(closed));
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, new RegExp(`${port}.*taken`));
    checkout.writeSpec(specOf({ [name]: options }));
  });

  test("an image that does not exist is named", async () => {
    const text = specOf({ [name]: options }).replace(
      'versions: { "15": {} }',
      'versions: { "15": { image: "coffer-test/absent:1" } }',
    );
    checkout.writeSpec(text);
    const refused = await up();
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /coffer-test\/absent:1/);
    checkout.writeSpec(specOf({ [name]: options }));
  });

  test("bad input changes nothing", async () => {
    const objects = await objectsOf(checkout.stackId());
    const state = checkout.stateText();
    checkout.writeSpec(specOf({ [name]: { ...options, flavor: "smal" } }));
    const refused = await up();
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /:\d+:\d+: .*smal.*small/s);
    assert.equal(checkout.stateText(), state);
    assert.deepEqual(await objectsOf(checkout.stackId()), objects);
    checkout.writeSpec(specOf({ [name]: options }));
  });

  test("an engine that stops in the middle is a clear error, and the next up mends it", async () => {
    const proxy = await dockerProxy();
    try {
      const started = proxy.seen(/^POST .*\/containers\/create/);
      const cutUp = up({ DOCKER_HOST: proxy.url });
      await started;
      proxy.cut();
      const cut = await cutUp;
      assert.equal(cut.code, 1, cut.stderr);
      assert.match(cut.stderr, /docker/i);
    } finally {
      await proxy.close();
    }
    await checkout.ok(["up", "--stack", checkout.stack]);
    const { containers, volumes } = await objectsOf(checkout.stackId());
    assert.deepEqual([containers.length, volumes.length], [1, 1]);
  });

  test("a delete that failed is finished by the same command, a create by up", async () => {
    const remove = ["delete", name, "--yes", "--with-data", "--yes-delete-data", name, "--stack", checkout.stack];
    const create = ["create", name, "small", "--size", "1", "--datastore", "postgresql", "--stack", checkout.stack];
    const failed = async (request: RegExp, args: readonly string[]) => {
      const proxy = await dockerProxy();
      try {
        const seen = proxy.seen(request);
        const run = checkout.coffer(args, { DOCKER_HOST: proxy.url });
        await seen;
        proxy.cut();
        const { code, stderr } = await run;
        assert.equal(code, 1, stderr);
        return stderr;
      } finally {
        await proxy.close();
      }
    };
    assert.match(
      await failed(/^(DELETE|POST) .*\/containers\/[^/]+(\/stop|\/kill|\?|$)/, remove),
      /run the same command again/,
    );
    assert.doesNotMatch(readFileSync(checkout.specFile, "utf8"), new RegExp(name));
    await checkout.ok(remove);
    const { containers, volumes } = await objectsOf(checkout.stackId());
    assert.deepEqual([containers.length, volumes.length], [0, 0]);
    const unknown = await checkout.coffer(remove);
    assert.deepEqual([unknown.code, /has no instance/.test(unknown.stderr)], [2, true], unknown.stderr);

    assert.match(await failed(/^POST .*\/containers\/create/, create), /run `coffer up` \(the spec has the change/);
    await checkout.ok(["up", "--stack", checkout.stack]);
    assert.equal((await objectsOf(checkout.stackId())).containers.length, 1);
    checkout.writeSpec(specOf({ [name]: options }));
  });

  test("no space for the state is told with the folder, and nothing is lost", async () => {
    await onSmallDisk(join(checkout.dir, ".coffer"), async () => {
      checkout.writeSpec(specOf({ [name]: { ...options, parameters: { log_min_duration_statement: "8s" } } }));
      const full = await up();
      assert.notEqual(full.code, 0);
      assert.match(full.stderr, /space|ENOSPC/i);
    });
    await checkout.ok(["up", "--stack", checkout.stack]);
  });

  test("a read-only checkout is told, with the folder that must be writable", async () => {
    await readOnly(checkout.dir, async () => {
      const refused = await up();
      assert.notEqual(refused.code, 0);
      assert.match(refused.stderr, /read-only|writ/i);
    });
    await checkout.ok(["up", "--stack", checkout.stack]);
  });
});

/** Puts a full file system over the folder, with the folder's own files in it. */
async function onSmallDisk(folder: string, act: () => Promise<void>): Promise<void> {
  const bytes = Number(execFileSync("du", ["-sb", folder]).toString().split("\t")[0]);
  const copy = `${folder}-copy`;
  execFileSync("cp", ["-a", folder, copy]);
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${Math.ceil(bytes / 4096) * 4096 * 2 + 65_536}`, "tmpfs", folder]);
  try {
    execFileSync("cp", ["-a", `${copy}/.`, folder]);
    fill(folder);
    await act();
  } finally {
    execFileSync("umount", [folder]);
    execFileSync("rm", ["-rf", copy]);
  }
}

function fill(folder: string): void {
  for (let size = 65_536; size >= 1; size = Math.floor(size / 4)) {
    for (;;) {
      try {
        writeFileSync(join(folder, `fill-${readdirSync(folder).length}`), Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        break;
      }
    }
  }
}

async function readOnly(folder: string, act: () => Promise<void>): Promise<void> {
  execFileSync("mount", ["--bind", folder, folder]);
  try {
    execFileSync("mount", ["-o", "remount,bind,ro", folder]);
    await act();
  } finally {
    execFileSync("umount", [folder]);
  }
}
