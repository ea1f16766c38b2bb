/** What an instance declares where no console tells its host key: one for its first connection, and then one of its own. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Declared, declareOpenstack, findDeclared, plain } from "./openstack-fixture.ts";

const text = `coffer: 1
target:
  openstack:
    network: private
    external: public
    hostKey: user-data
    access: { admin: [172.24.4.1/32] }
datastores:
  mariadb: { versions: { "10.11": {} } }
instances:
  orders: { datastore: mariadb, flavor: m1.small, volume: 2 }
`;

let declared: readonly Declared[] = [];
before(async () => {
  declared = await declareOpenstack(text);
});
const inputsOf = (name: string) => findDeclared(declared, name).inputs;

test("each instance has a boot key of its own, under a name for ever", () => {
  assert.equal(findDeclared(declared, "orders-boot-key").type, "coffer:index:BootKey");
  assert.equal(findDeclared(declared, "orders-own-host-key").type, "coffer:guest:OwnHostKey");
});

test("user-data is a secret with both halves of the boot key, and no other private key", () => {
  const { userData } = inputsOf("orders-server") as { userData: Record<string, unknown> };
  assert.ok("value" in userData, "it is marked as secret");
  const value = String(plain(userData));
  assert.match(value, /ssh_keys[\s\S]*"ed25519_private": "PRIVATE orders-boot-key"/);
  assert.match(value, /"ed25519_public": "ssh-ed25519 AAAA orders-boot-key"/);
  assert.doesNotMatch(value, /PRIVATE login-key/);
});

test("the host key is learnt by the boot key's public half; its private half goes nowhere else", () => {
  const { way, bootKey } = inputsOf("orders-host-key");
  assert.deepEqual([way, bootKey], ["user-data", "ssh-ed25519 AAAA orders-boot-key"]);
  const others = declared.filter(({ name }) => name !== "orders-server").map(({ inputs }) => JSON.stringify(inputs));
  assert.deepEqual(
    others.filter((inputs) => inputs.includes("PRIVATE orders-boot-key")),
    [],
  );
});

test("everything in the guest goes over the key of its own, after it was put in place", () => {
  const { hostKey, bootKey } = inputsOf("orders-own-host-key");
  assert.deepEqual([hostKey, bootKey], ["ssh-ed25519 BBBB", "ssh-ed25519 AAAA orders-boot-key"]);
  const order = declared.map(({ name }) => name);
  assert.ok(order.indexOf("orders-mount") > order.indexOf("orders-own-host-key"));
  const guest = plain(inputsOf("orders-mount").guest) as Record<string, unknown>;
  assert.equal(guest.hostKey, "ssh-ed25519 BBBB");
});
