/** What a real cloud cannot be made to do: fail, be slow, forget a token, talk nonsense. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CloudError, type CloudProblem, type CloudRequest } from "../../access/openstack/cloud.ts";
import { openCloud } from "../../access/openstack/cloud-session.ts";
import { Silence, waitFor } from "../../access/openstack/cloud-wait.ts";
import { FakeCloud, json, type Reply, unauthorized } from "./openstack-cloud-fixture.ts";

const fails = (problem: CloudProblem, message: RegExp) => (error: CloudError) => {
  assert.equal(error.problem, problem, error.message);
  assert.match(error.message, message);
  return true;
};

const busy: Reply = json(503, { error: { message: "busy" } }, { "retry-after": "0" });
const broken: Reply = json(500, { computeFault: { message: "unexpected" } }, { "retry-after": "0" });
const cut: Reply = (response) => void response.destroy();
const silent: Reply = () => {};
const fine = json(200, { fine: true });

const outcomes: {
  why: string;
  request?: CloudRequest;
  replies: Reply[];
  calls: number;
  fails?: [CloudProblem, RegExp];
}[] = [
  { why: "503 for a while", replies: [busy, busy, busy, fine], calls: 4 },
  { why: "503 for a while, on a POST", request: { method: "POST" }, replies: [busy, fine], calls: 2 },
  { why: "a 500 that passes", replies: [broken, broken, fine], calls: 3 },
  { why: "a 500 that stays", replies: [broken], calls: 4, fails: ["unreachable", /answered 500: unexpected/] },
  {
    why: "a 500 on a POST",
    request: { method: "POST" },
    replies: [broken, fine],
    calls: 1,
    fails: ["unreachable", /POST \/x on cloud .* answered 500/],
  },
  { why: "a cut connection", replies: [cut, fine], calls: 2 },
  {
    why: "a connection cut after a POST",
    request: { method: "POST" },
    replies: [cut, fine],
    calls: 1,
    fails: ["unreachable", /POST \/x on cloud .* failed: socket hang up/],
  },
  {
    why: "no answer",
    request: { timeout: 1_000 },
    replies: [silent],
    calls: 2,
    fails: ["timeout", /there was no answer within 1 s \(2 tries\)/],
  },
  {
    why: "busy for longer than there is time",
    request: { timeout: 500 },
    replies: [json(503, { error: { message: "busy" } }, { "retry-after": "60" })],
    calls: 1,
    fails: ["unreachable", /503: busy/],
  },
  {
    why: "half an answer",
    replies: [
      (response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("{");
        response.destroy();
      },
      fine,
    ],
    calls: 2,
  },
  {
    why: "a login page instead of JSON",
    replies: [
      (response) => {
        response.writeHead(200, { "content-type": "text/html" });
        response.end("<html>");
      },
    ],
    calls: 1,
    fails: ["failed", /answered 200 with something that is no JSON \(text\/html\)/],
  },
];
for (const { why, request, replies, calls, fails: wanted } of outcomes) {
  test(`${why}: ${wanted ? wanted[0] : "succeeds"} after ${calls} call(s)`, async () => {
    await using fake = await FakeCloud.start();
    const call = fake
      .replies(...replies)
      .open()
      .call("compute", "/x", request);
    if (wanted) await assert.rejects(call, fails(...wanted));
    else assert.deepEqual(await call, { fine: true });
    assert.equal(fake.calls.length, calls);
  });
}

test("concurrent calls share one login, and one renewal of a dead token", async () => {
  await using fake = await FakeCloud.start();
  const old: Reply = (response, seen) => (seen.token === "token-1" ? unauthorized : fine)(response, seen);
  const cloud = fake.replies(old).open();
  const answers = await Promise.all(Array.from({ length: 8 }, () => cloud.call("compute", "/x")));
  assert.deepEqual(answers, Array(8).fill({ fine: true }));
  assert.equal(fake.logins, 2);
});

test("a token that dies again at once is an error, not a loop", async () => {
  await using fake = await FakeCloud.start();
  await assert.rejects(fake.replies(unauthorized).open().call("compute", "/x"), fails("credentials", /401/));
  assert.equal(fake.logins, 2);
});

test("a token near its end is renewed before it is used", async () => {
  await using fake = await FakeCloud.start();
  const cloud = fake.replies(fine).open();
  fake.life = 0;
  await cloud.call("compute", "/x");
  fake.life = 3600;
  await cloud.call("compute", "/x");
  await cloud.call("compute", "/x");
  assert.deepEqual(
    fake.calls.map(({ token }) => token),
    ["token-1", "token-2", "token-2"],
  );
});

test("a failed login is not remembered", async () => {
  await using fake = await FakeCloud.start();
  const cloud = fake.replies(fine).loginReply(unauthorized).open();
  await assert.rejects(cloud.projectId(), fails("credentials", /POST \/auth\/tokens .*401.*check the user/));
  fake.loginReply(undefined);
  assert.equal(await cloud.projectId(), "P");
  assert.equal(cloud.region, "R");
});

test("a login is tried again while Keystone is busy", async () => {
  await using fake = await FakeCloud.start();
  const cloud = fake.open();
  fake.loginReply((response, seen) => {
    fake.loginReply(undefined);
    busy(response, seen);
  });
  assert.equal(await cloud.projectId(), "P");
  assert.equal(fake.logins, 2);
});

test("what answers the login and is no Keystone is said to be that", async () => {
  await using fake = await FakeCloud.start();
  await assert.rejects(fake.loginReply(json(200, {})).open().projectId(), fails("failed", /is auth_url Keystone's/));
});

test("no secret is in an error, whatever the service repeats", async () => {
  await using fake = await FakeCloud.start();
  const cloud = fake
    .replies((response, seen) =>
      json(400, { bad: { message: `${seen.body} ${seen.token} pass-word-1` } })(response, seen),
    )
    .open();
  const body = { server: { name: "x", user_data: "dXNlci1kYXRh", adminPass: "admin-pass-1" } };
  const failure = await cloud.call("compute", "/servers", { method: "POST", body }).catch((error: unknown) => error);
  const told = JSON.stringify([failure, (failure as Error).message, (failure as Error).stack]);
  for (const secret of ["dXNlci1kYXRh", "admin-pass-1", "token-1", "pass-word-1"])
    assert.ok(!told.includes(secret), told);
});

test("an older cloud is asked again in its own newest version, and from then on at once", async () => {
  await using fake = await FakeCloud.start();
  const cloud = fake
    .replies(
      json(406, { computeFault: { message: "Version 2.79 is not supported by the API." } }),
      json(200, { version: { id: "v2.1", min_version: "2.1", version: "2.60" } }),
      fine,
    )
    .open();
  await cloud.call("compute", "/x");
  await cloud.call("compute", "/x");
  const versions = fake.calls.map(({ path, version }) => `${path} ${version ?? ""}`.trim());
  assert.deepEqual(versions, [
    "/c/v2.1/x compute 2.79",
    "/c/v2.1/",
    "/c/v2.1/x compute 2.60",
    "/c/v2.1/x compute 2.60",
  ]);
});

test("the versions of a service without one in its address are asked for once", async () => {
  await using fake = await FakeCloud.start();
  const cloud = fake.replies(json(300, { versions: [{ id: "v2.0", links: [] }] }), json(200, {})).open();
  await cloud.call("network", "/ports", { query: { fields: ["a", "b"], x: "&=" } });
  await cloud.call("network", "/ports");
  const paths = fake.calls.map(({ path }) => path);
  assert.deepEqual(paths, ["/n/", "/n/v2.0/ports?fields=a&fields=b&x=%26%3D", "/n/v2.0/ports"]);
});

test("a list whose next page is the same page ends in an error", async () => {
  await using fake = await FakeCloud.start();
  const page = { servers: [1], servers_links: [{ rel: "next", href: "http://elsewhere/?marker=1" }] };
  const cloud = fake.replies(json(200, page)).open();
  await assert.rejects(cloud.list("compute", "/servers", "servers"), fails("failed", /page 2 says/));
  await assert.rejects(cloud.list("compute", "/servers", "volumes"), fails("failed", /without the list "volumes"/));
});

test("a signal ends a call and its pauses with the signal's reason", async () => {
  await using fake = await FakeCloud.start();
  const cloud = fake.replies(json(503, {}, { "retry-after": "30" })).open();
  const reason = new Error("interrupted");
  const controller = new AbortController();
  const call = cloud.call("compute", "/x", { signal: controller.signal });
  while (fake.calls.length === 0) await new Promise(setImmediate);
  controller.abort(reason);
  await assert.rejects(call, reason);
});

test("an upload is sent once, as a stream, with its type", async () => {
  await using fake = await FakeCloud.start();
  const cloud = fake.replies(broken, fine).open();
  const content = () => new Blob(["one", "two"]).stream();
  const options = { contentType: "application/octet-stream", timeout: 5_000 };
  await assert.rejects(cloud.upload("image", "/images/i/file", content(), options), fails("unreachable", /PUT .*500/));
  await cloud.upload("image", "/images/i/file", content(), options);
  assert.deepEqual(
    fake.calls.map(({ method, path, body }) => [method, path, body]),
    Array(2).fill(["PUT", "/i/v2/images/i/file", "onetwo"]),
  );
});

test("a source that fails ends its upload", async () => {
  await using fake = await FakeCloud.start();
  const content = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(new Error("the disk is gone"));
    },
  });
  const options = { contentType: "application/octet-stream", timeout: 5_000 };
  await assert.rejects(fake.open().upload("image", "/x", content, options), fails("unreachable", /the disk is gone/));
});

test("where nobody listens any more, the address and the reason are said", async () => {
  const fake = await FakeCloud.start();
  const cloud = fake.open();
  await cloud.projectId();
  await fake[Symbol.asyncDispose]();
  const request = { method: "POST", timeout: 700 } as const;
  await assert.rejects(
    cloud.call("compute", "/x", request),
    fails("unreachable", /POST \/x .*ECONNREFUSED.*\(\d tries\)/),
  );
});

test("a login that hangs holds a call no longer than the call's own limit, and serves the next one", async () => {
  await using fake = await FakeCloud.start();
  let finish = () => {};
  const cloud = fake.replies(fine).open();
  fake.loginReply((response, seen) => {
    fake.loginReply(undefined);
    finish = () => fake.tokenReply(response, seen);
  });
  const hurried = cloud.call("compute", "/x", { timeout: 300 });
  await assert.rejects(hurried, fails("timeout", /GET \/x .*the login, or .* took longer than 0\.3 s/));
  finish();
  assert.deepEqual(await cloud.call("compute", "/x"), { fine: true });
  assert.equal(fake.logins, 1);
});

test("one cloud for each choice", async () => {
  await using fake = await FakeCloud.start();
  const environment = { OS_AUTH_URL: fake.origin, OS_USERNAME: "u", OS_PASSWORD: "p", OS_PROJECT_NAME: "p" };
  assert.equal(openCloud({}, environment), openCloud({ cloud: undefined }, environment));
  assert.notEqual(openCloud({}, environment), openCloud({}, { ...environment }));
});

test("a wait says what it waited for and what it saw, late or lost", async () => {
  const look = async () => "BUILD";
  const wait = { what: "the server x to be ACTIVE", look, words: (seen: string) => seen, timeout: 1 };
  const late = /waited 0 s for the server x to be ACTIVE, and last saw: BUILD/;
  await assert.rejects(waitFor({ ...wait, done: () => false }), fails("timeout", late));
  const lost = waitFor({ ...wait, done: () => false, lost: () => "ERROR: no host" });
  await assert.rejects(lost, fails("failed", /waited for the server x to be ACTIVE in vain: ERROR: no host/));
});

test("a wait bears a service that is away for a moment, and nothing else", async () => {
  const looks = (...answers: (string | CloudError)[]) => ({
    what: "the server x to be ACTIVE",
    look: async () => {
      const next = answers.shift();
      if (next instanceof CloudError) throw next;
      return next;
    },
    done: (seen: unknown) => seen === "ACTIVE",
    words: String,
    timeout: 60_000,
  });
  const away = new CloudError("unreachable", "503");
  assert.equal(await waitFor(looks(away, "ACTIVE")), "ACTIVE");
  const closed = new CloudError("credentials", "401");
  await assert.rejects(waitFor(looks(closed, "ACTIVE")), fails("credentials", /401/));
  await assert.rejects(waitFor({ ...looks(away, "ACTIVE"), timeout: 1 }), fails("unreachable", /503/));
});

test("a silence that lasts is an error, and each answer begins it anew", async () => {
  const away = () => Promise.reject(new CloudError("timeout", "no answer"));
  await assert.rejects(new Silence(Infinity, -1).ask(away), fails("timeout", /no answer/));
  const silence = new Silence(Infinity);
  assert.equal(await silence.ask(away), undefined);
  assert.deepEqual(await silence.ask(async () => undefined), { answer: undefined });
  assert.equal(await silence.ask(away), undefined);
});
