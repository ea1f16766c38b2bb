/** Questions about engines: answered without a stack, and with what a spec says where one is chosen. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { versionTables } from "../../cli/configuration-tables.ts";
import { engines } from "../../engines/index.ts";
import { defaultConfiguration, listParameters, showParameter } from "../../operations/configuration-rules.ts";
import { listDatastores, listVersions } from "../../operations/datastores.ts";
import type { OperationRequest } from "../../operations/session.ts";

const root = mkdtempSync(join(tmpdir(), "coffer-questions-"));
after(() => rmSync(root, { recursive: true, force: true }));

const specOf = (name: string) => `coffer: 1
target: docker
flavors: { small: { vcpus: 1, memory: 512M } }
datastores:
  ${name}: { engine: mariadb, default: "10.11", versions: { "10.11": {} } }
instances:
  mariadb: { datastore: ${name}, flavor: small, volume: 1 }
`;

/** A checkout with so many spec files, none of which was ever brought up. */
function checkout(...stacks: string[]) {
  const folder = mkdtempSync(join(root, "checkout-"));
  mkdirSync(join(folder, "stacks"));
  for (const name of stacks) writeFileSync(join(folder, "stacks", `${name}.yaml`), specOf(name));
  const notes: string[] = [];
  const request: OperationRequest = {
    workspace: { root: folder, environment: { HOME: folder } },
    report: (event) => {
      if (event.kind === "note") notes.push(event.text);
    },
  };
  return { request, notes };
}

for (const { why, stacks } of [
  { why: "several specs", stacks: ["shop", "books"] },
  { why: "no spec", stacks: [] },
]) {
  const { request, notes } = checkout(...stacks);
  const noted = () => {
    assert.equal(notes.length, 1, notes.join());
    assert.match(notes.pop() ?? "", /^no spec is chosen: .*-f FILE or --stack NAME/);
  };

  test(`with ${why}: datastores are the engines, and nothing is declared`, async () => {
    const rows = await listDatastores(request);
    noted();
    assert.deepEqual(
      rows.map(({ datastore, versions, served, instances }) => ({ datastore, versions, served, instances })),
      engines.map(({ name, versions }) => ({ datastore: name, versions: [], served: versions, instances: [] })),
    );
  });

  test(`with ${why}: versions are those that Coffer serves`, async () => {
    const rows = await listVersions(request);
    noted();
    const all = engines.flatMap(({ name, versions }) => versions.map((version) => `${name}@${version}`));
    assert.deepEqual(
      rows.map((row) => `${row.datastore}@${row.version}`),
      all,
    );
    assert.equal(versionTables(rows), `served by Coffer:\n${all.map((one) => `  ${one}\n`).join("")}`);
    const own = await listVersions({ ...request, datastore: "postgresql" });
    assert.deepEqual([...new Set(own.map(({ engine }) => engine))], ["postgresql"]);
    await assert.rejects(listVersions({ ...request, datastore: "postgresq" }), /did you mean "postgresql"/);
    notes.length = 0;
  });

  test(`with ${why}: parameters and defaults of an engine's version`, async () => {
    const rules = await listParameters({ ...request, datastore: "mariadb@11.8", pattern: "max_conn*" });
    assert.ok(rules.some(({ name }) => name === "max_connections"));
    noted();
    const rule = await showParameter({ ...request, datastore: "postgresql", parameter: "work_mem" });
    assert.equal(rule.unit, "kB");
    noted();
    for (const named of ["mariadb@11.8", "mariadb"]) {
      const { engine, version, settings } = await defaultConfiguration({ ...request, of: named, memory: "2G" });
      assert.deepEqual([engine, version], ["mariadb", "11.8"]);
      const size = settings.find(({ name }) => name === "innodb_buffer_pool_size");
      assert.ok(Number(size?.value) > 2 ** 29, `${size?.value} of 2 GiB`);
      noted();
    }
    await assert.rejects(listParameters({ ...request, datastore: "mariadb@9" }), /mariadb has no version "9"/);
    await assert.rejects(listParameters({ ...request, datastore: "oracle" }), /there is no datastore "oracle"/);
    notes.length = 0;
  });

  test(`with ${why}: an instance is one of a stack, which has to be named`, async () => {
    await assert.rejects(defaultConfiguration({ ...request, of: "orders" }), {
      reason: "input",
      message: /several stacks|no stack yet/,
    });
  });
}

for (const { why, more, stacks } of [
  { why: "a single spec", more: {}, stacks: ["shop"] },
  { why: "a spec that is named", more: { stack: "shop" }, stacks: ["shop", "books"] },
])
  test(`with ${why} it says what that declares, too`, async () => {
    const { request, notes } = checkout(...stacks);
    const asked = { ...request, ...more };
    const rows = await listDatastores(asked);
    assert.deepEqual(
      rows.map(({ datastore, versions, instances }) => ({ datastore, versions, instances })),
      [
        { datastore: "shop", versions: ["10.11"], instances: ["mariadb"] },
        { datastore: "postgresql", versions: [], instances: [] },
      ],
    );
    const versions = await listVersions(asked);
    assert.deepEqual(
      versions.map((row) => `${row.datastore}@${row.version} ${row.declared}`),
      ["shop@10.11 true", "shop@11.8 false", "postgresql@15 false", "postgresql@17 false"],
    );
    assert.ok((await listParameters({ ...asked, datastore: "shop" })).length > 100);
    const { version, memoryBytes } = await defaultConfiguration({ ...asked, of: "mariadb" });
    assert.deepEqual([version, memoryBytes], ["10.11", 2 ** 29], "the instance of that name, not the engine");
    assert.deepEqual(notes, []);
  });

test("a stack that is named and is not there is an error", async () => {
  const { request } = checkout("shop", "books");
  await assert.rejects(listDatastores({ ...request, stack: "shpo" }), /did you mean "shop"/);
});
