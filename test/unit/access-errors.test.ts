import assert from "node:assert/strict";
import { test } from "node:test";
import { asGuestError, bounded } from "../../access/docker/engine.ts";
import { mayBeContainersEnd, startFailure } from "../../access/docker/exec.ts";
import { GuestError, type GuestProblem } from "../../access/guest.ts";

const failures: { why: string; message: string; fields: object; problem: GuestProblem }[] = [
  {
    why: "the engine says that there is no such container",
    message: "(HTTP code 404) no such container - No such container: orders ",
    fields: { statusCode: 404 },
    problem: "absent",
  },
  {
    why: "a 404 of something else (a proxy, a wrong path) proves nothing",
    message: "(HTTP code 404) unexpected - page not found ",
    fields: { statusCode: 404 },
    problem: "failed",
  },
  {
    why: "no socket file",
    message: "connect ENOENT /var/run/docker.sock",
    fields: { code: "ENOENT" },
    problem: "unreachable",
  },
  { why: "nobody listens", message: "connect ECONNREFUSED", fields: { code: "ECONNREFUSED" }, problem: "unreachable" },
  { why: "no right to the socket", message: "connect EACCES", fields: { code: "EACCES" }, problem: "unreachable" },
  { why: "cut while talking", message: "socket hang up", fields: { code: "ECONNRESET" }, problem: "unreachable" },
  {
    why: "the container ended between two questions",
    message: "(HTTP code 409) conflict - Container 1f2e is not running ",
    fields: { statusCode: 409 },
    problem: "stopped",
  },
  {
    why: "another conflict does not mean stopped",
    message: "(HTTP code 409) conflict - name in use ",
    fields: { statusCode: 409 },
    problem: "failed",
  },
  {
    why: "the engine's own trouble",
    message: "(HTTP code 500) server error - x ",
    fields: { statusCode: 500 },
    problem: "failed",
  },
];
for (const { why, message, fields, problem } of failures) {
  test(`${why}: ${problem}`, () => {
    const cause = Object.assign(new Error(message), fields);
    const error = asGuestError(cause, "psql in orders");
    assert.equal(error.problem, problem);
    assert.match(error.message, /^psql in orders: /);
    assert.equal(error.cause, cause);
  });
}

test("a guest's error stays as it is", () => {
  const error = new GuestError("timeout", "x");
  assert.equal(asGuestError(error, "y"), error);
});

test("an engine that does not answer is unreachable, in words", async () => {
  await assert.rejects(bounded(new Promise(() => {}), "psql in orders", 20), (error: GuestError) => {
    assert.equal(error.problem, "unreachable");
    assert.equal(error.message, "psql in orders: the Docker engine did not answer within 0.02 s");
    return true;
  });
});

const starts: { why: string; code: number; stdout: string; failure: string | undefined }[] = [
  {
    why: "no such user",
    code: 126,
    stdout: "unable to find user x: no entry\r\n",
    failure: "unable to find user x: no entry",
  },
  { why: "no program", code: 127, stdout: "OCI runtime exec failed: no\r\n", failure: "OCI runtime exec failed: no" },
  {
    why: "a program that prints the same and ends well",
    code: 0,
    stdout: "OCI runtime exec failed: no\r\n",
    failure: undefined,
  },
  { why: "a program's own 126", code: 126, stdout: "sorry\n", failure: undefined },
];
for (const { why, code, stdout, failure } of starts) {
  test(`what could not be started: ${why}`, () => assert.equal(startFailure(code, stdout), failure));
}

const ends: { why: string; code: number | undefined; stderr: string; may: boolean }[] = [
  { why: "the engine lost track", code: undefined, stderr: "", may: true },
  { why: "killed", code: 137, stderr: "some words", may: true },
  { why: "not started, and the program said nothing", code: 126, stderr: "", may: true },
  { why: "not found, as `timeout` says", code: 127, stderr: "timeout: failed to run command", may: false },
  { why: "an ordinary failure", code: 1, stderr: "", may: false },
  { why: "success", code: 0, stderr: "", may: false },
];
for (const { why, code, stderr, may } of ends) {
  test(`${why}: ${may ? "may be" : "is not"} the container's end`, () =>
    assert.equal(mayBeContainersEnd(code, stderr), may));
}
