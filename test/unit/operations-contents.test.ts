/** Verbs on databases and users, as far as they are decided before anything is touched: edits of the spec file, refusals. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createDatabases, deleteDatabase } from "../../operations/database-edits.ts";
import { OperationError } from "../../operations/errors.ts";
import type { EditRequest } from "../../operations/spec-edits.ts";
import { createUser, deleteUser, grantAccess, revokeAccess, updateUser } from "../../operations/user-edits.ts";

const spec = `coffer: 1
target: docker
flavors: { small: { vcpus: 1, memory: 512M } }
datastores:
  mariadb: { versions: { "10.11": {} } }
  postgresql: { versions: { "15": {} } }
instances:
  orders:
    datastore: mariadb
    flavor: small
    volume: 1
    databases: [shop, reports] # two
    users:
      - { name: app, databases: [shop] }
      - { name: app, host: 10.%, databases: [{ name: shop, privileges: read }] }
      - { name: "a@b" }
  books:
    datastore: postgresql
    flavor: small
    volume: 1
    users:
      - { name: app }
`;

const folder = mkdtempSync(join(tmpdir(), "coffer-contents-"));
after(() => rmSync(folder, { recursive: true, force: true }));

type Act = (request: EditRequest) => Promise<unknown>;

/** Edits a file of its own and returns what it says then. */
async function edited(act: Act): Promise<string> {
  const root = mkdtempSync(join(folder, "case-"));
  const file = join(root, "demo.yaml");
  writeFileSync(file, spec);
  const workspace = { root, environment: {} };
  try {
    await act({ workspace, report: () => {}, file, shownFile: "demo.yaml", verb: "v", editOnly: true, all: false });
  } catch (error) {
    assert.equal(readFileSync(file, "utf8"), spec, "a refusal leaves the file as it was");
    throw error;
  }
  return readFileSync(file, "utf8");
}

const yes = async () => true;
const orders = (user: string) => ({ name: "orders", user });
const nothing = { newPassword: false, password: {} };

const edits: { why: string; act: Act; line: string }[] = [
  {
    why: "databases with a charset",
    act: (r) => createDatabases({ ...r, name: "orders", databases: ["x"], charset: "latin1" }),
    line: "    databases: [shop, reports, { name: x, charset: latin1 }] # two",
  },
  {
    why: "a user of a host, with a level and a given password",
    act: (r) =>
      createUser({ ...r, ...orders("new@10.%"), databases: ["shop"], privileges: "read", password: { env: "PW" } }),
    line: "      - { name: new, host: 10.%, databases: [ { name: shop, privileges: read } ], password: { env: PW } }",
  },
  {
    why: "where users have no host, an @ is a letter of the name",
    act: (r) => createUser({ ...r, name: "books", user: "new@10.%", databases: [], password: {} }),
    line: "      - { name: new@10.% }",
  },
  {
    why: "the one of two hosts that was named",
    act: (r) => grantAccess({ ...r, ...orders("app@10.%"), databases: ["shop"] }),
    line: "      - { name: app, host: 10.%, databases: [{ name: shop, privileges: all }] }",
  },
  {
    why: "a name with an @ in it",
    act: (r) => grantAccess({ ...r, ...orders("a@b"), databases: ["reports"], privileges: "write" }),
    line: '      - { name: "a@b", databases: [ { name: reports, privileges: write } ] }',
  },
  {
    why: "the last grant",
    act: (r) => revokeAccess({ ...r, ...orders("app@%"), databases: ["shop"] }),
    line: "      - { name: app, databases: [] }",
  },
  {
    why: "a new name",
    act: (r) => updateUser({ ...r, ...orders("a@b"), ...nothing, newName: "c" }),
    line: "      - { name: c, was: a@b }",
  },
  {
    why: "a new host",
    act: (r) => updateUser({ ...r, ...orders("app@%"), ...nothing, newHost: "192.0.2.7" }),
    line: '      - { name: app, databases: [shop], host: 192.0.2.7, was: { host: "%" } }',
  },
  {
    why: "a generated password",
    act: (r) => updateUser({ ...r, ...orders("a@b"), ...nothing, newPassword: true }),
    line: '      - { name: "a@b", password: { generate: 1 } }',
  },
];

for (const { why, act, line } of edits)
  test(`edit: ${why}`, async () => {
    const before = spec.split("\n");
    const now = (await edited(act)).split("\n");
    assert.deepEqual(
      now.filter((text) => !before.includes(text)),
      [line],
    );
  });

test("a user that is dropped leaves the list", async () => {
  const now = await edited((r) => deleteUser({ ...r, ...orders("a@b"), approve: yes }));
  assert.equal(now, spec.replace('      - { name: "a@b" }\n', ""));
});

test("a database that is dropped is named as what may be dropped, and nobody has a grant on it", async () => {
  const now = await edited((r) => deleteDatabase({ ...r, name: "orders", database: "shop", approveLoss: yes }));
  assert.match(now, /databases: \[reports\] # two/);
  assert.match(now, /drop:\n {6}- shop\n/);
  assert.equal(now.match(/databases: \[\]/g)?.length, 2);
});

const refusals: { why: string; act: Act; message: RegExp; remedy?: RegExp }[] = [
  {
    why: "a database that is there",
    act: (r) => createDatabases({ ...r, name: "orders", databases: ["x", "shop"] }),
    message: /lists database "shop" of instance "orders" already/,
  },
  {
    why: "a database twice",
    act: (r) => createDatabases({ ...r, name: "orders", databases: ["x", "x"] }),
    message: /would not be valid.*already listed/,
  },
  {
    why: "the engine's own database",
    act: (r) => createDatabases({ ...r, name: "orders", databases: ["mysql"] }),
    message: /would not be valid/,
  },
  {
    why: "the engine's own user",
    act: (r) => createUser({ ...r, ...orders("root"), databases: [], password: {} }),
    message: /would not be valid .*"root" is reserved/,
  },
  {
    why: "a name with a blank at its end",
    act: (r) => createUser({ ...r, ...orders("app "), databases: [], password: {} }),
    message: /would not be valid .*space/,
  },
  {
    why: "a charset and the collation of another one",
    act: (r) =>
      createDatabases({ ...r, name: "orders", databases: ["x"], charset: "latin1", collation: "utf8mb4_bin" }),
    message: /would not be valid .*belongs to/,
  },
  {
    why: "a database that there is not",
    act: (r) => deleteDatabase({ ...r, name: "orders", database: "shopp", approveLoss: yes }),
    message: /lists no database "shopp" .* did you mean "shop"/,
  },
  {
    why: "a user that is there",
    act: (r) => createUser({ ...r, ...orders("app@10.%"), databases: [], password: {} }),
    message: /lists user "app@10\.%" of instance "orders" already/,
  },
  {
    why: "a grant on a database that there is not",
    act: (r) => grantAccess({ ...r, ...orders("a@b"), databases: ["nope"] }),
    message: /would not be valid .* has no database "nope"/,
  },
  {
    why: "one of several users of that name",
    act: (r) => deleteUser({ ...r, ...orders("app"), approve: yes }),
    message: /has several users "app"/,
    remedy: /say which one: app@%, app@10\.%/,
  },
  {
    why: "a user that there is not",
    act: (r) => deleteUser({ ...r, name: "books", user: "ap", approve: yes }),
    message: /lists no user "ap" of instance "books"/,
    remedy: /it lists: app/,
  },
  {
    why: "privileges that there are not",
    act: (r) => revokeAccess({ ...r, ...orders("app@%"), databases: ["reports"] }),
    message: /grants user "app" nothing in database "reports"/,
  },
  { why: "nothing said", act: (r) => updateUser({ ...r, ...orders("a@b"), ...nothing }), message: /nothing was said/ },
  {
    why: "the name that it has",
    act: (r) => updateUser({ ...r, ...orders("a@b"), ...nothing, newName: "a@b" }),
    message: /is like that in the spec already/,
  },
  {
    why: "a password both given and generated",
    act: (r) => updateUser({ ...r, ...orders("a@b"), newPassword: true, password: { env: "PW" } }),
    message: /generated or it is given, not both/,
  },
  {
    why: "a password from two places",
    act: (r) => createUser({ ...r, ...orders("x"), databases: [], password: { env: "PW", file: "pw" } }),
    message: /not from both/,
  },
  {
    why: "a name that another user has",
    act: (r) => updateUser({ ...r, ...orders("a@b"), ...nothing, newName: "app" }),
    message: /would not be valid .*already listed/,
  },
  {
    why: "a host where users have none",
    act: (r) => updateUser({ ...r, name: "books", user: "app", ...nothing, newHost: "10.%" }),
    message: /would not be valid .*have no host/,
  },
];

for (const { why, act, message, remedy } of refusals)
  test(`refused before anything is touched: ${why}`, async () => {
    await assert.rejects(edited(act), (error: unknown) => {
      assert.ok(error instanceof OperationError && error.reason === "input", String(error));
      assert.match(error.message, message);
      if (remedy) assert.match(error.remedy ?? "", remedy);
      return true;
    });
  });
