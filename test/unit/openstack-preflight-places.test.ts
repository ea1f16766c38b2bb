/** Each fault of the preflight stands at its line and column of the spec. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { planPreflight } from "../../components/openstack/preflight/index.ts";
import { loadSpec, problemsAt } from "../../spec/index.ts";
import { catalogueOf } from "./openstack-preflight-fixture.ts";

const text = `coffer: 1
target:
  openstack:
    network: [private, backend]
    subnet: private-subnets
    external: publik
    zone: nuva
    access: { admin: [172.24.4.1/32] }
datastores:
  shop: { engine: mariadb, versions: { "10.11": { image: { tags: [blessed] } } } }
  mariadb: { versions: { "10.11": {} } }
instances:
  orders: { datastore: shop, flavor: m1.smal, volume: { size: 2, type: cheph } }
  ledger: { datastore: mariadb, flavor: m1.large, volume: 90, zone: cellar }
`;

test("one line per fault, in the order of the file", () => {
  const spec = loadSpec(text, "stack.yaml");
  const project = { gigabytes: { limit: 100, used: 10 } };
  const quotas = { project, volumeTypes: new Map(), largestVolumeGiB: -1 };
  const faults = planPreflight(spec, catalogueOf({ quotas, images: new Map() }), []);
  const lines = problemsAt(text, "stack.yaml", faults).message.split("\n");
  assert.deepEqual(
    lines.map((line) => line.replace(/ \(recipe [0-9a-f]+\)/, "")),
    [
      `stack.yaml:4:24: target.openstack.network[1]: the cloud has no network of this name or id that the project can use (received "backend"; allowed: "private", "public")`,
      `stack.yaml:5:13: target.openstack.subnet: the cloud has no subnet of this name or id that the project can use (received "private-subnets"; allowed: "private-subnet"; did you mean "private-subnet"?)`,
      `stack.yaml:6:15: target.openstack.external: the cloud has no network of this name or id that the project can use (received "publik"; allowed: "public"; did you mean "public"?)`,
      `stack.yaml:7:11: target.openstack.zone: there is no availability zone of Nova's with this name (received "nuva"; allowed: "nova"; did you mean "nova"?)`,
      `stack.yaml:10:58: datastores.shop.versions["10.11"].image: no image of the cloud has all of these tags (received "blessed"; allowed: tags there are: none)`,
      `stack.yaml:11:26: datastores.mariadb.versions["10.11"]: Coffer's image for mariadb 10.11 is not in this cloud: \`coffer up\` builds and uploads it; or: \`coffer image build mariadb@10.11\``,
      `stack.yaml:13:38: instances.orders.flavor: the cloud has no flavor of this name that the project can use (received "m1.smal"; allowed: "m1.diskless", "m1.large", "m1.old", "m1.small", "m1.tiny"; did you mean "m1.small"?)`,
      `stack.yaml:13:72: instances.orders.volume.type: the cloud has no volume type of this name or id that the project can use (received "cheph"; allowed: "ceph", "fast"; did you mean "ceph"?)`,
      `stack.yaml:14:3: instances.ledger: from this instance on, Cinder's quota of gigabytes is exceeded: have it raised, or free what is not needed (received 92 needed by 2 new instances; allowed: at most 90 more: 10 of 100 are in use)`,
      `stack.yaml:14:69: instances.ledger.zone: this availability zone of Nova's is not available now (received "cellar"; allowed: "nova")`,
    ],
  );
});
