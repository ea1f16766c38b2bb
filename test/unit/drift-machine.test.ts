/** What `drift` tells of machines and of the rules around them, and what `adopt` makes of all differences in a spec. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Ingress, RealObject } from "../../access/inventory.ts";
import { adoptInto } from "../../operations/adopt.ts";
import {
  type IngressSides,
  ingressDifferences,
  type MachineSides,
  machineDifferences,
} from "../../operations/drift/machine.ts";
import type { Adoption, Difference } from "../../operations/drift/row.ts";
import type { InstanceRecord } from "../../operations/records.ts";
import { loadSpec } from "../../spec/index.ts";

const text = `coffer: 1
target: docker
flavors:
  small: { vcpus: 1, memory: 512M }
  large: { vcpus: 2, memory: 1G }
datastores:
  mariadb: { versions: { "10.11": {} } }
instances:
  orders: # the shop
    datastore: mariadb
    flavor: small
    volume: 2
    access: { allow: [10.0.0.0/8, 10.9.0.0/16] }
    parameters: { max_connections: 60 } # few
    databases: [shop, { name: stats }]
    users:
      - { name: app, databases: [shop, { name: stats, privileges: read }] }
`;
const [spec] = loadSpec(text, "s.yaml").instances;
assert.ok(spec);
const record = {
  ...{ name: "orders", flavor: "small", vcpus: 1, memoryBytes: 512 * 2 ** 20, volumeBytes: 2 * 2 ** 30 },
} as InstanceRecord;
const real = { role: "", attachedTo: [] as string[], id: "1", name: "orders" };
const server: RealObject = { ...real, kind: "server", running: true };
const limits = { cpus: 1, memoryBytes: 512 * 2 ** 20 };

const brief = ({ what, name, spec, state, real, mend, adoption }: Difference): string =>
  `${what} ${name}: ${spec}/${state}/${real} ${mend}${adoption ? ` ${adoption.kind}` : ""}`;

const machineCases: readonly { why: string; sides: Partial<MachineSides>; expected: readonly string[] }[] = [
  { why: "as recorded", sides: {}, expected: [] },
  {
    why: "stopped",
    sides: { server: { ...server, running: false } },
    expected: ["power : null/running/stopped start"],
  },
  {
    why: "in error: no verb mends that",
    sides: { server: { ...server, running: false, state: "ERROR: gone", broken: "ERROR: gone" } },
    expected: ["power : null/running/ERROR: gone none"],
  },
  {
    why: "less memory by hand: no flavor is like that",
    sides: { server: { ...server, limits: { cpus: 1, memoryBytes: 400 * 2 ** 20 } } },
    expected: ["flavor : small/small/vcpus 1, 400 MiB up"],
  },
  {
    why: "what another flavor has can be taken over",
    sides: { server: { ...server, limits: { cpus: 2, memoryBytes: 2 ** 30 } } },
    expected: ["flavor : small/small/large up flavor"],
  },
  {
    why: "fewer CPUs than the flavor has, because there are no more",
    sides: { record: { ...record, vcpus: 8 }, server: { ...server, limits }, mostCpus: 1 },
    expected: [],
  },
  {
    why: "a flavor of the cloud, by its id",
    sides: { server: { ...server, flavor: "f2" } },
    expected: ["flavor : small/small/m1.large up flavor"],
  },
  {
    why: "a flavor that the project does not see any more",
    sides: { server: { ...server, flavor: "f9" } },
    expected: ["flavor : small/small/f9 up"],
  },
  {
    why: "a larger volume stays larger, and can be taken over",
    sides: { data: { ...real, kind: "volume", sizeBytes: 3 * 2 ** 30 } },
    expected: ["volume : 2 GiB/2 GiB/3 GiB none volume"],
  },
  { why: "a target that tells no size", sides: { data: { ...real, kind: "volume" } }, expected: [] },
  {
    why: "a flavor that the spec changed",
    sides: { spec: { ...spec, flavor: { name: "large" } } },
    expected: ["flavor : large/small/small up"],
  },
];

describe("machines", () => {
  for (const { why, sides, expected } of machineCases)
    test(why, () => {
      const found = machineDifferences({
        ...{ spec, record, server, data: undefined, mostCpus: 8 },
        flavors: new Map([
          ["f1", "small"],
          ["f2", "m1.large"],
        ]),
        sizes: new Map([["large", { vcpus: 2, memoryBytes: 2 ** 30 }]]),
        ...sides,
      });
      assert.deepEqual(found.map(brief), expected);
    });
});

const rule = (port: number, cidr: string): Ingress => ({
  id: "r",
  protocol: "tcp",
  ports: { from: port, to: port },
  cidr,
});
const ingressCases: readonly { why: string; sides: Partial<IngressSides>; expected: readonly string[] }[] = [
  { why: "as applied", sides: {}, expected: [] },
  {
    why: "a rule that somebody removed: up makes it again",
    sides: { real: [rule(22, "192.0.2.1/32")] },
    expected: ["rule tcp 3306 from 10.0.0.0/8: open/open/null up no-network"],
  },
  {
    why: "a rule that somebody made stays, or goes into the spec",
    sides: { real: [rule(3306, "10.0.0.0/8"), rule(22, "192.0.2.1/32"), rule(3306, "0.0.0.0/0")] },
    expected: ["rule tcp 3306 from 0.0.0.0/0: null/null/open none network"],
  },
  {
    why: "one for a port that no spec opens",
    sides: { real: [rule(3306, "10.0.0.0/8"), rule(22, "192.0.2.1/32"), rule(8080, "10.0.0.0/8")] },
    expected: ["rule tcp 8080 from 10.0.0.0/8: null/null/open none"],
  },
  {
    why: "everything from anywhere",
    sides: { real: [rule(3306, "10.0.0.0/8"), rule(22, "192.0.2.1/32"), { id: "r" }] },
    expected: ["rule all protocols all ports from anywhere: null/null/open none"],
  },
  {
    why: "a network that the spec adds",
    sides: { wanted: [...[{ port: 3306, cidr: "10.0.0.0/8" }], { port: 3306, cidr: "10.9.0.0/16" }] },
    expected: ["rule tcp 22 from 192.0.2.1/32: null/open/open up", "rule tcp 3306 from 10.9.0.0/16: open/null/null up"],
  },
];

describe("rules of a security group", () => {
  for (const { why, sides, expected } of ingressCases)
    test(why, () => {
      const lists = [
        { port: 3306, cidr: "10.0.0.0/8" },
        { port: 22, cidr: "192.0.2.1/32" },
      ];
      const found = ingressDifferences({
        wanted: lists,
        recorded: lists,
        real: lists.map(({ port, cidr }) => rule(port, cidr)),
        ports: { allow: 3306, admin: 22 },
        ...sides,
      });
      assert.deepEqual(found.map(brief), expected);
    });
});

const adoptions: readonly { why: string; adopt: readonly Adoption[]; says: Readonly<Record<string, unknown>> }[] = [
  {
    why: "parameters, beside those that are there",
    adopt: [{ kind: "parameter", name: "wait_timeout", value: 333 }],
    says: { parameters: { max_connections: 60, wait_timeout: 333 } },
  },
  {
    why: "a database and a user of it, whose password nobody knows",
    adopt: [
      { kind: "database", name: "hers", charset: "utf8mb4" },
      { kind: "user", name: "hand", host: "10.%", grants: [{ database: "hers", privileges: "read" }] },
    ],
    says: {
      databases: [{ name: "shop" }, { name: "stats" }, { name: "hers", charset: "utf8mb4" }],
      users: [
        {
          name: "app",
          host: "%",
          grants: [
            { database: "shop", privileges: "all" },
            { database: "stats", privileges: "read" },
          ],
        },
        { name: "hand", host: "10.%", grants: [{ database: "hers", privileges: "read" }], password: { keep: true } },
      ],
    },
  },
  {
    why: "a database that is gone takes its grants along",
    adopt: [
      { kind: "no-database", name: "stats" },
      { kind: "no-grant", name: "app", host: "%", database: "stats" },
    ],
    says: {
      databases: [{ name: "shop" }],
      drop: ["stats"],
      users: [{ name: "app", host: "%", grants: [{ database: "shop", privileges: "all" }] }],
    },
  },
  {
    why: "several grants of one user at once",
    adopt: [
      { kind: "grant", name: "app", host: "%", grant: { database: "shop", privileges: "write" } },
      { kind: "no-grant", name: "app", host: "%", database: "stats" },
    ],
    says: { users: [{ name: "app", host: "%", grants: [{ database: "shop", privileges: "write" }] }] },
  },
  { why: "a user that is gone", adopt: [{ kind: "no-user", name: "app", host: "%" }], says: { users: [] } },
  {
    why: "networks that somebody let in, to clients and to Coffer, while another was closed",
    adopt: [
      { kind: "no-network", list: "allow", cidr: "10.9.0.0/16" },
      { kind: "network", list: "allow", cidr: "192.0.2.0/24" },
      { kind: "network", list: "admin", cidr: "198.51.100.7/32" },
    ],
    says: { access: { allow: ["10.0.0.0/8", "192.0.2.0/24"], admin: ["198.51.100.7/32"], public: false } },
  },
  {
    why: "a network that somebody closed",
    adopt: [{ kind: "no-network", list: "allow", cidr: "10.9.0.0/16" }],
    says: { access: { allow: ["10.0.0.0/8"], admin: [], public: false } },
  },
  { why: "a larger volume", adopt: [{ kind: "volume", gibibytes: 3 }], says: { volume: { bytes: 3 * 2 ** 30 } } },
];

describe("adopt", () => {
  for (const { why, adopt, says } of adoptions)
    test(why, () => {
      const edited = adoptInto(text, spec, adopt);
      const [after] = loadSpec(edited, "s.yaml").instances;
      assert.deepEqual({ ...after }, { ...spec, ...says });
      assert.match(edited, /# the shop/, "comments stay");
    });

  test("a flavor", () => {
    const [after] = loadSpec(adoptInto(text, spec, [{ kind: "flavor", name: "large" }]), "s.yaml").instances;
    assert.equal(after?.flavor.name, "large");
  });
});
