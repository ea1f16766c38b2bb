/** Verbs on datastores and configuration groups, as far as they are decided before anything is touched. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { engines } from "../../engines/index.ts";
import {
  attach,
  createConfiguration,
  deleteConfiguration,
  detach,
  parametersIn,
  patchConfigurationGroup,
} from "../../operations/configuration-edits.ts";
import { defaultConfiguration, globOf, listParameters, showParameter } from "../../operations/configuration-rules.ts";
import { listConfigurations } from "../../operations/configurations.ts";
import { datastoreRows, listVersions, servedVersion } from "../../operations/datastores.ts";
import { OperationError } from "../../operations/errors.ts";
import { loadSpec, specProblems } from "../../spec/index.ts";

const spec = `coffer: 1
target: docker
flavors:
  small: { vcpus: 1, memory: 512M }
datastores:
  maria:
    engine: mariadb
    default: "10.11"
    versions:
      "10.11": { active: false, image: own/mariadb }
      "11.8": { configuration: usual }
configurations:
  oltp: { datastore: maria, parameters: { max_connections: 200 } }
  usual: { datastore: maria@11.8, description: For all., parameters: { wait_timeout: 10min } }
  spare: { datastore: maria, parameters: {} }
instances:
  old: { datastore: maria, flavor: small, volume: 1, configuration: oltp }
  new: { datastore: maria@11.8, flavor: small, volume: 1, parameters: { wait_timeout: 5min } }
  bare: { datastore: maria@11.8, flavor: small, volume: 1, configuration: none, restart: hold }
`;

const folder = mkdtempSync(join(tmpdir(), "coffer-configurations-"));
after(() => rmSync(folder, { recursive: true, force: true }));

type Request = ReturnType<typeof requestOn>;

function requestOn(file: string) {
  const workspace = { root: folder, environment: {} };
  return { workspace, report: () => {}, file, shownFile: "demo.yaml", verb: "v", editOnly: true, all: false };
}

function fileOf(text: string): string {
  const file = join(mkdtempSync(join(folder, "case-")), "demo.yaml");
  writeFileSync(file, text);
  return file;
}

const model = loadSpec(spec, "demo.yaml");
const instance = (name: string) => model.instances.find((one) => one.name === name);

test("a version's configuration is that of its instances that name none; what they say themselves wins", () => {
  assert.equal(instance("new")?.configuration, "usual");
  assert.deepEqual(instance("new")?.parameters, { wait_timeout: "5min" });
  assert.equal(instance("bare")?.configuration, undefined);
  assert.deepEqual(instance("bare")?.parameters, {});
  assert.equal(instance("old")?.configuration, "oltp");
});

const invalid: { why: string; from: string; to: string; words: RegExp }[] = [
  {
    why: "a version's group is for another version",
    from: "configuration: usual",
    to: "configuration: oltp",
    words: /versions\["11\.8"\]\.configuration: this configuration is for maria@10\.11, and the version is maria@11\.8/,
  },
  {
    why: "a version's group that is not there",
    from: "configuration: usual",
    to: "configuration: usaul",
    words: /not declared .*did you mean "usual"/,
  },
  {
    why: "a group named like the word for no group",
    from: "  spare:",
    to: "  none:",
    words: /configurations\.none: "none" stands for no configuration/,
  },
  {
    why: "a group that a version gives is checked against the memory of the flavor, too",
    from: "wait_timeout: 10min",
    to: "innodb_buffer_pool_size: 2GB",
    words:
      /configurations\.usual\.parameters\.innodb_buffer_pool_size: the server's buffers take .* of the flavor's 512M/,
  },
  { why: "a restart rule that there is none of", from: "restart: hold", to: "restart: never", words: /allow, hold/ },
];
for (const { why, from, to, words } of invalid)
  test(`refused: ${why}`, () => {
    assert.equal(spec.split(from).length, 2);
    const told = specProblems(spec.replace(from, to), "f").map(
      ({ path, message, allowed, suggestion }) => `${path}: ${message} (${allowed}; did you mean "${suggestion}"?)`,
    );
    assert.match(told.join("\n"), words);
  });

test("versions: what is declared, then what Coffer serves beyond", async () => {
  const rows = await listVersions({ ...requestOn(fileOf(spec)), datastore: "maria" });
  const wanted = [
    { version: "10.11", default: true, active: false, image: "own/mariadb", instances: ["old"], declared: true },
    { version: "11.8", default: false, active: true, image: "", instances: ["new", "bare"], declared: true },
  ];
  assert.deepEqual(
    rows.map(({ datastore: _, engine: __, configuration: ___, ...rest }) => rest),
    wanted,
  );
  const fewer = loadSpec(spec.split("configurations:")[0]?.replace(/ {6}"11.8".*\n/, "") ?? "", "f");
  const [first, second] = datastoreRows(fewer);
  assert.deepEqual(first?.served, ["11.8"]);
  assert.deepEqual([second?.datastore, second?.versions, second?.default], ["postgresql", [], ""]);
  await assert.rejects(listVersions({ ...requestOn(fileOf(spec)), datastore: "mariadb" }), /did you mean "maria"/);
});

test("a reference names a datastore of the spec, or an engine that it could declare", () => {
  assert.deepEqual(servedVersion(model, "maria"), { engine: "mariadb", version: "10.11" });
  assert.deepEqual(servedVersion(model, "postgresql@17"), { engine: "postgresql", version: "17" });
  assert.throws(() => servedVersion(model, "maria@9"), /no version "9"/);
});

test("configurations, with who has them", async () => {
  const rows = await listConfigurations(requestOn(fileOf(spec)));
  assert.deepEqual(
    rows.map((row) => [row.name, row.instances, row.default]),
    [
      ["oltp", ["old"], false],
      ["spare", [], false],
      ["usual", ["new"], true],
    ],
  );
});

const edits: { why: string; act: (request: Request) => Promise<unknown>; from: string; to: string }[] = [
  {
    why: "a group is made",
    act: (r) =>
      createConfiguration({ ...r, name: "big", datastore: "maria@11.8", settings: ["max_connections=9" + "00"] }),
    from: "instances:\n",
    to: "  big:\n    datastore: maria@11.8\n    parameters:\n      max_connections: 900\ninstances:\n",
  },
  {
    why: "a group for an inactive version is made",
    act: (r) => createConfiguration({ ...r, name: "last", datastore: "maria@10.11", settings: [] }),
    from: "instances:\n",
    to: "  last:\n    datastore: maria@10.11\n    parameters: {}\ninstances:\n",
  },
  {
    why: "a group is patched",
    act: (r) => patchConfigurationGroup({ ...r, name: "oltp", settings: ["max_connections=300"], unset: [] }),
    from: "max_connections: 200",
    to: "max_connections: 300",
  },
  {
    why: "a group that nobody has goes",
    act: (r) => deleteConfiguration({ ...r, name: "spare" }),
    from: "  spare: { datastore: maria, parameters: {} }\n",
    to: "",
  },
  {
    why: "a group is detached from an instance whose version gives none",
    act: (r) => detach({ ...r, name: "old" }),
    from: ", configuration: oltp }",
    to: " }",
  },
  {
    why: "a group that the version gives is detached by a word of the instance's own",
    act: (r) => detach({ ...r, name: "new" }),
    from: "parameters: { wait_timeout: 5min } }",
    to: "parameters: { wait_timeout: 5min }, configuration: none }",
  },
  {
    why: "a group is attached in the place of another",
    act: (r) => attach({ ...r, name: "old", configuration: "spare" }),
    from: "configuration: oltp",
    to: "configuration: spare",
  },
];
for (const { why, act, from, to } of edits)
  test(`verb: ${why}`, async () => {
    const file = fileOf(spec);
    await act(requestOn(file));
    assert.equal(readFileSync(file, "utf8"), spec.replace(from, to));
  });

const refused: { why: string; act: (request: Request) => Promise<unknown>; words: RegExp }[] = [
  {
    why: "a group that instances have is not removed",
    act: (r) => deleteConfiguration({ ...r, name: "oltp" }),
    words: /attached to old/,
  },
  {
    why: "an instance without a group has none to detach",
    act: (r) => detach({ ...r, name: "bare" }),
    words: /has no configuration/,
  },
  { why: "an instance that is not there", act: (r) => detach({ ...r, name: "zz" }), words: /no instance "zz"/ },
  {
    why: "a group of another version",
    act: (r) => attach({ ...r, name: "new", configuration: "oltp" }),
    words: /for maria@10\.11, and the instance is maria@11\.8/,
  },
  {
    why: "a group that it has",
    act: (r) => attach({ ...r, name: "old", configuration: "oltp" }),
    words: /has configuration "oltp" in the spec already/,
  },
  {
    why: "an owned parameter",
    act: (r) => patchConfigurationGroup({ ...r, name: "oltp", settings: ["sync_binlog=0"], unset: [] }),
    words: /sync_binlog belongs to Coffer/,
  },
  {
    why: "nothing to change",
    act: (r) => patchConfigurationGroup({ ...r, name: "oltp", settings: [], unset: [] }),
    words: /nothing was said/,
  },
  {
    why: "set and unset at once",
    act: (r) => patchConfigurationGroup({ ...r, name: "oltp", settings: ["a=1"], unset: ["a"] }),
    words: /to be set and to be taken out/,
  },
  {
    why: "a group that is not there, with the nearest",
    act: (r) => patchConfigurationGroup({ ...r, name: "oltpp", settings: ["a=1"], unset: [] }),
    words: /no configuration "oltpp"; did you mean "oltp"/,
  },
];
for (const { why, act, words } of refused)
  test(`verb refused: ${why}`, async () => {
    const file = fileOf(spec);
    await assert.rejects(
      act(requestOn(file)),
      (error: unknown) => error instanceof OperationError && error.reason === "input" && words.test(error.message),
    );
    assert.equal(readFileSync(file, "utf8"), spec);
  });

test("a group that a version gives is not removed, even when no instance has it", async () => {
  const file = fileOf(spec.replace("volume: 1, parameters: { wait_timeout: 5min }", "volume: 1, configuration: none"));
  await assert.rejects(
    deleteConfiguration({ ...requestOn(file), name: "usual" }),
    (error: unknown) =>
      error instanceof OperationError && error.reason === "input" && /default of maria@11\.8/.test(error.message),
  );
});

test("KEY=VALUE: numbers and booleans as a spec has them, everything else as text", () => {
  const words = ["a=200", "b=0100", "c=true", "d=10min", "e=x=y", "f=", "g=0.5", "h=1e3"];
  const wanted = { a: 200, b: "0100", c: true, d: "10min", e: "x=y", f: "", g: 0.5, h: "1e3" };
  assert.deepEqual(parametersIn(words), wanted);
  assert.throws(() => parametersIn(["=1"]), /no KEY=VALUE/);
  assert.throws(() => parametersIn(["a"]), /no KEY=VALUE/);
  assert.throws(() => parametersIn(["a=1", "a=2"]), /given twice/);
});

test("a pattern of names", () => {
  assert.ok(globOf("innodb_*").test("innodb_io_capacity"));
  assert.ok(globOf("TIME?one").test("TimeZone"));
  assert.ok(!globOf("a.b").test("axb"));
});

test("every parameter of every version is listed with what may be written", async () => {
  for (const { name, versions, parameters } of engines)
    for (const version of versions) {
      const rules = parameters(version);
      assert.ok(rules.length > 200, `${name} ${version}`);
      const names = rules.map((rule) => rule.name);
      assert.deepEqual(names, [...names].sort());
      for (const { type, values } of rules) if (type === "enum") assert.ok(values?.length);
    }
  const request = requestOn(fileOf(spec));
  const [only, ...others] = await listParameters({
    ...request,
    datastore: "maria",
    pattern: "innodb_buffer_pool_size",
  });
  assert.deepEqual(others, []);
  const { type, unit, dynamic, owned } = only ?? {};
  assert.deepEqual({ type, unit, dynamic, owned }, { type: "integer", unit: "B", dynamic: true, owned: undefined });
  const fsync = await showParameter({ ...request, datastore: "postgresql@15", parameter: "fsync" });
  assert.match(fsync.owned ?? "", /acknowledged write/);
  await assert.rejects(showParameter({ ...request, datastore: "maria", parameter: "max_conections" }), /did you mean/);
});

test("the defaults follow the sizes, and what each instance has of its own is not invented", async () => {
  const request = requestOn(fileOf(spec));
  const { settings } = await defaultConfiguration({ ...request, of: "maria@11.8", memory: "512M" });
  const value = (name: string) => settings.find((one) => one.name === name);
  assert.deepEqual(value("sync_binlog"), { name: "sync_binlog", value: "1", from: "coffer" });
  assert.equal(value("innodb_buffer_pool_size")?.from, "flavor");
  assert.equal(value("server_id")?.value, "(each instance's own)");
  const old = await defaultConfiguration({ ...request, of: "old" });
  assert.deepEqual([old.version, old.memoryBytes], ["10.11", 512 * 2 ** 20]);
  await assert.rejects(defaultConfiguration({ ...request, of: "maria@11.8", memory: "much" }), /no size of memory/);
});
