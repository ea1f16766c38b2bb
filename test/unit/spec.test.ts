/** Whole specs: each word becomes the model, or all problems are reported; the demos and the JSON Schema are those of today. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { formatProblems, initialSpec, jsonSchema, loadSpec, SpecError, specProblems } from "../../spec/index.ts";
import { jsonSchemaText } from "../../spec/json-schema.ts";
import { fixture } from "./spec-fixture.ts";

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
