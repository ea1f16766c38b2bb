/** A container answers before its supervisor is there: for a moment after its start, which no test can hold still. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DockerService } from "../../access/docker/service.ts";
import { GuestError, type RunResult } from "../../access/guest.ts";

const early: RunResult = {
  code: 1,
  stdout: "",
  stderr: "coffer-service: the supervisor does not run: warning: /run/coffer/service: unable to open supervise/ok\n",
};
const blank: RunResult = { code: 0, stdout: '{"running":false,"enabled":false}\n', stderr: "" };
const broken: RunResult = { code: 1, stdout: "", stderr: "coffer-service: the server ended at once\n" };

/** A guest that answers with these in turn, and with the last of them from then on. */
function serviceOf(...answers: readonly RunResult[]) {
  const asked: string[] = [];
  const run = async (argv: readonly string[]): Promise<RunResult> => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(argv.join(" "));
    if (!answer) throw new Error("no answer");
    return answer;
  };
  const noContainer = () => Promise.reject(new Error("the log is not asked for"));
  return { asked, service: new DockerService({ name: "orders", run }, noContainer) };
}

test("a supervisor that is not there yet is asked again", async () => {
  const { asked, service } = serviceOf(early, early, blank);
  assert.equal((await service.status()).running, false);
  assert.deepEqual(asked, Array(3).fill("coffer-service status"));
});

test("any other failure is told at once", async () => {
  const { asked, service } = serviceOf(early, broken);
  await assert.rejects(service.start(), (error: GuestError) => {
    assert.equal(error.message, "the service of orders could not start: the server ended at once");
    return error instanceof GuestError;
  });
  assert.equal(asked.length, 2);
});
