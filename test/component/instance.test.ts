/**
 * What an instance declares on Docker. Names of children are a contract: renaming one replaces it, and with it a
 * server. Pulumi's mocks stand in for the engine; what the resources really do is tested on Docker.
 */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { loadSpec } from "../../spec/index.ts";
import { handover } from "./docker-plugins.ts";

interface Declared {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

const uuid = "0b5c1d5e-7a2f-4b7e-9b57-6f1d2c3b4a59";
const declared: Declared[] = [];
const find = (name: string): Declared => {
  const found = declared.find((resource) => resource.name === name);
  assert.ok(found, `no resource named ${name}; there are: ${declared.map((resource) => resource.name).join(", ")}`);
  return found;
};

const text = `coffer: 1
target: { docker: { bind: [127.0.0.1, 127.0.0.2] } }
flavors: { small: { vcpus: 0.5, memory: 512M } }
datastores:
  mariadb: { default: "10.11", versions: { "10.11": {} } }
  postgresql: { default: "15", versions: { "15": {} } }
instances:
  orders:
    datastore: mariadb
    flavor: small
    volume: 2
    databases: [shop]
    users: [{ name: app, databases: [shop] }]
    root: { generate: 2 }
  ledger:
    datastore: postgresql
    flavor: small
    volume: 1
    databases: [{ name: books, owner: app }]
    users: [{ name: app }]
  old:
    datastore: mariadb
    flavor: small
    volume: { size: 1, adopt: coffer-kept-data }
`;

before(async () => {
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs }) {
        declared.push({ type, name, inputs: inputs as Record<string, unknown> });
        const state = { ...inputs, uuid, ports: { sql: 21_000 }, adopted: inputs.adopt ?? "" };
        return { id: `${name}-id`, state };
      },
      call: ({ inputs }) => inputs,
    },
    "coffer",
    "demo",
  );
  const { Datastore } = await import("../../components/datastore.ts");
  const { Instance } = await import("../../components/instance.ts");
  const { Authority } = await import("../../components/resources.ts");
  const { openTarget } = await import("../../components/targets.ts");
  const { engineOf } = await import("../../engines/index.ts");
  const source = { bytes: text, file: "demo.yaml", spec: loadSpec(text, "demo.yaml") };
  const { spec, target } = await openTarget(source);
  const shared = target.shared({ stackId: "5f0c3c1e-0000-4000-8000-000000000000", stack: "demo" });
  const authority = new Authority("authority", { name: "Coffer demo" }, {});
  for (const instance of spec.instances) {
    const version = spec.datastores.find(({ datastore: name }) => name === instance.datastore);
    assert.ok(version);
    const datastore = new Datastore(`${instance.name}-store`, { target, spec: version });
    const engine = engineOf(instance.engine);
    new Instance({
      spec: instance,
      engine,
      datastore,
      target: "docker",
      bind: target.bind,
      shared,
      authority,
      given: {},
    });
  }
  await pulumi.runtime.disconnect();
});

test("an instance without databases declares none; its users are declared, so that an administrator can go", () => {
  const names = declared.map((resource) => resource.name).filter((name) => name.startsWith("old"));
  assert.ok(!names.includes("old-databases"), names.join(", "));
  const { users, unlisted, databases } = find("old-users").inputs;
  assert.deepEqual({ users, unlisted, databases }, { users: [], unlisted: true, databases: [] });
});

test("an administrator is one more user, with everything in the databases that are known", () => {
  const { users, generations, unlisted } = find("orders-users").inputs;
  assert.equal(unlisted, undefined);
  assert.deepEqual((users as { name: string }[]).at(-1), {
    ...{ name: "root", host: "%", administrator: true },
    grants: [{ database: "shop", privileges: "all" }],
  });
  assert.deepEqual(generations, { "root@%": 2 });
});

test("an owner is brought about with the users, which are not there when the databases are made", () => {
  assert.deepEqual(find("ledger-databases").inputs.databases, [{ name: "books" }]);
  assert.deepEqual(find("ledger-users").inputs.users, [
    { name: "app", host: "%", grants: [{ database: "books", privileges: "all" }], owns: ["books"] },
  ]);
});

const children: [name: string, type: string, why: string][] = [
  ["orders", "coffer:components:Instance", "the component itself"],
  ["orders-identity", "coffer:index:Identity", "who the instance is, for life"],
  ["orders-volume", "docker:index/volume:Volume", "a renamed volume would be a new, empty one"],
  ["orders-server", "docker:index/container:Container", "a renamed container is a replaced server"],
  ["orders-limits", "coffer:guest:Limits", "CPUs change without a replacement"],
  ["orders-database-server", "coffer:guest:Server", "the database server in it"],
  ["orders-databases", "coffer:guest:Databases", "one resource for all databases"],
  ["orders-users", "coffer:guest:Users", "one resource for all users"],
  ["network", "docker:index/network:Network", "one network for the stack"],
];
for (const [name, type, why] of children) {
  test(`child ${name} is a ${type}: ${why}`, () => assert.equal(find(name).type, type));
}

test("the container has the flavor's memory, no swap, and time to shut down", () => {
  const { memory, memorySwap, stopTimeout, destroyGraceSeconds, mustRun } = find("orders-server").inputs;
  assert.deepEqual(
    { memory, memorySwap, stopTimeout, destroyGraceSeconds, mustRun },
    {
      memory: 512,
      memorySwap: 512,
      stopTimeout: 120,
      destroyGraceSeconds: 120,
      mustRun: false,
    },
  );
});

test("the container's CPU limit is not the container's business: it could change it only by a replacement", () => {
  assert.equal(find("orders-server").inputs.cpus, undefined);
  assert.equal(find("orders-limits").inputs.cpus, 0.5);
});

test("ports are published on the addresses of the spec and nowhere else", () => {
  const ports = find("orders-server").inputs.ports as { ip: string; external: number; internal: number }[];
  assert.deepEqual(
    ports.map(({ ip, external, internal }) => [ip, external, internal]),
    [
      ["127.0.0.1", 21_000, 3306],
      ["127.0.0.2", 21_000, 3306],
    ],
  );
});

test("the data volume's name has a random part, so that an old volume is never picked up by its name", () => {
  assert.equal(find("orders-volume").inputs.name, "coffer-demo-orders-0b5c1d5e-data");
});

test("an adopted volume keeps its name", () => {
  assert.equal(find("old-volume").inputs.name, "coffer-kept-data");
});

test("every real object says whose it is", () => {
  for (const [name, role] of [
    ["orders-volume", "data"],
    ["orders-server", "server"],
  ] as const) {
    const labels = find(name).inputs.labels as { label: string; value: string }[];
    const values = Object.fromEntries(labels.map(({ label, value }) => [label, value]));
    assert.equal(values["coffer.stack"], "5f0c3c1e-0000-4000-8000-000000000000");
    assert.equal(values["coffer.instance"], uuid);
    assert.equal(values["coffer.role"], role);
    assert.match(values["coffer.urn"] ?? "", /^[0-9a-f]{16}$/);
  }
});

test("no input of the container holds a secret or an environment", () => {
  assert.deepEqual(find("orders-server").inputs.envs, []);
});

test("a stack can go from the official Docker plugin to the stand-in and back", () => {
  const seen = declared.flatMap(({ type, name, inputs }) => {
    const found = handover(type, inputs);
    return found ? [{ type, name, ...found }] : [];
  });
  const types = ["container:Container", "network:Network", "remoteImage:RemoteImage", "volume:Volume"];
  assert.deepEqual(
    [...new Set(seen.map(({ type }) => type))].sort(),
    types.map((type) => `docker:index/${type}`),
  );
  for (const { name, type: _, ...found } of seen)
    assert.deepEqual(found, { refused: [], strange: [], changes: [], missing: [] }, name);
});
