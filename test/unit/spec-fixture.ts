/** Files and small specs, and the look at the one problem that a spec has or has not. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { formatProblems, type SpecProblem, specProblems } from "../../spec/index.ts";

export const fixture = (name: string): Buffer => readFileSync(new URL(`fixtures/spec/${name}`, import.meta.url));

export const head = "coffer: 1\ntarget: docker\nflavors: { small: { vcpus: 1, memory: 512M } }\n";
export const stores =
  'datastores: { mariadb: { versions: { "10.11": {} } }, postgresql: { versions: { "15": {} } } }\n';
export const instance = (rest: string, datastore = "mariadb"): string =>
  `${head}${stores}instances:\n  orders: { datastore: ${datastore}, flavor: small, volume: 1${rest} }\n`;

/** No problem is expected where none is given. */
export function assertProblem(text: string, problem?: Partial<SpecProblem>): void {
  const problems = specProblems(text, "f.yaml");
  assert.equal(problems.length, problem ? 1 : 0, formatProblems(problems));
  if (problem) assert.partialDeepStrictEqual(problems[0], problem);
  assert.doesNotMatch(JSON.stringify(problems) + formatProblems(problems), /hunter/);
}
