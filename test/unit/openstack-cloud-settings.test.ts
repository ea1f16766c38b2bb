import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CloudError } from "../../access/openstack/cloud.ts";
import { cloudSettings } from "../../access/openstack/cloud-settings.ts";

const folder = mkdtempSync(join(tmpdir(), "coffer-clouds-"));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(text: string): string {
  const path = join(folder, `${files++}.yaml`);
  writeFileSync(path, text);
  return path;
}

const openrc = {
  OS_AUTH_URL: "http://k:5000/v3",
  OS_USERNAME: "u",
  OS_PASSWORD: "hidden",
  OS_PROJECT_NAME: "p",
};
const auth = "auth: {auth_url: 'http://k:5000', username: u, password: hidden, project_name: p}";
const clouds = (body: string) => ({ OS_CLIENT_CONFIG_FILE: file(`clouds:\n  c:\n    ${body}\n`) });

const byPassword = {
  by: "password",
  user: { name: "u", domain: { id: "default" } },
  password: "hidden",
};

const understood: { why: string; cloud?: string; environment: NodeJS.ProcessEnv; wanted: object }[] = [
  {
    why: "an openrc file without domains means the default one",
    environment: openrc,
    wanted: {
      name: "http://k:5000/v3",
      identity: "http://k:5000/v3",
      credentials: byPassword,
      project: { name: "p", domain: { id: "default" } },
      interface: "public",
      verify: true,
    },
  },
  {
    why: "domains by name, ids of user and project need none",
    environment: { ...openrc, OS_USER_ID: "uid", OS_PROJECT_DOMAIN_NAME: "d", OS_PROJECT_ID: "pid" },
    wanted: { credentials: { by: "password", user: { id: "uid" }, password: "hidden" }, project: { id: "pid" } },
  },
  {
    why: "OS_CLOUD chooses as the spec would",
    environment: { ...clouds(auth), OS_CLOUD: "c" },
    wanted: { name: "c", credentials: byPassword },
  },
  {
    why: "the spec's cloud wins over OS_CLOUD, and takes nothing from the other variables",
    cloud: "c",
    environment: { ...openrc, OS_PASSWORD: "other", OS_REGION_NAME: "other", ...clouds(auth), OS_CLOUD: "x" },
    wanted: { name: "c", credentials: byPassword, region: undefined },
  },
  {
    why: "whatever version of Keystone is named, v3 is spoken",
    cloud: "c",
    environment: clouds(auth.replace("k:5000", "k/identity/v2.0/")),
    wanted: { identity: "http://k/identity/v3" },
  },
  {
    why: "a password is text, however much it looks like a number",
    cloud: "c",
    environment: clouds(auth.replace("hidden", "0123e4")),
    wanted: { credentials: { ...byPassword, password: "0123e4" } },
  },
  {
    why: "an empty setting is none",
    cloud: "c",
    environment: clouds(`${auth}\n    region_name:\n    interface: ~`),
    wanted: { region: undefined, interface: "public" },
  },
  {
    why: "merge keys, which clouds.yaml files are full of",
    cloud: "c",
    environment: {
      OS_CLIENT_CONFIG_FILE: file(`base: &base\n  ${auth}\nclouds:\n  c:\n    <<: *base\n    region_name: R\n`),
    },
    wanted: { region: "R", credentials: byPassword },
  },
  {
    why: "secrets may lie in a file of their own",
    cloud: "c",
    environment: {
      ...clouds(auth.replace(", password: hidden", "")),
      OS_CLIENT_SECURE_FILE: file("clouds: {c: {auth: {password: hidden}}}"),
    },
    wanted: { credentials: byPassword },
  },
  {
    why: "an application credential has its project in it",
    cloud: "c",
    environment: clouds(
      "auth_type: v3applicationcredential\n    auth: {auth_url: 'http://k', application_credential_id: i, application_credential_secret: s}",
    ),
    wanted: {
      credentials: { by: "application-credential", credential: { id: "i" }, secret: "s" },
      project: undefined,
    },
  },
  {
    why: "an application credential by name belongs to a user; its type may be left out",
    environment: {
      OS_AUTH_URL: "http://k",
      OS_APPLICATION_CREDENTIAL_NAME: "n",
      OS_APPLICATION_CREDENTIAL_SECRET: "s",
      OS_USERNAME: "u",
      OS_USER_DOMAIN_NAME: "d",
    },
    wanted: {
      credentials: {
        by: "application-credential",
        credential: { name: "n", user: { name: "u", domain: { name: "d" } } },
        secret: "s",
      },
    },
  },
  {
    why: "a token",
    environment: { OS_AUTH_URL: "http://k", OS_AUTH_TYPE: "v3token", OS_TOKEN: "t", OS_PROJECT_ID: "p" },
    wanted: { credentials: { by: "token", token: "t" }, project: { id: "p" } },
  },
  {
    why: "the first of several regions, as openstacksdk takes it; the old spelling of interface; no verification",
    cloud: "c",
    environment: clouds(`${auth}\n    regions: [{name: R1}, R2]\n    endpoint_type: internalURL\n    verify: false`),
    wanted: { region: "R1", interface: "internal", verify: false },
  },
  {
    why: "OS_INSECURE is verify: false",
    environment: { ...openrc, OS_INSECURE: "true", OS_CACERT: file("PEM") },
    wanted: { verify: false, authorities: "PEM" },
  },
];
for (const { why, cloud, environment, wanted } of understood) {
  test(`understood: ${why}`, () => {
    const settings = cloudSettings(cloud, { HOME: folder, ...environment });
    for (const [key, value] of Object.entries(wanted)) {
      assert.deepEqual(settings[key as keyof typeof settings], value, key);
    }
  });
}

const refused: { why: string; cloud?: string; environment: NodeJS.ProcessEnv; message: RegExp }[] = [
  { why: "nothing is chosen", environment: {}, message: /no OpenStack cloud was chosen; name a cloud.*OS_AUTH_URL/ },
  {
    why: "no such file",
    cloud: "c",
    environment: { OS_CLIENT_CONFIG_FILE: "/nowhere/x" },
    message: /\/nowhere\/x, which/,
  },
  { why: "no such cloud", cloud: "x", environment: clouds(auth), message: /has no cloud "x"; it has: c$/ },
  { why: "a name of every object", cloud: "constructor", environment: clouds(auth), message: /has no cloud "construc/ },
  {
    why: "broken YAML, of which nothing is quoted",
    cloud: "c",
    environment: { OS_CLIENT_CONFIG_FILE: file("clouds:\n  c: {password: hidden\n") },
    message: /line \d+: this is not valid YAML/,
  },
  {
    why: "no password",
    environment: { ...openrc, OS_PASSWORD: "" },
    message: /OS_\* variables: OS_PASSWORD is missing/,
  },
  {
    why: "no project",
    cloud: "c",
    environment: clouds(auth.replace(", project_name: p", "")),
    message: /cloud "c" in .*no project is named; set project_name or project_id/,
  },
  {
    why: "an address with a password in it",
    environment: { ...openrc, OS_AUTH_URL: "http://u:hidden@k" },
    message: /auth_url is no plain http or https address/,
  },
  {
    why: "a kind of login that needs a browser",
    cloud: "c",
    environment: clouds(`auth_type: v3oidcpassword\n    ${auth}`),
    message: /auth_type "v3oidcpassword" is not supported; there are: password, token/,
  },
  { why: "an interface that is none", environment: { ...openrc, OS_INTERFACE: "x" }, message: /OS_INTERFACE "x"/ },
  {
    why: "no authorities",
    environment: { ...openrc, OS_CACERT: "/no/ca" },
    message: /\/no\/ca, cannot be read \(ENOENT/,
  },
];
for (const { why, cloud, environment, message } of refused) {
  test(`refused: ${why}`, () => {
    assert.throws(
      () => cloudSettings(cloud, { HOME: folder, ...environment }),
      (error: CloudError) => {
        assert.ok(error instanceof CloudError);
        assert.equal(error.problem, "configuration");
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /hidden/);
        return true;
      },
    );
  });
}

test("clouds.yaml is found in the user's folder, with its secure.yaml", () => {
  const home = join(folder, "home");
  mkdirSync(join(home, ".config/openstack"), { recursive: true });
  writeFileSync(join(home, ".config/openstack/clouds.yml"), `clouds: {c: {${auth.replace("password: hidden, ", "")}}}`);
  writeFileSync(join(home, ".config/openstack/secure.yaml"), "clouds: {c: {auth: {password: hidden}}}");
  assert.deepEqual(cloudSettings("c", { HOME: home }).credentials, byPassword);
});
