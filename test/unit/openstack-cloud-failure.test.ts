import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CloudProblem } from "../../access/openstack/cloud.ts";
import { refusal, secretsIn } from "../../access/openstack/cloud-failure.ts";
import { pauseAfter, retryAfter, type Try } from "../../access/openstack/cloud-retry.ts";

const asked = { cloud: "c", service: "compute", method: "POST", path: "/servers?x=1" } as const;
const answer = (status: number, text: string, headers: Record<string, string | undefined> = {}) => ({
  status,
  text,
  header: (name: string) =>
    ({ "content-type": text.startsWith("{") ? "application/json" : "text/html", ...headers })[name],
});

const refusals: { why: string; status: number; text: string; problem: CloudProblem; message: RegExp }[] = [
  {
    why: "Nova",
    status: 404,
    text: '{"itemNotFound": {"code": 404, "message": "Instance x could not be found."}}',
    problem: "absent",
    message: /^compute: POST \/servers on cloud "c" answered 404: Instance x could not be found\.$/,
  },
  {
    why: "Neutron's quota is a conflict by its number only",
    status: 409,
    text: '{"NeutronError": {"type": "OverQuota", "message": "Quota exceeded for resources: [\'port\'].", "detail": ""}}',
    problem: "quota",
    message: /Quota exceeded.*free something/,
  },
  {
    why: "Cinder's quota",
    status: 413,
    text: '{"overLimit": {"code": 413, "message": "VolumeSizeExceedsAvailableQuota: Requested volume exceeds allowed gigabytes quota."}}',
    problem: "quota",
    message: /gigabytes quota/,
  },
  {
    why: "Nova's policy",
    status: 403,
    text: '{"forbidden": {"message": "Policy does not allow it."}}',
    problem: "credentials",
    message: /Policy does not allow it.*roles/,
  },
  {
    why: "Placement",
    status: 400,
    text: '{"errors": [{"status": 400, "title": "Bad Request", "detail": "JSON does not validate"}]}',
    problem: "failed",
    message: /JSON does not validate$/,
  },
  {
    why: "an old extension of Neutron",
    status: 409,
    text: '{"NeutronError": "in use"}',
    problem: "conflict",
    message: /409: in use$/,
  },
  {
    why: "a proxy's page",
    status: 502,
    text: "<html><head><title>502</title></head><body>\n<h1>Bad   Gateway</h1></body></html>",
    problem: "unreachable",
    message: /502: Bad Gateway; the compute service has trouble/,
  },
  { why: "nothing", status: 400, text: "", problem: "failed", message: /no reason was given$/ },
  { why: "JSON that says nothing", status: 400, text: "[null, 3]", problem: "failed", message: /no reason was given$/ },
];
for (const { why, status, text, problem, message } of refusals) {
  test(`a refusal of ${status}: ${why}`, () => {
    const error = refusal(asked, answer(status, text), []);
    assert.equal(error.problem, problem);
    assert.equal(error.status, status);
    assert.match(error.message, message);
  });
}

test("a proxy's 404 is no proof that something does not exist; Glance's page is, by its request's number", () => {
  const page = "<html><h1>404 Not Found</h1></html>";
  assert.equal(refusal(asked, answer(404, page), []).problem, "failed");
  assert.equal(refusal(asked, answer(404, page, { "x-openstack-request-id": "req-1" }), []).problem, "absent");
});

test("the request's number is told, for the cloud's people", () => {
  const error = refusal(asked, answer(400, '{"x": {"message": "no"}}', { "x-openstack-request-id": "req-1" }), []);
  assert.match(error.message, /400: no \(req-1\)$/);
});

test("what is secret in a body never comes back in a message", () => {
  const secret = fc.string({ minLength: 4, maxLength: 80, unit: "grapheme" }).filter((text) => text.trim().length >= 4);
  const key = fc.constantFrom("user_data", "adminPass", "password", "secret", "private_key", "token", "userData");
  const echo = fc.constantFrom(
    (value: string) => JSON.stringify({ badRequest: { message: `Invalid input. Value: ${value} is not valid` } }),
    (value: string) => `<html><body>Value: ${value}</body></html>`,
    (value: string) => `Value: ${value}`,
  );
  fc.assert(
    fc.property(key, secret, echo, (name, value, echoed) => {
      fc.pre(!/[<>]/.test(value));
      const body = { server: { name: "x", list: [{ [name]: { deep: [value] } }] } };
      const { message } = refusal(asked, answer(400, echoed(value)), secretsIn(body));
      const words = message.slice(message.indexOf("answered"));
      // A secret that is part of our own words cannot be told from them.
      fc.pre(!"answered 400: Invalid input. Value: *** is not valid".includes(value.trim()));
      assert.ok(!words.includes(value.replace(/\s+/g, " ").trim()), message);
    }),
  );
});

const tries: { why: string; last: Partial<Try>; again: boolean }[] = [
  { why: "a busy service", last: { status: 503 }, again: true },
  { why: "a busy service that did nothing yet", last: { status: 503, repeatable: false }, again: true },
  { why: "too many requests", last: { status: 429, repeatable: false }, again: true },
  { why: "a gateway that may have passed a POST on", last: { status: 504, repeatable: false }, again: false },
  { why: "a gateway", last: { status: 504 }, again: true },
  { why: "an error of the service", last: { status: 500 }, again: true },
  { why: "an error that stays", last: { status: 500, number: 4 }, again: false },
  { why: "an error of the service on a POST", last: { status: 500, repeatable: false }, again: false },
  { why: "nobody was connected to", last: { noAnswer: "refused", repeatable: false }, again: true },
  { why: "cut after a POST was sent", last: { noAnswer: "cut", repeatable: false }, again: false },
  { why: "cut", last: { noAnswer: "cut" }, again: true },
  { why: "slow after a POST was sent", last: { noAnswer: "slow", repeatable: false }, again: false },
  { why: "a certificate that is not trusted", last: { noAnswer: "final" }, again: false },
  { why: "a plain refusal", last: { status: 404 }, again: false },
  { why: "an answer", last: { status: 200 }, again: false },
];
for (const { why, last, again } of tries) {
  test(`${again ? "another try" : "no other try"}: ${why}`, () => {
    const pause = pauseAfter({ repeatable: true, number: 1, ...last }, 0, Math.random);
    assert.equal(pause !== undefined, again);
  });
}

test("pauses grow, differ, and have a limit; Retry-After is never undercut", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (number, random) => {
      const last = { repeatable: true, status: 503, number };
      const pause = pauseAfter(last, 0, () => random) ?? -1;
      assert.ok(pause >= 125 && pause <= 8_000);
      assert.ok((pauseAfter({ ...last, retryAfter: "7" }, 0, () => random) ?? 0) >= 7_000);
    }),
  );
});

test("Retry-After is seconds or a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  assert.equal(retryAfter("3", now), 3_000);
  assert.equal(retryAfter("Thu, 01 Jan 2026 00:00:05 GMT", now), 5_000);
  assert.equal(retryAfter("Thu, 01 Jan 2020 00:00:05 GMT", now), 0);
  assert.equal(retryAfter("soon", now), undefined);
  assert.equal(retryAfter(undefined, now), undefined);
});
