/** What a security group lets in: exactly what `access` names. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ingressRules } from "../../components/openstack/ingress.ts";
import type { Access } from "../../spec/model.ts";

const sql = [{ role: "sql", port: 3306 }];
const closed: Access = { allow: [], admin: [], public: false };

const cases: { why: string; access: Partial<Access>; ports?: typeof sql; rules: string[] }[] = [
  { why: "nothing is named: nothing is open", access: {}, rules: [] },
  { why: "a public address opens nothing by itself", access: { public: true }, rules: [] },
  {
    why: "clients reach the database and no shell",
    access: { allow: ["10.0.0.0/8"] },
    rules: ["IPv4 10.0.0.0/8 3306"],
  },
  {
    why: "Coffer reaches the shell and no database",
    access: { admin: ["10.1.0.0/16"] },
    rules: ["IPv4 10.1.0.0/16 22"],
  },
  { why: "IPv6 is another kind of rule", access: { allow: ["2001:db8::/32"] }, rules: ["IPv6 2001:db8::/32 3306"] },
  {
    why: "an engine with two ports has both opened",
    access: { allow: ["10.0.0.0/8"] },
    ports: [...sql, { role: "cluster", port: 4567 }],
    rules: ["IPv4 10.0.0.0/8 3306", "IPv4 10.0.0.0/8 4567"],
  },
  {
    why: "Neutron refuses a rule that is there already",
    access: { allow: ["10.0.0.0/8", "10.0.0.0/8"] },
    rules: ["IPv4 10.0.0.0/8 3306"],
  },
];

for (const { why, access, ports = sql, rules } of cases) {
  test(`ingress: ${why}`, () => {
    const made = ingressRules({ ...closed, ...access }, ports);
    assert.deepEqual(
      made.map(({ ethertype, cidr, port }) => `${ethertype} ${cidr} ${port}`),
      rules,
    );
  });
}

const ipv4 = fc.tuple(fc.ipV4(), fc.nat(32)).map(([address, bits]) => `${address}/${bits}`);
const ipv6 = fc.tuple(fc.ipV6(), fc.nat(128)).map(([address, bits]) => `${address}/${bits}`);
const lists = fc.uniqueArray(fc.oneof(ipv4, ipv6), { maxLength: 8 });

test("every rule is for a network that was named, with a key of its own that fits into a URN", () => {
  fc.assert(
    fc.property(lists, lists, (allow, admin) => {
      const rules = ingressRules({ allow, admin, public: false }, sql);
      for (const { cidr, port, key } of rules) {
        assert.ok((port === 22 ? admin : allow).includes(cidr));
        assert.doesNotMatch(key, /::|\//);
      }
      assert.equal(new Set(rules.map(({ key }) => key)).size, allow.length + admin.length);
    }),
  );
});
