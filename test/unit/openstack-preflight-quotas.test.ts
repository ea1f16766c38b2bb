/** Quotas: what each instance needs, and where it is first too much. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Amount, amounts, type Quota } from "../../components/openstack/preflight/catalogue.ts";
import { needsOf } from "../../components/openstack/preflight/index.ts";
import { quotaFaults } from "../../components/openstack/preflight/quotas.ts";
import type { Access, InstanceSpec, OpenstackTarget } from "../../spec/model.ts";
import { catalogueOf, instanceOf, specOf } from "./openstack-preflight-fixture.ts";

const { flavors } = catalogueOf();
const gib = 2 ** 30;
const direct: Partial<OpenstackTarget> = { reach: { by: "fixed-address" } };
const access = (changes: Partial<Access>): Partial<InstanceSpec> => ({
  access: { allow: [], admin: [], public: false, ...changes },
});

const needs: readonly {
  why: string;
  target?: Partial<OpenstackTarget>;
  instance?: Partial<InstanceSpec>;
  wanted: Partial<Record<Amount | "volumeType", number | string>>;
}[] = [
  {
    why: "the smallest: 1 allowed network, 1 of SSH, and Neutron's own two rules",
    target: direct,
    wanted: {
      servers: 1,
      cores: 1,
      ramMiB: 512,
      volumes: 1,
      gigabytes: 2,
      ports: 1,
      securityGroups: 1,
      rules: 4,
      floatingIps: 0,
    },
  },
  { why: "a port in each network", target: { networks: ["a", "b", "c"] }, wanted: { ports: 3 } },
  { why: "closed to all: only Neutron's rules", instance: access({}), wanted: { rules: 2 } },
  {
    why: "a network that is listed twice is one rule",
    instance: access({ allow: ["10.0.0.0/8", "10.0.0.0/8", "2001:db8::/32"], admin: ["192.0.2.1/32"] }),
    wanted: { rules: 5 },
  },
  { why: "reached by floating IP", target: { reach: { by: "floating-ip" } }, wanted: { floatingIps: 1 } },
  { why: "public", target: direct, instance: access({ public: true }), wanted: { floatingIps: 1 } },
  {
    why: "public and reached so: one address serves both",
    target: { reach: { by: "floating-ip" } },
    instance: access({ public: true }),
    wanted: { floatingIps: 1 },
  },
  { why: "Cinder counts whole GiB", instance: { volume: { bytes: 2 * gib + 1 } }, wanted: { gigabytes: 3 } },
  {
    why: "an adopted volume is there already",
    instance: { volume: { bytes: 9 * gib, adopt: "v" } },
    wanted: { volumes: 0, gigabytes: 0 },
  },
  {
    why: "an instance's volume type comes before the target's",
    target: { volumeType: "ceph" },
    instance: { volume: { bytes: gib, type: "fast" } },
    wanted: { volumeType: "fast" },
  },
  { why: "the target's volume type", target: { volumeType: "ceph" }, wanted: { volumeType: "ceph" } },
  { why: "an unknown flavor is another fault", instance: { flavor: { name: "?" } }, wanted: { cores: 0, ramMiB: 0 } },
];

for (const { why, target, instance, wanted } of needs) {
  test(`needs: ${why}`, () => {
    const [seen] = needsOf(specOf(target, [instanceOf("orders", instance)]), flavors);
    assert.ok(seen);
    for (const [key, value] of Object.entries(wanted)) assert.equal(seen[key as Amount], value, key);
  });
}

const three = ["a", "b", "c"].map((name) => instanceOf(name));
const cases: readonly {
  why: string;
  instances?: readonly InstanceSpec[];
  quotas: Partial<Record<Amount, Quota>>;
  existing?: readonly string[];
  at?: string;
  received?: string;
  allowed?: string;
}[] = [
  { why: "exactly enough", quotas: { servers: { limit: 10, used: 7 } } },
  {
    why: "one too few: the third does not fit",
    quotas: { servers: { limit: 10, used: 8 } },
    at: "c",
    received: "3 needed by 3 new instances",
    allowed: "at most 2 more: 8 of 10 are in use",
  },
  { why: "unlimited", quotas: { servers: { limit: -1, used: 800 } } },
  { why: "nothing at all is allowed", quotas: { floatingIps: { limit: 0, used: 0 } }, at: "a" },
  {
    why: "a quota that was lowered below its use leaves 0",
    quotas: { gigabytes: { limit: 5, used: 9 } },
    at: "a",
    allowed: "at most 0 more: 9 of 5 are in use",
  },
  {
    why: "a full quota hurts nobody who needs nothing",
    instances: [instanceOf("a", access({}))].map((instance) => ({ ...instance, volume: { bytes: gib, adopt: "v" } })),
    quotas: { volumes: { limit: 0, used: 3 } },
  },
  {
    why: "those that are there are in use already",
    quotas: { servers: { limit: 3, used: 3 } },
    existing: ["a", "b", "c"],
  },
  { why: "only the new one counts", quotas: { servers: { limit: 3, used: 2 } }, existing: ["a", "b"] },
  {
    why: "only the new ones count, in the order of the spec",
    quotas: { servers: { limit: 2, used: 1 } },
    existing: ["b"],
    at: "c",
    received: "2 needed by 2 new instances",
  },
  { why: "memory", quotas: { ramMiB: { limit: 1535, used: 0 } }, at: "c", received: "1536 needed by 3 new instances" },
  { why: "rules, Neutron's own ones included", quotas: { rules: { limit: 11, used: 0 } }, at: "c" },
  { why: "a cloud that does not tell", quotas: {} },
];

for (const { why, instances = three, quotas: project, existing = [], at, ...words } of cases) {
  test(`quotas: ${why}`, () => {
    const quotas = { project, volumeTypes: new Map(), largestVolumeGiB: undefined };
    const faults = quotaFaults(specOf({}, instances), catalogueOf({ quotas }), new Set(existing));
    assert.deepEqual(
      faults.map(({ path, atKey }) => ({ path, atKey })),
      at === undefined ? [] : [{ path: ["instances", at], atKey: true }],
    );
    for (const [key, value] of Object.entries(words)) assert.equal(faults[0]?.[key as "received"], value);
  });
}

test("a volume type's own quota counts its volumes only, by whichever word the spec names it", () => {
  const volume = (type?: string) => ({ volume: { bytes: 4 * gib, ...(type === undefined ? {} : { type }) } });
  const instances = [instanceOf("a", volume("fast")), instanceOf("b", volume()), instanceOf("c", volume("t-2"))];
  const typed = { volumes: { limit: 2, used: 0 }, gigabytes: { limit: 7, used: 0 } };
  const quotas = { project: {}, volumeTypes: new Map([["fast", typed]]), largestVolumeGiB: 3 };
  const faults = quotaFaults(specOf({}, instances), catalogueOf({ quotas }), new Set());
  assert.deepEqual(
    faults.map(({ path, received, allowed }) => [path.join("."), received, allowed]),
    [
      ["instances.c", "8 needed by 2 new instances", "at most 7 more: 0 of 7 are in use"],
      ["instances.a.volume", "4 GiB", "at most 3 GiB"],
      ["instances.b.volume", "4 GiB", "at most 3 GiB"],
      ["instances.c.volume", "4 GiB", "at most 3 GiB"],
    ],
  );
});

const anyInstance = fc
  .record({
    flavor: fc.constantFrom(...flavors.map(({ name }) => ({ name }))),
    volume: fc.record({ bytes: fc.integer({ min: 1, max: 50 }).map((size) => size * gib) }),
    access: fc.record({
      allow: fc.uniqueArray(fc.constantFrom("10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32")),
      admin: fc.uniqueArray(fc.constantFrom("192.0.2.1/32", "192.0.2.2/32")),
      public: fc.boolean(),
    }),
    there: fc.boolean(),
  })
  .map(({ there, ...changes }) => ({ there, changes }));
const anyInstances = fc
  .array(anyInstance, { maxLength: 12 })
  .map((list) => list.map(({ there, changes }, index) => ({ there, instance: instanceOf(`i${index}`, changes) })));
const anyQuota = fc.record({ limit: fc.integer({ min: -1, max: 60 }), used: fc.integer({ min: 0, max: 60 }) });

test("a fault exactly where the sum of what is new first passes what is left", () => {
  fc.assert(
    fc.property(anyInstances, fc.constantFrom(...amounts), anyQuota, (list, amount, quota) => {
      const spec = specOf(
        direct,
        list.map(({ instance }) => instance),
      );
      const existing = new Set(list.filter(({ there }) => there).map(({ instance }) => instance.name));
      const quotas = { project: { [amount]: quota }, volumeTypes: new Map(), largestVolumeGiB: -1 };
      const faults = quotaFaults(spec, catalogueOf({ quotas }), existing);

      const fresh = needsOf(spec, flavors).filter(({ instance }) => !existing.has(instance));
      const fits = (count: number): boolean => {
        const sum = fresh.slice(0, count).reduce((total, need) => total + need[amount], 0);
        return sum === 0 || quota.limit < 0 || quota.used + sum <= quota.limit;
      };
      const expected = fresh.filter((_, index) => fits(index) && !fits(index + 1))[0];
      assert.deepEqual(
        faults.map(({ path }) => path),
        expected ? [["instances", expected.instance]] : [],
      );
    }),
  );
});

test("a larger limit, and a machine that is there, never add a fault", () => {
  fc.assert(
    fc.property(anyInstances, fc.constantFrom(...amounts), anyQuota, fc.nat(30), (list, amount, quota, more) => {
      const spec = specOf(
        direct,
        list.map(({ instance }) => instance),
      );
      const count = (limit: number, existing: readonly string[]): number => {
        const project = { [amount]: { limit, used: quota.used } };
        const quotas = { project, volumeTypes: new Map(), largestVolumeGiB: undefined };
        return quotaFaults(spec, catalogueOf({ quotas }), new Set(existing)).length;
      };
      const limit = Math.max(quota.limit, 0);
      const before = count(limit, []);
      assert.ok(count(limit + more, []) <= before);
      assert.ok(
        count(
          limit,
          list.filter(({ there }) => there).map(({ instance }) => instance.name),
        ) <= before,
      );
    }),
  );
});
