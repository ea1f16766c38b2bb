import assert from "node:assert/strict";
import { test } from "node:test";
import type { Diagnostic } from "../../operations/engine-events.ts";
import { type FailedRun, failureOf } from "../../operations/failures.ts";

const urn = "urn:pulumi:demo::coffer::coffer:components:Instance$coffer:guest:Users::orders-users";
const error = (message: string, about?: string): Diagnostic => ({
  severity: "error",
  message,
  ...(about === undefined ? {} : { urn: about }),
});

const run = (over: Partial<FailedRun>): FailedRun => ({
  command: "up",
  stack: "demo",
  errors: [],
  reasons: [],
  program: [],
  words: "",
  cancelled: false,
  killed: false,
  log: "/log",
  again: "go on",
  name: (of) => ({ urn: of, type: "coffer:guest:Users", name: "orders-users", instance: "orders" }),
  ...over,
});

const cases: {
  why: string;
  run: Partial<FailedRun>;
  reason?: string;
  message: RegExp;
  remedy?: RegExp;
  also?: string[];
}[] = [
  {
    why: "the resource is named, Pulumi's own summary is left out",
    run: { errors: [error("the server said no\n", urn), error("update failed")] },
    message: /^up of stack "demo" failed: instance "orders", users: the server said no$/,
    remedy: /^mend the cause and go on: it goes on where it stopped$/,
    also: [],
  },
  {
    why: "all failures are told, each once",
    run: { errors: [error("one", urn), error("two", urn), error("one", urn)] },
    message: /users: one$/,
    also: ['instance "orders", users: two'],
  },
  {
    why: "what the target says of a failed object comes before what the plugin says",
    run: { reasons: ["the server s failed: No valid host was found."], errors: [error("unexpected state", urn)] },
    message: /failed: the server s failed: No valid host was found\.$/,
    also: ['instance "orders", users: unexpected state'],
  },
  {
    why: "an error of a Terraform provider is told once, without what two programs wrap around it",
    run: {
      errors: [
        error("sdk-v2/provider2.go:572: sdk.helper_schema: it is full: provider=openstack@3.15.2", urn),
        error("1 error occurred:\n\t* creating urn:pulumi:a::b::c::d: 1 error occurred:\n\t* it is full\n\n", urn),
      ],
    },
    message: /users: it is full$/,
    also: [],
  },
  {
    why: "a refusal of a provider's check is wrong input, without Pulumi's wrapping",
    run: {
      command: "preview",
      errors: [
        error("coffer:guest:Databases resource 'orders-databases' has a problem: database shop left the list", urn),
        error("preview failed"),
      ],
    },
    reason: "input",
    message: /users: database shop left the list$/,
  },
  {
    why: "an error of another kind beside it is a failure",
    run: { command: "preview", errors: [error("x resource 'y' has a problem: z", urn), error("boom")] },
    reason: "failed",
    message: /z$/,
  },
  {
    why: "a wrong passphrase, from outside of the engine",
    run: { words: "error: getting stack configuration: get stack secrets manager: incorrect passphrase" },
    message: /the passphrase does not fit/,
    remedy: /PULUMI_CONFIG_PASSPHRASE/,
  },
  {
    why: "a damaged state",
    run: { words: "error: failed to load checkpoint: place 1: invalid character" },
    message: /state of the stack is damaged/,
    remedy: /good copy/,
  },
  {
    why: "a port that is taken",
    run: { errors: [error("driver failed: Bind for 127.0.0.1:3306 failed: port is already allocated", urn)] },
    message: /port is already allocated/,
    remedy: /ports:/,
  },
  {
    why: "a full disk",
    run: { errors: [error("write /x: no space left on device", urn)] },
    message: /no space left/,
    remedy: /^free some space there and go on$/,
  },
  {
    why: "Docker stopped in the middle",
    run: { errors: [error("Cannot connect to the Docker daemon at unix:///var/run/docker.sock", urn)] },
    message: /Docker daemon/,
    remedy: /^start Docker .*, then go on: it goes on/,
  },
  {
    why: "an interruption says how to go on",
    run: { cancelled: true, errors: [error("update canceled")] },
    reason: "interrupted",
    message: /was interrupted/,
    remedy: /^go on: it goes on where it stopped$/,
  },
  { why: "a killed CLI said nothing", run: { killed: true }, message: /the Pulumi process was killed/ },
  {
    why: "a program that crashed: its own stderr says why",
    run: {
      errors: [error("an unhandled error occurred: Program exited with non-zero exit code: 1")],
      program: ["Cannot find module"],
    },
    message: /non-zero exit code/,
    also: ["Cannot find module"],
  },
];

for (const { why, run: over, reason, message, remedy, also } of cases) {
  test(`failures: ${why}`, () => {
    const failure = failureOf(run(over));
    assert.match(failure.message, message);
    assert.equal(failure.reason, reason ?? "failed");
    assert.equal(failure.log, "/log");
    if (remedy) assert.match(failure.remedy ?? "", remedy);
    if (also) assert.deepEqual(failure.also, also);
  });
}

const bridged = (text: string) =>
  error(`sdk-v2/provider2.go:572: sdk.helper_schema: ${text}: provider=openstack@3.15.2`, urn);
const away =
  "Error creating OpenStack server: The service is currently unable to handle the request due to a temporary overloading or maintenance. This is a temporary condition. Try again later.";

const passingCases: { why: string; run: Partial<FailedRun>; passing: boolean }[] = [
  { why: "a service that is away", run: { errors: [bridged(away), error("update failed")] }, passing: true },
  {
    why: "an answer that never came",
    run: { errors: [bridged('Error creating volume: Post "http://10.0.0.1:8776/v3/p/volumes": EOF')] },
    passing: true,
  },
  {
    why: "a status of a proxy before the service",
    run: {
      errors: [bridged("Expected HTTP response code [200] when accessing [GET http://a/b], but got 504 instead:")],
    },
    passing: true,
  },
  { why: "another failure beside it stays", run: { errors: [bridged(away), error("boom", urn)] }, passing: false },
  { why: "a server in error stays so", run: { reasons: ["No valid host"], errors: [bridged(away)] }, passing: false },
  { why: "a failure without a word is not known to pass", run: { errors: [error("update failed")] }, passing: false },
  {
    why: "a killed CLI may have been killed for a reason",
    run: { killed: true, errors: [bridged(away)] },
    passing: false,
  },
  {
    why: "a request that is refused stays refused",
    run: { errors: [bridged("Bad request with: [POST x], EOF in body")] },
    passing: false,
  },
];

for (const { why, run: over, passing } of passingCases) {
  test(`failures that pass: ${why}`, () => assert.equal(failureOf(run(over)).passing, passing));
}
