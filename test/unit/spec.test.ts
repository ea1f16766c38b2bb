import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import {
  formatProblems,
  initialSpec,
  jsonSchema,
  loadSpec,
  SpecError,
  type SpecProblem,
  specProblems,
} from "../../spec/index.ts";
import { jsonSchemaText } from "../../spec/json-schema.ts";
import { editDistance, nearest } from "../../spec/nearest.ts";
import { rules } from "../../spec/rules.ts";

import { openstackCases } from "./fixtures/spec/openstack-cases.ts";

const fixture = (name: string): Buffer => readFileSync(new URL(`fixtures/spec/${name}`, import.meta.url));
const root = new URL("../../", import.meta.url);

/** What a cloud said of its flavors. */
const flavors = new Map([
  ["m1.tiny", { vcpus: 1, memoryBytes: 256 * 2 ** 20 }],
  ["m1.small", { vcpus: 1, memoryBytes: 512 * 2 ** 20 }],
  ["m1.small (2024), fast", { vcpus: 1, memoryBytes: 512 * 2 ** 20 }],
  ["m1.large", { vcpus: 2, memoryBytes: 2 ** 30 }],
]);

for (const name of ["full", "full-openstack"]) {
  test(`every word of the language becomes the model, with anchors and merges resolved: ${name}`, () => {
    const expected: unknown = JSON.parse(fixture(`${name}.json`).toString());
    assert.deepEqual(loadSpec(fixture(`${name}.yaml`), `${name}.yaml`, { flavors }), expected);
  });
}

for (const name of ["many-problems", "many-problems-openstack"]) {
  test(`all problems are reported at once, in the order of the file, with position and value: ${name}`, () => {
    const problems = specProblems(fixture(`${name}.yaml`), `${name}.yaml`, { flavors });
    assert.equal(`${formatProblems(problems)}\n`, fixture(`${name}.txt`).toString());
    assert.doesNotMatch(JSON.stringify(problems), /hunter/);
  });
}

test("loadSpec throws all problems as one SpecError, and no password is in it", () => {
  assert.throws(
    () => loadSpec(fixture("many-problems.yaml"), "f.yaml"),
    (error: unknown) => {
      assert.ok(error instanceof SpecError);
      assert.ok(error.problems.length > 40);
      assert.doesNotMatch(JSON.stringify(error.problems) + error.message, /hunter/);
      return true;
    },
  );
});

test("the demos and the starter specs are valid", () => {
  for (const file of ["demo.yaml", "openstack-demo.yaml"]) {
    const demo = loadSpec(readFileSync(new URL(`stacks/${file}`, root)), file, { flavors });
    assert.deepEqual(
      demo.instances.map(({ name, databases, users }) => [name, databases?.length, users?.length]),
      [
        ["orders", 2, 2],
        ["ledger", 2, 2],
      ],
    );
  }
  for (const target of ["docker", "openstack"] as const) {
    const starter = loadSpec(initialSpec(target), "new.yaml");
    assert.deepEqual([starter.target.kind, starter.instances], [target, []]);
  }
});

test("the demos are the same databases, line for line, on two targets", () => {
  const common = (file: string): string[] => {
    const lines = readFileSync(new URL(`stacks/${file}`, root), "utf8").split("\n");
    const from = lines.indexOf("# What there is to choose from. An instance that names no version gets the default.");
    assert.ok(from > 0);
    return lines.slice(from).map((line) => line.replace(/^( +flavor:) [a-z0-9.]+$/, "$1"));
  };
  assert.deepEqual(common("openstack-demo.yaml"), common("demo.yaml"));
  const sections = (file: string): string[] =>
    readFileSync(new URL(`stacks/${file}`, root), "utf8").match(/^[a-z]+(?=:)/gm) ?? [];
  assert.deepEqual(
    sections("demo.yaml").filter((section) => section !== "flavors"),
    sections("openstack-demo.yaml"),
  );
});

test("the JSON Schema that is checked in is the one of the schema", () => {
  assert.equal(
    readFileSync(new URL("spec/coffer.schema.json", root), "utf8"),
    jsonSchemaText(),
    "run spec/write-schema.ts",
  );
  assert.deepEqual((jsonSchema() as { required: string[] }).required, ["coffer", "target"]);
});

const head = "coffer: 1\ntarget: docker\nflavors: { small: { vcpus: 1, memory: 512M } }\n";
const stores = 'datastores: { mariadb: { versions: { "10.11": {} } }, postgresql: { versions: { "15": {} } } }\n';
const instance = (rest: string, datastore = "mariadb"): string =>
  `${head}${stores}instances:\n  orders: { datastore: ${datastore}, flavor: small, volume: 1${rest} }\n`;

const cases: readonly { why: string; text: string; problem?: Partial<SpecProblem> }[] = [
  { why: "the smallest spec", text: "coffer: 1\ntarget: docker\n" },
  { why: "a section with nothing under it is empty", text: "coffer: 1\ntarget: docker\ninstances:\n" },
  { why: "an instance with nothing optional", text: instance("") },
  { why: "no databases: grants may name any database", text: instance(", users: [{ name: a, databases: [shop] }]") },
  {
    why: "% is anywhere, which every engine can do",
    text: instance(', users: [{ name: a, host: "%" }]', "postgresql"),
  },
  {
    why: "one name at two hosts is two users",
    text: instance(', users: [{ name: a, host: "10.%" }, { name: a }]'),
  },
  {
    why: "a YAML tag says that a number is text",
    text: `${head}datastores: { mariadb: { default: !!str 10.11, versions: { "10.11": {} } } }\n`,
  },
  {
    why: "the version of the language is required",
    text: "target: docker\n",
    problem: { line: 1, column: 1, path: "coffer", code: "missing" },
  },
  {
    why: "extensions that the server trusts",
    text: instance(", databases: [{ name: a, extensions: [citext, pg_trgm] }]", "postgresql"),
  },
  {
    why: "an extension that reads files of the server",
    text: instance(", databases: [{ name: a, extensions: [file_fdw] }]", "postgresql"),
    problem: { code: "database", path: "instances.orders.databases[0].extensions[0]", received: '"file_fdw"' },
  },
  {
    why: "an extension nearly named",
    text: instance(", databases: [{ name: a, extensions: [citex] }]", "postgresql"),
    problem: { code: "database", suggestion: "citext" },
  },
  {
    why: "an extension twice",
    text: instance(", databases: [{ name: a, extensions: [citext, citext] }]", "postgresql"),
    problem: { code: "database", message: 'the extension "citext" is listed twice' },
  },
  {
    why: "extensions where there are none",
    text: instance(", databases: [{ name: a, extensions: [] }]"),
    problem: { code: "extensions", message: "databases of MariaDB have no extensions: leave it out" },
  },
  {
    why: "an owner",
    text: instance(", databases: [{ name: a, owner: u }], users: [{ name: u }]", "postgresql"),
  },
  {
    why: "an owner that is nobody",
    text: instance(", databases: [{ name: a, owner: appp }], users: [{ name: app }]", "postgresql"),
    problem: {
      ...{ line: 6, column: 92, path: "instances.orders.databases[0].owner", code: "owner", received: '"appp"' },
      ...{ message: 'the instance has no user "appp"', allowed: "app", suggestion: "app" },
    },
  },
  {
    why: "an owner without users",
    text: instance(", databases: [{ name: a, owner: app }]", "postgresql"),
    problem: { code: "owner", allowed: "none is listed" },
  },
  {
    why: "an owner has everything",
    text: instance(
      ", databases: [{ name: a, owner: u }], users: [{ name: u, databases: [{ name: a, privileges: read }] }]",
      "postgresql",
    ),
    problem: { code: "owner", path: "instances.orders.users[0].databases[0].privileges", received: '"read"' },
  },
  {
    why: "an owner where there are none",
    text: instance(", databases: [{ name: a, owner: u }], users: [{ name: u }]"),
    problem: {
      ...{ line: 6, column: 82, path: "instances.orders.databases[0].owner", code: "owner" },
      message: "databases of MariaDB have no owner: leave it out",
    },
  },
  { why: "an administrator", text: instance(", root: true") },
  { why: "one with another password", text: instance(", root: { generate: 2 }", "postgresql") },
  { why: "none, said", text: instance(", root: false") },
  {
    why: "an administrator of its own name",
    text: instance(", root: admin"),
    problem: { path: "instances.orders.root", received: "text", allowed: "true, false, or { generate: NUMBER }" },
  },
  {
    why: "a user called root is the administrator's word",
    text: instance(", users: [{ name: root }]", "postgresql"),
    problem: { code: "user", path: "instances.orders.users[0].name" },
  },
  {
    why: "logs, with a threshold below a second",
    text: instance(", logs: { slow: { after: 500ms }, general: true }"),
  },
  {
    why: "a slow log whose threshold is a parameter",
    text: instance(", logs: { slow: true }, parameters: { long_query_time: 2 }"),
  },
  {
    why: "two thresholds",
    text: instance(", logs: { slow: { after: 1s } }, parameters: { long_query_time: 2 }"),
    problem: {
      code: "log-threshold",
      path: "instances.orders.logs.slow.after",
      message: "the parameter long_query_time of this instance says it, too",
    },
  },
  {
    why: "a threshold without a unit",
    text: instance(", logs: { slow: { after: 5 } }"),
    problem: { path: "instances.orders.logs.slow.after", code: "type" },
  },
  {
    why: "a threshold with parts of a millisecond",
    text: instance(", logs: { slow: { after: 0.5ms } }"),
    problem: { path: "instances.orders.logs.slow.after" },
  },
  {
    why: "a log that is always on",
    text: instance(", logs: { error: true }"),
    problem: { path: "instances.orders.logs.error" },
  },
  {
    why: "the switch of a log as a parameter",
    text: instance(", parameters: { slow_query_log: true }"),
    problem: { code: "parameters", path: "instances.orders.parameters.slow_query_log" },
  },
  {
    why: "a user that had another name and host",
    text: instance(', users: [{ name: a, was: b }, { name: c, host: "10.%", was: { host: "%" } }], exclusive: true'),
  },
  {
    why: "a past that is the present",
    text: instance(", users: [{ name: a, was: a }]"),
    problem: { code: "user-was", message: "this is what the user is called now: leave it out" },
  },
  {
    why: "a past that is listed itself",
    text: instance(", users: [{ name: a }, { name: b, was: a }]"),
    problem: { code: "user-was", message: "that user is listed itself, at instances.orders.users[0]: leave this out" },
  },
  {
    why: "one past of two users",
    text: instance(", users: [{ name: a, was: c }, { name: b, was: c }]"),
    problem: { code: "user-was", message: "the user at instances.orders.users[0] says the same of itself" },
  },
  {
    why: "nobody was the engine's own user",
    text: instance(", users: [{ name: a, was: root }]"),
    problem: { code: "user-was", path: "instances.orders.users[0].was" },
  },
  {
    why: "a past host where users have none",
    text: instance(', users: [{ name: a, was: { name: b, host: "10.%" } }]', "postgresql"),
    problem: { code: "user-was", message: "users of PostgreSQL have no host: leave it out" },
  },
  {
    why: "exclusive without a list would drop everybody",
    text: instance(", exclusive: true"),
    problem: { code: "exclusive", message: "exclusive has no effect without users: list the users that stay" },
  },
  {
    why: "replica sets are a known word",
    text: "coffer: 1\ntarget: docker\nreplicaSets: { a: {} }\n",
    problem: { line: 3, column: 1, code: "unsupported" },
  },
  {
    why: "a list with nothing in it is not an empty list",
    text: instance(", databases: "),
    problem: { code: "type", message: "this has no value", received: "nothing" },
  },
  {
    why: "a name YAML reads as a float would lose its last zero",
    text: `${head}datastores: { mariadb: { versions: { 10.10: {} } } }\n`,
    problem: { code: "key", received: "10.10", allowed: '"10.10"' },
  },
  {
    why: "a parameter's number must be exact",
    text: instance(", parameters: { max_connections: 18446744073709551615 }"),
    problem: { code: "value", message: "this number is too large to be read exactly: quote it" },
  },
  {
    why: "a name on a prototype is not a flavor",
    text: instance("").replace("flavor: small", "flavor: toString"),
    problem: { code: "flavor", received: '"toString"' },
  },
  {
    why: "__proto__ is no name",
    text: "coffer: 1\ntarget: docker\nflavors: { __proto__: { vcpus: 1, memory: 512M } }\n",
    problem: { code: "key", line: 3, column: 12 },
  },
  {
    why: "nor is constructor, in an instance's settings",
    text: instance(", constructor: x"),
    problem: { code: "key", message: '"constructor" cannot be used as a name' },
  },
  {
    why: "a literal password is refused and not shown",
    text: instance(", users: [{ name: a, password: hunter2 }]"),
    problem: { code: "type", path: "instances.orders.users[0].password", received: "a value that is not shown" },
  },
  {
    why: "a password that begins with * looks like an alias",
    text: instance(", users: [{ name: a, password: *hunter2 }]"),
    problem: { code: "alias" },
  },
  {
    why: "a password that begins with ! looks like a tag",
    text: instance(", users: [{ name: a, password: !hunter2 }]"),
    problem: { code: "yaml-syntax" },
  },
  {
    why: "a password that begins with @ is no YAML",
    text: instance(", users: [{ name: a, password: @hunter2 }]"),
    problem: { code: "yaml-syntax" },
  },
  {
    why: "a password with an open quote",
    text: instance(', users: [{ name: a, password: "hunter2 }]'),
    problem: { code: "yaml-syntax" },
  },
  {
    why: "a user that is only a text may be a password that slipped",
    text: instance(", users: [hunter2]"),
    problem: { code: "type", received: "text" },
  },
  {
    why: "memory is held against the flavor by the engine",
    text: instance(", parameters: { innodb_buffer_pool_size: 8G }"),
    problem: { code: "parameters", path: "instances.orders.parameters.innodb_buffer_pool_size" },
  },
  {
    why: "a group's parameter is reported where it stands, once for all its instances",
    text: `${instance(", configuration: c").trimEnd()}\n  more: { datastore: mariadb, flavor: small, volume: 1, configuration: c }\nconfigurations: { c: { datastore: mariadb, parameters: { max_conections: 1 } } }\n`,
    problem: {
      line: 8,
      code: "parameters",
      path: "configurations.c.parameters.max_conections",
      suggestion: "max_connections",
    },
  },
  {
    why: "a group that no instance has is checked too",
    text: `${head}${stores}configurations: { c: { datastore: mariadb, parameters: { max_conections: 1 } } }\n`,
    problem: { code: "parameters", suggestion: "max_connections" },
  },
  {
    why: "the value of an alias stands at its anchor",
    text: `${head}${stores}instances:\n  a: { datastore: mariadb, flavor: &f smal, volume: 1 }\n  b: { datastore: mariadb, flavor: *f, volume: 1 }\n`,
    problem: { line: 6, column: 39, path: "instances.a.flavor", suggestion: "small" },
  },
  {
    why: "a merged value stands where it was merged from",
    text: `${head}${stores}instances:\n  a: &a { datastore: mariadb, flavor: small, volume: 1 }\n  b:\n    <<: { ports: { sqll: 2000 } }\n    datastore: mariadb\n    flavor: small\n    volume: 1\n`,
    problem: { line: 8, column: 20, path: "instances.b.ports.sqll", suggestion: "sql" },
  },
  {
    why: "only mappings can be merged",
    text: instance("").replace("orders: {", "orders: { <<: 7,"),
    problem: { code: "merge" },
  },
  {
    why: "a version that is declared twice",
    text: `${head}datastores: { mariadb: { versions: { "10.11": {}, "10.11": { active: false } } } }\n`,
    problem: { code: "duplicate-key", path: 'datastores.mariadb.versions["10.11"]' },
  },
  {
    why: "a version that is taken out while an instance has it",
    text: instance("", "mariadb@11.8"),
    problem: { code: "datastore", path: "instances.orders.datastore", received: '"mariadb@11.8"' },
  },
  {
    why: "a version that is taken out while a configuration is for it",
    text: `${head}${stores}configurations: { c: { datastore: mariadb@11.8, parameters: {} } }\n`,
    problem: { code: "datastore", path: "configurations.c.datastore" },
  },
  {
    why: "two servers on one volume",
    text: `${head}${stores}instances:\n  a: { datastore: mariadb, flavor: small, volume: { size: 1, adopt: v } }\n  b: { datastore: mariadb, flavor: small, volume: { size: 1, adopt: v } }\n`,
    problem: { line: 7, code: "adopt-clash", path: "instances.b.volume.adopt" },
  },
  {
    why: "grants on databases that are not managed still spare the engine's own",
    text: instance(", users: [{ name: a, databases: [mysql] }]"),
    problem: { code: "grant-database", path: "instances.orders.users[0].databases[0]" },
  },
  {
    why: "all addresses, written another way",
    text: 'coffer: 1\ntarget: { docker: { bind: ["0:0:0:0:0:0:0:0"] } }\n',
    problem: { code: "value", path: "target.docker.bind[0]" },
  },
  {
    why: "data is not deleted by a line in a file",
    text: "coffer: 1\ntarget: docker\nremoved: { orders: delete-data }\n",
    problem: {
      code: "delete-data",
      message: "data is never deleted by the spec: use `coffer delete orders --with-data`",
    },
  },
  {
    why: "memory beyond any machine is not a number to count with",
    text: "coffer: 1\ntarget: docker\nflavors: { x: { vcpus: 1, memory: 999999999999G } }\n",
    problem: { code: "value", allowed: "at most 65536G" },
  },
];

for (const { why, text, problem } of cases) {
  test(`spec: ${why}`, () => {
    const problems = specProblems(text, "f.yaml");
    assert.equal(problems.length, problem ? 1 : 0, formatProblems(problems));
    if (problem) assert.partialDeepStrictEqual(problems[0], problem);
    assert.doesNotMatch(JSON.stringify(problems) + formatProblems(problems), /hunter/);
  });
}

test("every rule of the table is broken by a fixture or a case", () => {
  const fixtures = ["many-problems.yaml", "many-problems-openstack.yaml"].map(fixture);
  const texts = [...fixtures, ...cases.map(({ text }) => text), ...openstackCases.map(({ text }) => text)];
  const codes = new Set(texts.flatMap((text) => specProblems(text, "f").map(({ code }) => code)));
  // No engine of today lacks databases, users or single instances.
  const unreachable = new Set(["capability", "topology"]);
  assert.deepEqual(
    rules.map(({ id }) => id).filter((id) => !codes.has(id) && !unreachable.has(id)),
    [],
  );
});

test("a version that engines do not have is refused, and so is an engine that lacks what the spec asks for", async () => {
  const { engines } = await import("../../engines/index.ts");
  const limited = engines.map((engine) => ({
    ...engine,
    versions: ["99"],
    capabilities: { ...engine.capabilities, topologies: ["consensus"] as const, databases: false, users: false },
  }));
  const text = instance(", databases: [a], users: [{ name: a }]");
  const codes = specProblems(text, "f", { engines: limited }).map(({ code }) => code);
  assert.deepEqual([...codes].sort(), ["capability", "capability", "topology", "version-served", "version-served"]);
});

test("the nearest name is within one edit per three letters, and edits are symmetric", () => {
  assert.equal(nearest("mariabd", ["postgresql", "mariadb"]), "mariadb");
  assert.equal(nearest("FLAVOUR", ["flavor"]), "flavor");
  assert.equal(nearest("x", ["mariadb"]), undefined);
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      assert.equal(distance, editDistance(b, a));
      assert.equal(distance === 0, a === b);
      assert.ok(distance <= Math.max(a.length, b.length) && distance >= Math.abs(a.length - b.length));
    }),
  );
});
