/** `create`, as far as it is decided before anything is touched: what each of its options writes into the spec, and what is refused. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { OperationError } from "../../operations/errors.ts";
import { type CreateRequest, createInstance } from "../../operations/instance-edits.ts";
import { loadSpec } from "../../spec/index.ts";

const spec = `coffer: 1
target: docker
flavors: { small: { vcpus: 1, memory: 512M } }
datastores:
  maria: { engine: mariadb, default: "11.8", versions: { "10.11": {}, "11.8": { configuration: usual } } }
configurations:
  usual: { datastore: maria, parameters: { max_connections: 100 } }
  big: { datastore: maria, parameters: { max_connections: 300 } }
  older: { datastore: maria@10.11, parameters: { max_connections: 300 } }
instances:
  orders: { datastore: maria, flavor: small, volume: 1 }
`;

const folder = mkdtempSync(join(tmpdir(), "coffer-create-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Edits a file of its own and returns what it says then. */
async function edited(asked: Partial<CreateRequest>): Promise<string> {
  const file = join(mkdtempSync(join(folder, "case-")), "demo.yaml");
  writeFileSync(file, spec);
  const where = { workspace: { root: folder, environment: {} }, report: () => {}, file, shownFile: "demo.yaml" };
  const usual = { name: "new", flavor: "small", size: 2, datastore: "maria", databases: [], users: [] };
  try {
    await createInstance({ ...where, verb: "create", editOnly: true, all: false, ...usual, ...asked });
  } catch (error) {
    assert.equal(readFileSync(file, "utf8"), spec, "a refusal leaves the file as it was");
    throw error;
  }
  return readFileSync(file, "utf8");
}

/** What the model has of the new instance. */
const options: { why: string; asked: Partial<CreateRequest>; has: object }[] = [
  {
    why: "no version: the datastore's default, with its configuration",
    asked: {},
    has: { version: "11.8", configuration: "usual", flavor: { name: "small" }, volume: { bytes: 2 * 2 ** 30 } },
  },
  { why: "no users and databases: they are not managed", asked: {}, has: { databases: undefined, users: undefined } },
  { why: "a version", asked: { datastoreVersion: "10.11" }, has: { version: "10.11", configuration: undefined } },
  { why: "a version behind the datastore's name", asked: { datastore: "maria@10.11" }, has: { version: "10.11" } },
  { why: "a configuration", asked: { configuration: "big" }, has: { configuration: "big" } },
  {
    why: "databases",
    asked: { databases: ["shop", "reports"] },
    has: { databases: [{ name: "shop" }, { name: "reports" }] },
  },
  {
    why: "users may do everything in the databases that come with them",
    asked: { databases: ["shop"], users: [{ name: "app", host: "10.%" }] },
    has: { users: [{ name: "app", host: "10.%", grants: [{ database: "shop", privileges: "all" }] }] },
  },
  {
    why: "one name at two hosts is two users",
    asked: { users: [{ name: "app" }, { name: "app", host: "10.%" }] },
    has: { users: [{ host: "%" }, { host: "10.%" }] },
  },
  { why: "the data of a kept volume", asked: { adopt: "v" }, has: { volume: { bytes: 2 * 2 ** 30, adopt: "v" } } },
  { why: "a name of one digit", asked: { name: "7" }, has: { name: "7" } },
  { why: "a name of 63 characters", asked: { name: "a".repeat(63) }, has: { name: "a".repeat(63) } },
];

for (const { why, asked, has } of options)
  test(`create: ${why}`, async () => {
    const { instances } = loadSpec(await edited(asked), "demo.yaml");
    const { name = "new" } = asked;
    const made: object = instances.find((instance) => instance.name === name) ?? {};
    // What is expected not to be said is undefined, which a part of the whole cannot be.
    const known = Object.fromEntries(Object.entries(has).map(([key]) => [key, Reflect.get(made, key)]));
    assert.partialDeepStrictEqual(known, has);
    assert.equal(instances.length, 2);
  });

const refusals: { why: string; asked: Partial<CreateRequest>; message: RegExp }[] = [
  { why: "a name that is taken", asked: { name: "orders" }, message: /there is an instance "orders"/ },
  { why: "no name", asked: { name: "" }, message: /this name is not allowed/ },
  { why: "a name without a letter or digit", asked: { name: "--" }, message: /1 to 63 of a-z, 0-9 and -/ },
  { why: "a name of 64 characters", asked: { name: "a".repeat(64) }, message: /this name is not allowed/ },
  { why: "a name with a blank", asked: { name: "my shop" }, message: /this name is not allowed/ },
  { why: "a name in capitals", asked: { name: "Orders" }, message: /this name is not allowed/ },
  { why: "a flavor that there is not", asked: { flavor: "smal" }, message: /flavor.*did you mean "small"/ },
  { why: "a datastore that there is not", asked: { datastore: "maira" }, message: /datastore.*did you mean "maria"/ },
  { why: "a version that there is not", asked: { datastoreVersion: "10.6" }, message: /version.*maria@10\.11/ },
  { why: "a configuration of another version", asked: { configuration: "older" }, message: /is for maria@10\.11/ },
  { why: "a configuration that there is not", asked: { configuration: "bigg" }, message: /did you mean "big"/ },
  { why: "a volume of nothing", asked: { size: 0 }, message: /whole number of GiB, at least 1/ },
  { why: "a volume beyond the limit", asked: { size: 65537 }, message: /at most 65536 GiB/ },
  { why: "a database twice", asked: { databases: ["a", "a"] }, message: /this database is already listed/ },
  { why: "the engine's own database", asked: { databases: ["mysql"] }, message: /a database of MariaDB itself/ },
  { why: "a user twice", asked: { users: [{ name: "a" }, { name: "a" }] }, message: /this user is already listed/ },
  { why: "the engine's own user", asked: { users: [{ name: "root" }] }, message: /"root" is reserved/ },
];

for (const { why, asked, message } of refusals)
  test(`create refused: ${why}`, async () => {
    await assert.rejects(edited(asked), (error: unknown) => {
      assert.ok(error instanceof OperationError && error.reason === "input", String(error));
      assert.match(error.message, message);
      return true;
    });
  });
