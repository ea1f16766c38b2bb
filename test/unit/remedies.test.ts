/** Errors of engines, clouds and machines, in their own words, end in what to do. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { numbers } from "../../engines/mariadb/remedies.ts";
import { sqlError } from "../../engines/mariadb/sql.ts";
import { inWords } from "../../engines/postgresql/connection.ts";
import { states } from "../../engines/postgresql/remedies.ts";
import { knownRemedy } from "../../operations/remedies.ts";

const mariadb: readonly { errno: number; says: string; remedy: RegExp }[] = [
  {
    errno: 1021,
    says: "Disk full (/srv/coffer/data); waiting for someone to free some space... (errno: 28)",
    remedy: /resize-volume/,
  },
  { errno: 1040, says: "Too many connections", remedy: /max_connections/ },
  {
    errno: 1041,
    says: "Out of memory; check if mysqld or some other process uses all available memory",
    remedy: /flavor/,
  },
  { errno: 1044, says: "Access denied for user 'root'@'localhost' to database 'shop'", remedy: /ALL PRIVILEGES/ },
  { errno: 1045, says: "Access denied for user 'root'@'localhost' (using password: NO)", remedy: /unix_socket/ },
  { errno: 1698, says: "Access denied for user 'root'@'localhost'", remedy: /unix_socket/ },
  { errno: 1114, says: "The table 't' is full", remedy: /resize-volume/ },
  { errno: 1115, says: "Unknown character set: 'utf9'", remedy: /utf8mb4/ },
  { errno: 1205, says: "Lock wait timeout exceeded; try restarting transaction", remedy: /holds a lock/ },
  { errno: 1213, says: "Deadlock found when trying to get lock; try restarting transaction", remedy: /same again/ },
  { errno: 1253, says: "COLLATION 'latin1_bin' is not valid for CHARACTER SET 'utf8mb4'", remedy: /SHOW COLLATION/ },
  { errno: 1273, says: "Unknown collation: 'utf8mb4_0900_ai_ci'", remedy: /SHOW COLLATION/ },
  {
    errno: 1290,
    says: "The MariaDB server is running with the --read-only option so it cannot execute this statement",
    remedy: /read_only = OFF/,
  },
  { errno: 1030, says: 'Got error 28 "No space left on device" from storage engine InnoDB', remedy: /resize-volume/ },
];

describe("MariaDB", () => {
  for (const { errno, says, remedy } of mariadb)
    test(`${errno}: ${says}`, () => {
      const { message } = sqlError(Object.assign(new Error(says), { code: "ER_X", errno }), "orders");
      assert.ok(message.startsWith(`${says}; `));
      assert.match(message.slice(says.length), remedy);
    });
  test("what nothing is known about stays as it is, and no verifier is told", () => {
    const told = (text: string, errno: number) =>
      sqlError(Object.assign(new Error(text), { code: "ER_X", errno }), "o").message;
    assert.equal(told("You have an error near '*0123456789ABCDEF'", 1064), "You have an error near '*...'");
    assert.equal(sqlError("odd", "o").message, "odd");
  });
});

const postgresql: readonly { code: string; says: string; remedy: RegExp }[] = [
  { code: "53100", says: 'could not extend file "base/5/16384": No space left on device', remedy: /resize-volume/ },
  { code: "53200", says: "out of memory", remedy: /resize-instance/ },
  { code: "53300", says: "sorry, too many clients already", remedy: /max_connections/ },
  { code: "55P03", says: "canceling statement due to lock timeout", remedy: /holds a lock/ },
  { code: "40P01", says: "deadlock detected", remedy: /same again/ },
  { code: "42704", says: 'collation "de_DE" for encoding "UTF8" does not exist', remedy: /pg_collation/ },
  { code: "25006", says: "cannot execute CREATE ROLE in a read-only transaction", remedy: /read_only/ },
  { code: "28000", says: 'role "postgres" is not permitted to log in', remedy: /ALTER ROLE postgres LOGIN/ },
  { code: "28P01", says: 'password authentication failed for user "postgres"', remedy: /pg_hba/ },
  { code: "42501", says: "permission denied to create role", remedy: /SUPERUSER/ },
  { code: "57P03", says: "the database system is starting up", remedy: /coffer list/ },
  { code: "57014", says: "canceling statement due to statement timeout", remedy: /same again/ },
  { code: "55006", says: 'database "shop" is being accessed by other users', remedy: /end those sessions/ },
];

describe("PostgreSQL", () => {
  for (const { code, says, remedy } of postgresql)
    test(`${code}: ${says}`, () => {
      const error = inWords(Object.assign(new Error(says), { code }), { name: "ledger" });
      assert.ok(error instanceof Error && error.message.startsWith(`${says}; `));
      assert.match(error.message.slice(says.length), remedy);
    });
  test("what nothing is known about is the same error", () => {
    const error = Object.assign(new Error("syntax error"), { code: "42601" });
    assert.equal(inWords(error, { name: "ledger" }), error);
    const odd = Object.assign(new Error("x"), { code: "constructor" });
    assert.equal(inWords(odd, { name: "ledger" }), odd);
  });
});

test("the tables have numbers and states as the servers write them", () => {
  for (const number of numbers) assert.ok(Number.isInteger(number) && number >= 1000 && number < 5000, String(number));
  for (const state of states) assert.match(state, /^[0-9A-Z]{5}$/);
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

describe("clouds and machines", () => {
  for (const { why, says, remedy } of others)
    test(`${why}: ${says.slice(0, 60)}`, () => {
      const known = knownRemedy([says])?.remedy;
      const words = typeof known === "function" ? known("run up again") : known;
      if (remedy) assert.match(words ?? "", remedy);
      else assert.equal(words, undefined);
    });
});
