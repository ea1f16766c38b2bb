import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type ObjectKind, type RealObject, removalOrder } from "../../access/inventory.ts";
import { marksOfDescription, marksOfMetadata } from "../../access/openstack/inventory-marks.ts";
import { type NetworkView, networkObjects } from "../../access/openstack/inventory-network.ts";

const written = "coffer stack=s-1 urn=0123456789abcdef role=port instance=u-1 name=orders";
const full = { stack: "s-1", role: "port", urnHash: "0123456789abcdef", instance: "u-1", instanceName: "orders" };

const descriptions: { why: string; text: string | null; wanted: object | undefined }[] = [
  { why: "as it is written", text: written, wanted: full },
  { why: "somebody added words", text: `${written} do not touch!`, wanted: full },
  { why: "no description", text: null, wanted: undefined },
  { why: "somebody's own words", text: "coffer for the kitchen", wanted: undefined },
  { why: "the mark must stand first", text: `old ${written}`, wanted: undefined },
  { why: "another word in front", text: written.replace("coffer", "coffers"), wanted: undefined },
  { why: "no stack", text: "coffer stack= role=port", wanted: undefined },
  { why: "only a stack", text: "coffer stack=s", wanted: { stack: "s", role: "" } },
];
for (const { why, text, wanted } of descriptions) {
  test(`a description: ${why}`, () => assert.deepEqual(marksOfDescription(text), wanted));
}

test("metadata says the same as a description", () => {
  const metadata = {
    "coffer.stack": "s-1",
    "coffer.urn": "0123456789abcdef",
    "coffer.role": "port",
    "coffer.instance": "u-1",
    "coffer.name": "orders",
    other: "x",
  };
  assert.deepEqual(marksOfMetadata(metadata), full);
  assert.equal(marksOfMetadata({ stack: "s-1" }), undefined);
});

const described = (id: string, role: string, stack = "s-1") => ({
  id,
  description: `coffer stack=${stack} urn=${"0".repeat(16)} role=${role} instance=u name=n`,
});
const port = {
  ...described("p", "port"),
  name: "",
  device_id: "srv",
  device_owner: "compute:nova",
  security_groups: ["g"],
};
const view: NetworkView = {
  ports: [port, { ...port, ...described("p2", "port", "s-2"), device_id: "" }],
  groups: [
    { ...described("g", "security-group"), name: "group" },
    { id: "d", description: "", name: "default" },
  ],
  rules: [
    {
      ...described("r", "rule"),
      security_group_id: "g",
      direction: "ingress",
      ethertype: "IPv6",
      protocol: null,
      port_range_min: null,
      port_range_max: null,
      remote_ip_prefix: null,
    },
  ],
  floatingIps: [{ ...described("f", "floating-ip"), floating_ip_address: "1.2.3.4", port_id: "elsewhere" }],
};

test("of all that a project has, a stack has what bears its id; what has no name is called by its id or what it does", () => {
  const seen = networkObjects(view, "s-1", new Map([["srv", "server"]]));
  assert.deepEqual(
    seen.map(({ kind, name, attachedTo }) => [kind, name, attachedTo]),
    [
      ["port", "p", ["server"]],
      ["security-group", "group", ["p", "p2"]],
      ["rule", "ingress IPv6 all from anywhere", ["group"]],
      ["floating-ip", "1.2.3.4", ["elsewhere"]],
    ],
  );
  assert.deepEqual(networkObjects(view, "s", new Map()), []);
});

test("tags are told where Neutron has them", () => {
  const groups = [
    { ...described("g", "security-group"), name: "group", tags: ["mine"] },
    { ...described("h", "security-group"), name: "other" },
  ];
  const seen = networkObjects({ ...view, groups }, "s-1", new Map()).filter(({ kind }) => kind === "security-group");
  assert.deepEqual(
    seen.map(({ tags }) => tags),
    [["mine"], undefined],
  );
});

const kinds: ObjectKind[] = [
  "server",
  "volume",
  "network",
  "port",
  "security-group",
  "rule",
  "floating-ip",
  "snapshot",
];
const object = fc.record({
  kind: fc.constantFrom(...kinds),
  role: fc.constantFrom("data", "server", "port", ""),
  id: fc.uuid(),
});

test("data is never in the order of removal; all else is, each once, and nothing before what uses it", () => {
  fc.assert(
    fc.property(fc.array(object), (wishes) => {
      const objects: RealObject[] = wishes.map((wish) => ({ ...wish, name: wish.id, attachedTo: [] }));
      const order = removalOrder(objects);
      assert.ok(order.every(({ kind, role }) => kind !== "volume" && role !== "data"));
      const removable = objects.filter(({ kind, role }) => kind !== "volume" && role !== "data");
      assert.deepEqual(order.map(({ id }) => id).sort(), removable.map(({ id }) => id).sort());
      const places = order.map(({ kind }) => kind);
      const before = (one: ObjectKind, other: ObjectKind) =>
        assert.ok(!places.includes(one) || !places.includes(other) || places.lastIndexOf(one) < places.indexOf(other));
      before("server", "port");
      before("floating-ip", "port");
      before("port", "security-group");
      before("rule", "security-group");
      before("server", "network");
    }),
  );
});
