/** Policies as a user meets them: through coffer, and through plain `pulumi` with the pack. Nothing is ever made. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { type Checkout, makeCheckout, objectsOf, type Result } from "../support/checkout.ts";
import { specOf } from "../support/specs.ts";

const run = promisify(execFile);
const password = "hunter2hunter2";
const clean = specOf({ "mariadb-orders": {} });
const broken = `${specOf({ "mariadb-orders": {} })}# password: ${password}\n`;
const limits = "policies: 1\nlimits: { volume: 10, memory: 256M }\n";
const excepted = `${limits}exceptions:
  - { rule: flavor-limit, stack: STACK, reason: decided by Ada for the summer sale, expires: "9999-12-31" }
`;

let checkout: Checkout;
const settings = (text: string) =>
  writeFileSync(join(checkout.dir, "policies.yaml"), text.replace("STACK", checkout.stack));
const coffer = (verb: string) => checkout.coffer([verb, "--stack", checkout.stack]);
let environment: Promise<Result> | undefined;
const pulumi = async (): Promise<Result> => {
  environment ??= checkout.ok(["env", "--stack", checkout.stack]);
  const { stdout: env } = await environment;
  const script = `${env}\nexec pulumi preview --policy-pack policies --stack ${checkout.stack} --non-interactive --color never`;
  const options = { cwd: checkout.dir, env: checkout.env, timeout: 300_000, maxBuffer: 16 << 20 };
  return run("bash", ["-c", script], options).then(
    (done) => ({ code: 0, ...done }),
    (failed: { code: number; stdout: string; stderr: string }) => failed,
  );
};

before(async () => {
  checkout = await makeCheckout(clean);
});
after(async () => {
  const { containers, volumes, networks } = await objectsOf(checkout.stackId());
  await checkout.cleanUp();
  assert.deepEqual([containers, volumes, networks], [[], [], []]);
});

test("a spec that breaks nothing passes, by coffer and by pulumi", async () => {
  settings("policies: 1\nlimits: { volume: 10, memory: 512M }\n");
  const [validated, previewed, plain] = [await coffer("validate"), await coffer("preview"), await pulumi()];
  assert.deepEqual([validated.code, previewed.code, plain.code], [0, 0, 0], plain.stdout + plain.stderr);
  assert.match(plain.stdout, /coffer-policies@v/);
  assert.doesNotMatch(`${validated.stderr}${previewed.stderr}${plain.stdout}`, /flavor-limit|no-password/);
});

test("what breaks mandatory rules is refused with all places, and the password is shown nowhere", async () => {
  settings(limits);
  checkout.writeSpec(broken);
  const lines = broken.split("\n");
  const flavor = lines.findIndex((line) => line.includes("flavor: small")) + 1;
  const comment = lines.findIndex((line) => line.includes(password)) + 1;
  const places = [
    new RegExp(
      `${checkout.stack}\\.yaml:${flavor}:13: instances\\.mariadb-orders\\.flavor: flavor "small" has 0\\.5 GiB of memory`,
    ),
    new RegExp(`${checkout.stack}\\.yaml:${comment}:1: .*a password in clear`),
  ];
  const results = { validate: await coffer("validate"), preview: await coffer("preview"), up: await coffer("up") };
  for (const [verb, { code, stdout, stderr }] of Object.entries(results)) {
    assert.equal(code, 2, `${verb}: ${stdout}${stderr}`);
    for (const place of places) assert.match(stderr, place, verb);
    assert.match(stderr, /policy flavor-limit/);
  }
  assert.match(results.up.stderr, /docs\/policies\.md#flavor-limit/);
  const plain = await pulumi();
  assert.notEqual(plain.code, 0);
  for (const place of places) assert.match(plain.stdout, place);
  assert.match(plain.stdout, /\[mandatory\] {2}flavor-limit/);
  const said = Object.values({ ...results, plain }).map(({ stdout, stderr }) => stdout + stderr);
  assert.ok(!said.join().includes(password));
});

test("an exception lets it through, and is shown with its reason", async () => {
  settings(excepted);
  checkout.writeSpec(clean);
  const [previewed, plain] = [await coffer("preview"), await pulumi()];
  assert.deepEqual([previewed.code, plain.code], [0, 0], plain.stdout + plain.stderr);
  assert.match(previewed.stderr, /policy flavor-limit\]; excepted until 9999-12-31: decided by Ada/);
  assert.match(plain.stdout, /\[advisory\] {2}flavor-limit-excepted[\s\S]*decided by Ada/);
});

test("settings that are wrong stop both, with the place", async () => {
  settings("policies: 1\nlimit: {}\n");
  const [previewed, plain] = [await coffer("preview"), await pulumi()];
  assert.equal(previewed.code, 2);
  assert.match(previewed.stderr, /policies\.yaml:2:1: limit: this key is not known/);
  assert.notEqual(plain.code, 0);
  assert.match(plain.stdout + plain.stderr, /policies\.yaml:2:1: limit: this key is not known/);
});
