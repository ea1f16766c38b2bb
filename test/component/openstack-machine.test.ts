/**
 * What an instance declares on OpenStack. Names of children are a contract: renaming one replaces it, and with it a server.
 * Pulumi's mocks stand in for the engine; what the resources really do is tested on a real cloud.
 */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Declared, declareOpenstack, findDeclared, stackId, uuid } from "./openstack-fixture.ts";

let declared: readonly Declared[] = [];
const find = (name: string): Declared => findDeclared(declared, name);

const text = `coffer: 1
target:
  openstack:
    cloud: devcloud
    network: [private, second]
    external: public
    reach: floating-ip
    tags: [team-a]
    access: { admin: [172.24.4.1/32] }
datastores:
  mariadb: { default: "10.11", versions: { "10.11": {} } }
  postgresql: { versions: { "15": { image: { name: debian-12, stock: true } } } }
instances:
  orders:
    datastore: mariadb
    flavor: m1.small
    volume: { size: 2, type: ceph }
    access: { allow: [172.24.4.0/24, "2001:db8::/32"], public: true }
  ledger: { datastore: postgresql, flavor: m1.small, volume: 2 }
`;

before(async () => {
  declared = await declareOpenstack(text);
});

const children: [name: string, type: string, why: string][] = [
  ["cloud", "pulumi:providers:openstack", "a renamed provider would replace everything below it"],
  ["login-key", "coffer:index:LoginKey", "another key would lock us out of every guest"],
  ["orders", "coffer:components:Instance", "the component itself"],
  ["orders-identity", "coffer:index:Identity", "who the instance is, for life"],
  ["orders-security-group", "openstack:networking/secGroup:SecGroup", "a group of its own"],
  ["orders-allow-sql-from-172.24.4.0-24", "openstack:networking/secGroupRule:SecGroupRule", "named by what it allows"],
  [
    "orders-allow-sql-from-2001.db8..-32",
    "openstack:networking/secGroupRule:SecGroupRule",
    "a URN has no :: in a name",
  ],
  ["orders-allow-ssh-from-172.24.4.1-32", "openstack:networking/secGroupRule:SecGroupRule", "from access.admin only"],
  ["orders-port", "openstack:networking/port:Port", "the address outlives the server"],
  ["orders-port-2", "openstack:networking/port:Port", "one for each network"],
  ["orders-volume", "openstack:blockstorage/volume:Volume", "a renamed volume would be a new, empty one"],
  ["orders-server", "openstack:compute/instance:Instance", "a renamed server is a replaced one"],
  ["orders-attachment", "openstack:compute/volumeAttach:VolumeAttach", "the volume in the server"],
  ["orders-floating-ip", "openstack:networking/floatingIp:FloatingIp", "public, and how Coffer gets there"],
  ["orders-host-key", "coffer:guest:HostKey", "known before the first connection"],
  ["orders-mount", "coffer:guest:Volume", "its Delete unmounts before anything goes"],
  ["orders-size", "coffer:guest:Size", "flavors change in place, and are confirmed by the database"],
  ["orders-database-server", "coffer:guest:Server", "the database server in it"],
  ["ledger-software", "coffer:guest:Software", "a stock image's guests are installed at their first boot"],
];
for (const [name, type, why] of children) {
  test(`child ${name} is a ${type}: ${why}`, () => assert.equal(find(name).type, type));
}

test("the certificate names what clients may call the server: its name, its address in each network, the floating IP", () => {
  const { names, addresses } = find("orders-certificate").inputs;
  assert.deepEqual(names, ["orders", "localhost"]);
  assert.deepEqual(addresses, ["10.0.10.7", "10.0.20.7", "172.24.4.9", "127.0.0.1"]);
});

test("exactly the ports and networks that the spec names are open", () => {
  const rules = declared
    .filter(({ type, name }) => type.includes("SecGroupRule") && name.startsWith("orders-"))
    .map(({ inputs }) => inputs);
  assert.deepEqual(
    rules.map(({ direction, ethertype, protocol, portRangeMin, portRangeMax, remoteIpPrefix }) => [
      direction,
      ethertype,
      protocol,
      portRangeMin,
      portRangeMax,
      remoteIpPrefix,
    ]),
    [
      ["ingress", "IPv4", "tcp", 3306, 3306, "172.24.4.0/24"],
      ["ingress", "IPv6", "tcp", 3306, 3306, "2001:db8::/32"],
      ["ingress", "IPv4", "tcp", 22, 22, "172.24.4.1/32"],
    ],
  );
});

test("user-data is a secret, names the public key, and holds no secret itself", () => {
  const { userData } = find("orders-server").inputs as { userData: Record<string, unknown> };
  const value = String(userData.value ?? userData);
  assert.match(value, /^#cloud-config\n/);
  assert.match(value, /ssh-ed25519 AAAA login-key/);
  assert.doesNotMatch(value, /PRIVATE/);
});

test("the server has its ports, the flavor and the image by id, and no security group of its own", () => {
  const { networks, flavorId, imageId, securityGroups, configDrive } = find("orders-server").inputs;
  assert.deepEqual(networks, [{ port: "orders-port-id" }, { port: "orders-port-2-id" }]);
  assert.deepEqual([flavorId, imageId, securityGroups, configDrive], ["flavor-id", "image-id", undefined, true]);
});

test("software is installed in machines of a stock image only, by engine and version, over the pinned connection", () => {
  assert.deepEqual(
    declared.filter(({ type }) => type === "coffer:guest:Software").map(({ name }) => name),
    ["ledger-software"],
  );
  const { engine, version, guest, machineId } = find("ledger-software").inputs;
  assert.deepEqual([engine, version], ["postgresql", "15"]);
  assert.equal((guest as { value: { hostKey: string } }).value.hostKey, "ssh-ed25519 BBBB");
  assert.equal(machineId, (find("ledger-mount").inputs as { machineId: string }).machineId);
});

test("where the console tells the host key, user-data has none, and nothing else is made", () => {
  const { userData } = find("orders-server").inputs as { userData: Record<string, unknown> };
  assert.doesNotMatch(String(userData.value ?? userData), /ssh_keys/);
  const { way, bootKey } = find("orders-host-key").inputs;
  assert.deepEqual([way, bootKey], ["console", undefined]);
  assert.deepEqual(
    declared.filter(({ name }) => /-boot-key$|-own-host-key$/.test(name)),
    [],
  );
});

test("user-data is the same for a stock image: it installs nothing", () => {
  const data = ["orders", "ledger"].map((name) => {
    const { userData } = find(`${name}-server`).inputs as { userData: { value?: unknown } };
    return String(userData.value ?? userData).replaceAll(name, "NAME");
  });
  assert.equal(data[0], data[1]);
});

test("every real object says whose it is, from birth", () => {
  for (const name of ["orders-server", "orders-volume"]) {
    const metadata = find(name).inputs.metadata as Record<string, string>;
    assert.equal(metadata["coffer.stack"], stackId);
    assert.equal(metadata["coffer.instance"], uuid);
    assert.match(metadata["coffer.urn"] ?? "", /^[0-9a-f]{16}$/);
  }
  const mark = new RegExp(`^coffer stack=${stackId} urn=[0-9a-f]{16} role=[a-z-]+ instance=${uuid} name=orders$`);
  for (const name of [
    "orders-port",
    "orders-security-group",
    "orders-allow-ssh-from-172.24.4.1-32",
    "orders-floating-ip",
  ]) {
    assert.match(String(find(name).inputs.description), mark);
  }
});

test("names have a random part, so that an old object is never picked up by its name", () => {
  assert.equal(find("orders-volume").inputs.name, "coffer-demo-orders-0b5c1d5e-data");
  assert.equal(find("orders-server").inputs.name, "coffer-demo-orders-0b5c1d5e");
});

test("the guest's address is a secret without an address in it, and pins the host key", () => {
  const guest = (find("orders-mount").inputs.guest as { value: Record<string, unknown> }).value;
  assert.deepEqual(guest, {
    target: "openstack",
    name: "orders",
    uuid,
    cloud: "devcloud",
    server: "orders-server-id",
    user: "coffer",
    key: "PRIVATE login-key",
    hostKey: "ssh-ed25519 BBBB",
    reach: { by: "floating-ip" },
  });
});
