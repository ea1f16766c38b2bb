/** The rules of specs, each with specs that break it and specs that do not; and what engines do not have. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { specProblems } from "../../spec/index.ts";
import { rules } from "../../spec/rules.ts";
import { contentsCases } from "./fixtures/spec/contents-cases.ts";
import { languageCases } from "./fixtures/spec/language-cases.ts";
import { openstackCases } from "./fixtures/spec/openstack-cases.ts";
import { referenceCases } from "./fixtures/spec/reference-cases.ts";
import { assertProblem, fixture, instance } from "./spec-fixture.ts";

for (const { why, text, problem } of languageCases) test(`spec: ${why}`, () => assertProblem(text, problem));
for (const { why, text, problem } of contentsCases) test(`spec: ${why}`, () => assertProblem(text, problem));
for (const { why, text, problem } of referenceCases) test(`spec: ${why}`, () => assertProblem(text, problem));

test("every rule of the table is broken by a fixture or a case", () => {
  const fixtures = ["many-problems.yaml", "many-problems-openstack.yaml"].map(fixture);
  const cases = [...languageCases, ...contentsCases, ...openstackCases];
  const texts = [...fixtures, ...cases.map(({ text }) => text)];
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
  const places = specProblems(instance(", databases: [a], users: [], root: true"), "f", { engines: limited });
  assert.deepEqual(
    places.filter(({ code }) => code === "capability").map(({ path, received }) => [path, received]),
    ["databases", "users", "root"].map((word) => [`instances.orders.${word}`, `"${word}"`]),
    "at the word itself",
  );
  assert.deepEqual([...codes].sort(), ["capability", "capability", "topology", "version-served", "version-served"]);
});
