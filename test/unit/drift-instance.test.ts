/** All that `drift` tells of one instance, from what guest and target say. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { rootUser } from "../../engines/engine.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { type InstanceSides, instanceRows, wantedServer } from "../../operations/drift/instance.ts";
import type { Reality } from "../../operations/drift/look.ts";
import type { InstanceRecord } from "../../operations/records.ts";
import { loadSpec } from "../../spec/index.ts";

const specWith = (more: string, version = "10.11") => {
  const [spec] = loadSpec(
    `coffer: 1
target: docker
flavors: { small: { vcpus: 1, memory: 512M } }
datastores: { mariadb: { default: "10.11", versions: { "10.11": {}, "11.8": {} } } }
instances:
  orders: { datastore: mariadb@${version}, flavor: small, volume: 2, databases: [shop]${more} }
`,
    "s.yaml",
  ).instances;
  assert.ok(spec);
  return spec;
};

const record: InstanceRecord = {
  ...{ uuid: "u", name: "orders", kind: "instance", target: "docker", volume: "v", serverVersion: "10.11.1" },
  ...{ datastore: "mariadb", datastoreVersion: "10.11", engine: "mariadb", configuration: null, parameters: {} },
  ...{ flavor: "small", vcpus: 1, memoryBytes: 512 * 2 ** 20, volumeBytes: 2 * 2 ** 30, tls: "enforced", users: [] },
  ...{ databases: ["shop"], pendingRestart: [], certificateExpires: "2027-11-29T00:00:00.000Z", restart: "allow" },
  endpoint: { writer: { host: "127.0.0.1", port: 3306 }, reader: { host: "127.0.0.1", port: 3306 } },
};

const configuration = (spec = specWith("")) =>
  Object.fromEntries(
    mariadb.renderConfiguration(wantedServer(spec, record)).map(({ path, content }) => [path, content]),
  );

/** A server of which the queries tell nothing: what is compared lies in files and lists. */
const seen = (more: Partial<Extract<Reality, { state: "seen" }>> = {}): Reality => ({
  state: "seen",
  observed: {
    marker: { uuid: "u", engine: "mariadb", version: "10.11" },
    ...{ prepared: true, running: true, enabled: true, healthy: true, configuration: configuration(), parameters: {} },
  },
  databases: [{ name: "shop" }],
  problems: [],
  ...more,
});

const rows = (sides: Partial<InstanceSides>) =>
  instanceRows({
    ...{ spec: specWith(""), record, reality: seen(), machine: undefined, flavors: new Map(), sizes: new Map() },
    ...sides,
  }).map(
    ({ what, name, spec, state, real, seen, mend, adoption }) =>
      `${what} ${name}: ${spec}/${state}/${seen ? real : "?"} ${mend}${adoption ? " adoptable" : ""}`,
  );

const cases: readonly { why: string; sides: Partial<InstanceSides>; expected: readonly string[] }[] = [
  { why: "nothing differs", sides: {}, expected: [] },
  {
    why: "another version is refused by up, and what the spec says of it is not held against this server",
    sides: { spec: specWith(", parameters: { max_connections: 90 }", "11.8") },
    expected: ["setting datastore: mariadb@11.8/mariadb@10.11/mariadb@10.11 none"],
  },
  {
    why: "a guest that does not answer: only the spec and the record can be compared",
    sides: { spec: specWith(", tls: basic"), reality: { state: "unreachable", problem: "no route" } },
    expected: ["setting tls: basic/enforced/enforced up", "guest : null/answers/? none"],
  },
  {
    why: "a machine that is stopped is told by its target",
    sides: {
      reality: { state: "stopped", problem: "it is stopped" },
      machine: {
        server: { kind: "server", id: "1", name: "o", role: "server", attachedTo: [], running: false },
        ...{ data: undefined, group: undefined, mostCpus: undefined, wanted: undefined, recorded: [] },
      },
    },
    expected: ["power : null/running/stopped start"],
  },
  {
    why: "a certificate that has to be issued anew",
    sides: { reality: seen({ certificate: { expires: "", reasons: ["another authority issued it"] } }) },
    expected: ["certificate : valid/until 2027-11-29/another authority issued it up"],
  },
  {
    why: "what could not be read is no difference, and not nothing",
    sides: { reality: seen({ problems: ["the server has gone away"] }) },
    expected: ["server : null/null/? none"],
  },
  {
    why: "where no users are listed, strangers are nobody's business",
    sides: { reality: seen({ users: [{ name: "hand", host: "%", grants: [] }] }) },
    expected: [],
  },
  {
    why: "an administrator that the spec asks for and somebody dropped",
    sides: { spec: specWith(", root: true"), record: { ...record, root: true }, reality: seen({ users: [] }) },
    expected: ["user root@%: there/there/null up"],
  },
  {
    why: "an administrator whose rights somebody changed",
    sides: {
      spec: specWith(", root: true"),
      record: { ...record, root: true },
      reality: seen({ users: [{ ...rootUser, passwordMatches: true, repairs: ["it may write mysql"] }] }),
    },
    expected: ["user root@%: in order/in order/it may write mysql up"],
  },
];

for (const { why, sides, expected } of cases) test(why, () => assert.deepEqual(rows(sides), expected));
