/** The client against a real cloud: logins of every kind, lists in pages, versions, refusals. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { CloudError, CloudProblem } from "../../access/openstack/cloud.ts";
import { loginBody } from "../../access/openstack/cloud-catalog.ts";
import { openCloud } from "../../access/openstack/cloud-session.ts";
import { type CloudSettings, cloudSettings } from "../../access/openstack/cloud-settings.ts";
import { listVolumes } from "../../access/openstack/volumes.ts";
import { makeVolume, prefix, Undo } from "./cloud-fixture.ts";

const cloud = openCloud({});
const undo = new Undo();
after(() => undo.all());

const folder = mkdtempSync(join(tmpdir(), "coffer-cloud-"));
undo.later("the folder", async () => rmSync(folder, { recursive: true }));

const settings = cloudSettings(undefined, process.env);

/** A plain login beside the client, for what only its answer tells. */
async function login(wish: CloudSettings): Promise<{ token: string; user: { id: string; name: string } }> {
  const body = JSON.stringify(loginBody(wish));
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${wish.identity}/auth/tokens`, { method: "POST", body, headers });
  const { token } = (await answer.json()) as { token: { user: { id: string; name: string } } };
  return { token: answer.headers.get("x-subject-token") ?? "", user: token.user };
}

/** As a clouds.yaml of its own. */
function opened(auth: object, more: object = {}) {
  const path = join(folder, `${Math.random()}.yaml`);
  const own = { auth: { auth_url: settings.identity, ...auth }, ...more };
  writeFileSync(path, JSON.stringify({ clouds: { own } }), { mode: 0o600 });
  return openCloud({ cloud: "own" }, { OS_CLIENT_CONFIG_FILE: path });
}

const fails = (problem: CloudProblem, message: RegExp) => (error: CloudError) => {
  assert.equal(error.problem, problem, error.message);
  assert.match(error.message, message);
  return true;
};

test("the project and the region are known after the login", async () => {
  const project = await cloud.projectId();
  assert.match(project, /^[0-9a-f]{32}$/);
  assert.ok(cloud.region);
});

test("every service that is used answers", async () => {
  const services = [
    ["compute", "/flavors", "flavors"],
    ["volume", "/types", "volume_types"],
    ["network", "/networks", "networks"],
    ["image", "/images", "images"],
    ["identity", "/auth/projects", "projects"],
  ] as const;
  for (const [service, path, key] of services) assert.ok(Array.isArray(await cloud.list(service, path, key)), service);
});

test("an application credential logs in, by its id and by its name", async () => {
  const { user } = await login(settings);
  const path = `/users/${user.id}/application_credentials`;
  const body = { application_credential: { name: prefix, secret: `${prefix}-secret` } };
  const { application_credential: made } = await cloud.call<{ application_credential: { id: string } }>(
    "identity",
    path,
    {
      method: "POST",
      body,
    },
  );
  undo.later("the credential", () => cloud.call("identity", `${path}/${made.id}`, { method: "DELETE" }));
  const project = await cloud.projectId();
  const secret = { application_credential_secret: `${prefix}-secret` };
  const byId = opened({ application_credential_id: made.id, ...secret }, { auth_type: "v3applicationcredential" });
  assert.equal(await byId.projectId(), project);
  const byName = opened({ application_credential_name: prefix, user_id: user.id, ...secret });
  assert.equal(await byName.projectId(), project);
  const wrong = opened({ application_credential_id: made.id, application_credential_secret: "not-the-secret" });
  await assert.rejects(wrong.projectId(), fails("credentials", /401/));
});

test("a token logs in to its project", async () => {
  const { token } = await login(settings);
  const project_id = await cloud.projectId();
  assert.equal(await opened({ token, project_id }, { auth_type: "token" }).projectId(), project_id);
});

test("wrong settings are told apart", async () => {
  const auth = { username: prefix, password: "not-the-password", project_name: "none" };
  await assert.rejects(opened(auth).projectId(), fails("credentials", /^identity: POST \/auth\/tokens .*401/));
  const { token } = await login(settings);
  const project_id = await cloud.projectId();
  const nowhere = opened({ token, project_id }, { auth_type: "token", region_name: "Nowhere" });
  await assert.rejects(nowhere.projectId(), fails("configuration", /no region "Nowhere"; set region_name to one of: /));
});

test("a list is fetched page by page, each thing once", async () => {
  const names = [1, 2, 3].map((number) => `${prefix}-page-${number}`);
  const ids = await Promise.all(names.map((name) => makeVolume(cloud, undo, name, { "coffer.test": prefix })));
  const paged = await cloud.list<{ id: string }>("volume", "/volumes/detail", "volumes", { query: { limit: 1 } });
  for (const id of ids) assert.equal(paged.filter((volume) => volume.id === id).length, 1);
  assert.deepEqual((await listVolumes(cloud, { "coffer.test": prefix })).map(({ id }) => id).sort(), ids.toSorted());
  const lists = [
    ["network", "/networks", "networks"],
    ["network", "/security-group-rules", "security_group_rules"],
    ["compute", "/flavors", "flavors"],
    ["image", "/images", "images"],
  ] as const;
  for (const [service, path, key] of lists) {
    const small = await cloud.list<{ id: string }>(service, path, key, {
      query: { limit: 1, sort_key: "id", sort_dir: "asc" },
    });
    assert.equal(new Set(small.map(({ id }) => id)).size, small.length, path);
  }
  const flavors = await cloud.list("compute", "/flavors", "flavors");
  assert.ok(flavors.length > 1);
  assert.equal((await cloud.list("compute", "/flavors", "flavors", { query: { limit: 1 } })).length, flavors.length);
});

test("a version that the cloud does not have is negotiated, and one that the call asks for is used", async () => {
  const headers = { "openstack-api-version": "compute 2.46" };
  // Nova describes flavors since 2.55. There are flavors in every cloud.
  const described = async (request: object) => {
    const flavors = await cloud.list<object>("compute", "/flavors/detail", "flavors", request);
    return [...new Set(flavors.map((flavor) => "description" in flavor))];
  };
  assert.deepEqual(await described({ headers }), [false]);
  assert.deepEqual(await described({}), [true]);
  const never = { headers: { "openstack-api-version": "compute 2.999" } };
  await assert.rejects(cloud.call("compute", "/servers", never), fails("failed", /406.*2\.999/));
});

const refusals: { why: string; problem: CloudProblem; message: RegExp; ask: () => Promise<unknown> }[] = [
  {
    why: "nothing there",
    problem: "absent",
    message: /compute: GET \/servers\/none on cloud .* answered 404: Instance none could not be found\. \(req-/,
    ask: () => cloud.call("compute", "/servers/none"),
  },
  {
    why: "more than the quota",
    problem: "quota",
    message: /quota/i,
    ask: () =>
      cloud.call("volume", "/volumes", { method: "POST", body: { volume: { name: prefix, size: 1_000_000 } } }),
  },
  {
    why: "an administrator's work",
    problem: "credentials",
    message: /403.*roles/,
    ask: () => cloud.list("compute", "/os-services", "services"),
  },
  {
    why: "a wish that makes no sense, whose secret is not repeated",
    problem: "failed",
    message: /400.*Value: \*\*\*/,
    ask: () =>
      cloud.call("compute", "/servers", {
        method: "POST",
        body: {
          server: {
            name: prefix,
            imageRef: randomUUID(),
            flavorRef: "1",
            networks: "none",
            user_data: "QUJD".repeat(20_000),
          },
        },
      }),
  },
];
for (const { why, problem, message, ask } of refusals) {
  test(`a refusal: ${why}`, () => assert.rejects(ask(), fails(problem, message)));
}
