/** Instances declared on OpenStack, with Pulumi's mocks in the place of its engine. One set of them for each process. */
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { CloudFacts } from "../../components/openstack/facts.ts";
import { loadSpec } from "../../spec/index.ts";

export interface Declared {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

export const uuid = "0b5c1d5e-7a2f-4b7e-9b57-6f1d2c3b4a59";
export const stackId = "5f0c3c1e-0000-4000-8000-000000000000";

const facts: CloudFacts = {
  flavors: new Map([["m1.small", { id: "flavor-id", vcpus: 1, memoryBytes: 512 * 2 ** 20, diskGiB: 4 }]]),
  networks: [
    { id: "network-1", name: "private", subnet: { id: "subnet-1", cidr: "10.0.10.0/24", ipVersion: 4 } },
    { id: "network-2", name: "second" },
  ],
  external: { id: "external-id", name: "public" },
  images: new Map([
    ["mariadb@10.11", { id: "image-id", name: "coffer-mariadb", minDiskGiB: 2 }],
    ["postgresql@15", { id: "stock-id", name: "debian-12", minDiskGiB: 2 }],
  ]),
  adopted: new Map(),
};

/** Everything that the spec's instances declare, in order. Each resource has its own name in the public halves of keys. */
export async function declareOpenstack(text: string): Promise<readonly Declared[]> {
  const declared: Declared[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs }) {
        declared.push({ type, name, inputs: inputs as Record<string, unknown> });
        const own = {
          uuid,
          ports: {},
          adopted: "",
          publicKey: `ssh-ed25519 AAAA ${name}`,
          privateKey: `PRIVATE ${name}`,
        };
        const state = {
          ...inputs,
          ...own,
          hostKey: "ssh-ed25519 BBBB",
          allFixedIps: [name.endsWith("-port-2") ? "10.0.20.7" : "10.0.10.7"],
          address: "172.24.4.9",
        };
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
  const { openstackTarget } = await import("../../components/openstack/index.ts");
  const { engineOf } = await import("../../engines/index.ts");
  const flavors = new Map([["m1.small", { vcpus: 1, memoryBytes: 512 * 2 ** 20 }]]);
  const spec = loadSpec(text, "demo.yaml", { flavors });
  assert.ok(spec.target.kind === "openstack");
  const target = openstackTarget(spec.target.openstack, facts);
  const shared = target.shared({ stackId, stack: "demo" });
  const authority = new Authority("authority", { name: "Coffer demo" }, {});
  for (const instance of spec.instances) {
    const version = spec.datastores.find(({ engine }) => engine === instance.engine);
    assert.ok(version);
    const datastore = new Datastore(`${version.datastore}@${version.version}`, { target, spec: version });
    const args = { spec: instance, engine: engineOf(instance.engine), datastore, shared, authority, given: {} };
    new Instance({ ...args, target: "openstack", cloud: "devcloud", bind: target.bind });
  }
  await pulumi.runtime.disconnect();
  return declared;
}

export function findDeclared(declared: readonly Declared[], name: string): Declared {
  const found = declared.find((resource) => resource.name === name);
  assert.ok(found, `no resource named ${name}; there are: ${declared.map((resource) => resource.name).join(", ")}`);
  return found;
}

/** The value of an input that may be marked as secret. */
export function plain(input: unknown): unknown {
  return input !== null && typeof input === "object" && "value" in input ? input.value : input;
}
