/**
 * What is said of errors of clouds and machines, as a command prints it; and that what is said of the servers' errors can be done.
 * `test/docker/remedies.test.ts` has the servers' own errors.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { commands } from "../../cli/commands/index.ts";
import { failure } from "../../cli/failure.ts";
import { remedies as ofMariadb } from "../../engines/mariadb/remedies.ts";
import { sqlError } from "../../engines/mariadb/sql.ts";
import { inWords } from "../../engines/postgresql/connection.ts";
import { remedies as ofPostgresql } from "../../engines/postgresql/remedies.ts";
import { failureOf } from "../../operations/failures.ts";

/** What the remedies of an engine call parameters; other words with a `_` are names of its catalogue. */
const servers: readonly { engine: string; texts: readonly string[]; versions: readonly string[]; others: RegExp }[] = [
  {
    engine: "mariadb",
    texts: [...ofMariadb.values()],
    versions: ["10.11", "11.8"],
    others: /^unix_socket$/,
  },
  {
    engine: "postgresql",
    texts: Object.values(ofPostgresql),
    versions: ["15", "17"],
    others: /^pg_(?:stat_activity|hba|collation)$/,
  },
];

for (const { engine, texts, versions, others } of servers) {
  test(`${engine}: every command that a remedy names is there`, () => {
    const named = texts.flatMap((text) => [...text.matchAll(/`coffer ([a-z-]+)/g)].map(([, name]) => name));
    assert.ok(named.length > 5, `${named.length} commands`);
    const known = commands.map(({ name }) => name);
    assert.deepEqual(
      [...new Set(named)].filter((name = "") => !known.includes(name)),
      [],
    );
  });
  test(`${engine}: every parameter that a remedy names is one of each version`, () => {
    const named = texts
      .flatMap((text) => text.match(/\b[a-z]+(?:_[a-z]+)+\b/g) ?? [])
      .filter((name) => !others.test(name));
    assert.ok(named.length > 2, `${named.length} parameters`);
    for (const version of versions) {
      const file = new URL(`../../engines/${engine}/parameters/${version}.json`, import.meta.url);
      const text = readFileSync(file, "utf8");
      assert.deepEqual(
        [...new Set(named)].filter((name) => !text.includes(`"${name}"`)),
        [],
        version,
      );
    }
  });
}

test("MariaDB: what nothing is known about stays as it is, and no verifier is told", () => {
  const told = (text: string, errno: number) =>
    sqlError(Object.assign(new Error(text), { code: "ER_X", errno }), "o").message;
  assert.equal(told("You have an error near '*0123456789ABCDEF'", 1064), "You have an error near '*...'");
  assert.equal(sqlError("odd", "o").message, "odd");
});

test("PostgreSQL: what nothing is known about is the same error", () => {
  const error = Object.assign(new Error("syntax error"), { code: "42601" });
  assert.equal(inWords(error, { name: "ledger" }), error);
  const odd = Object.assign(new Error("x"), { code: "constructor" });
  assert.equal(inWords(odd, { name: "ledger" }), odd);
});

const others: readonly { says: string; remedy: RegExp | undefined; why: string }[] = [
  {
    why: "Nova: nothing has room",
    says: "the server s failed: No valid host was found. There are not enough hosts available.",
    remedy: /no host has room/,
  },
  {
    why: "Nova's quota",
    says: "Quota exceeded for cores: Requested 4, but already used 18 of 20 cores",
    remedy: /larger quota/,
  },
  {
    why: "Cinder's quota",
    says: "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested 5G",
    remedy: /larger quota/,
  },
  { why: "Neutron's quota", says: "Quota exceeded for resources: ['port'].", remedy: /larger quota/ },
  { why: "Nova: image", says: "Image 6a1b is not active.", remedy: /until the image is active/ },
  {
    why: "Nova: image, by its exception",
    says: "Image 6a1b is unacceptable: Image is not active",
    remedy: /until the image is active/,
  },
  {
    why: "Nova: flavor and image",
    says: "Flavor's disk is too small for requested image. Flavor disk is 1073741824 bytes",
    remedy: /larger flavor/,
  },
  { why: "Neutron: addresses", says: "No more IP addresses available on network 3f2a.", remedy: /subnet is full/ },
  {
    why: "Keystone: token",
    says: "The request you have made requires authentication.",
    remedy: /log in to the cloud anew/,
  },
  { why: "gophercloud", says: "Authentication failed", remedy: /log in to the cloud anew/ },
  {
    why: "policy",
    says: "Policy doesn't allow os_compute_api:servers:create to be performed.",
    remedy: /role lacks that right/,
  },
  { why: "Cinder: in use", says: "Volume 77 is in use by server 12", remedy: /detach it/ },
  {
    why: "Nova: retries",
    says: "Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures",
    remedy: /could not build/,
  },
  {
    why: "Docker: port",
    says: "driver failed programming external connectivity: Bind for 127.0.0.1:3306 failed: port is already allocated",
    remedy: /ports:/,
  },
  {
    why: "Docker: address",
    says: "listen tcp4 192.0.2.1:3306: bind: cannot assign requested address",
    remedy: /docker\.bind/,
  },
  {
    why: "Docker: right",
    says: "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
    remedy: /group docker/,
  },
  {
    why: "Docker: stopped",
    says: "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
    remedy: /start Docker/,
  },
  {
    why: "Docker: pools",
    says: "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
    remedy: /network prune/,
  },
  {
    why: "Docker: name",
    says: 'Conflict. The container name "/orders" is already in use by container "1f2e".',
    remedy: /coffer orphans/,
  },
  {
    why: "Docker: processor",
    says: "no matching manifest for linux/arm64/v8 in the manifest list entries",
    remedy: /another processor/,
  },
  {
    why: "Docker: limit of pulls",
    says: "toomanyrequests: You have reached your pull rate limit.",
    remedy: /docker login/,
  },
  {
    why: "Docker: CPUs",
    says: "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available",
    remedy: /sizes in the spec/,
  },
  { why: "disk", says: "write /srv/x: no space left on device", remedy: /free some space/ },
  { why: "memory", says: "fork/exec /usr/bin/pulumi: cannot allocate memory", remedy: /more memory/ },
  { why: "read-only", says: "open .coffer/state: read-only file system", remedy: /can be written/ },
  { why: "name", says: "dial tcp: lookup keystone.example on 127.0.0.53:53: no such host", remedy: /DNS/ },
  { why: "certificate", says: "x509: certificate signed by unknown authority", remedy: /OS_CACERT/ },
  { why: "clock", says: "x509: certificate has expired or is not yet valid", remedy: /clock/ },
  {
    why: "a database's login is not the cloud's",
    says: 'password authentication failed for user "postgres"; the remedy',
    remedy: undefined,
  },
  { why: "a database's memory is not the machine's", says: "out of memory; take a larger flavor", remedy: undefined },
  { why: "an expired token", says: "The token 3f has expired", remedy: /log in to the cloud anew/ },
  {
    why: "a server's own words have a remedy already, or none",
    says: 'the extension "x" is not trusted',
    remedy: undefined,
  },
];

/** What `up` prints of an engine's error; without a remedy of its own it ends in a general one. */
function printed(says: string): string {
  const run = { command: "up", stack: "demo", reasons: [], program: [], words: "", cancelled: false, killed: false };
  const name = (urn: string) => ({ urn, type: "x", name: urn });
  const errors = [{ severity: "error" as const, message: says }];
  return failure(failureOf({ ...run, errors, log: "/log", again: "run up again", name }), false).text;
}

describe("clouds and machines", () => {
  for (const { why, says, remedy } of others)
    test(`${why}: ${says.slice(0, 60)}`, () => {
      const text = printed(says);
      assert.ok(text.includes(says), text);
      assert.match(
        text,
        remedy ? new RegExp(`what to do: .*${remedy.source}`) : /what to do: mend the cause and run up again/,
      );
    });
});
