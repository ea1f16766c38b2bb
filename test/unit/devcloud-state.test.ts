/** What is read back from the machine about the development cloud: processes, reports, secrets, addresses. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { catalogue, missing } from "../../devcloud/contents.ts";
import { complaints, type Report, type Reports, serviceOf, utc } from "../../devcloud/health.ts";
import { devcloudEnvironment, layout } from "../../devcloud/layout.ts";
import { conflicts, filterRules, hostCommands, removalCommands } from "../../devcloud/links.ts";
import { answers, packagesOf } from "../../devcloud/packages.ts";
import { parseProcess, readPidFile } from "../../devcloud/processes.ts";
import { derivedUuid, ensureSecrets, parseSecrets } from "../../devcloud/secrets.ts";
import { grown, readShape, smallest, writeShape } from "../../devcloud/shape.ts";
import { setup } from "./devcloud-fixture.ts";

function scratch(t: { after(fn: () => void): void }) {
  const folder = mkdtempSync(join(tmpdir(), "coffer devcloud "));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return layout(folder);
}

const stat = (name: string, state = "S"): string =>
  `77 (${name}) ${state} 1 ${Array.from({ length: 17 }, (_, i) => i).join(" ")} 4242 0`;

const processes: readonly { why: string; stat: string; status: string; want: object | undefined }[] = [
  {
    why: "in the namespace it has a number of its own, the last one",
    stat: stat("uwsgi"),
    status: "Name:\tuwsgi\nNSpid:\t77\t500\t12\nVmRSS:\t  2048 kB\n",
    want: { pid: 77, innerPid: 12, name: "uwsgi", started: 4242, memory: 2048 },
  },
  {
    why: "a service that renames itself may have blanks and brackets in its name",
    stat: stat("neutron-l3 (/usr) S"),
    status: "NSpid:\t77\t9\n",
    want: { pid: 77, innerPid: 9, name: "neutron-l3 (/usr) S", started: 4242, memory: 0 },
  },
  { why: "a zombie does not run", stat: stat("x", "Z"), status: "NSpid:\t77\t9\n", want: undefined },
];

for (const { why, stat: line, status, want } of processes) {
  test(`processes: ${why}`, () => assert.deepEqual(parseProcess(77, line, status), want));
}

test("pid files: none, a torn one and a good one", (t) => {
  const at = scratch(t);
  assert.equal(readPidFile(at.state, "nova-api"), undefined);
  writeFileSync(join(at.state, "nova-api.pid"), "12\n");
  assert.equal(readPidFile(at.state, "nova-api"), undefined);
  writeFileSync(join(at.state, "nova-api.pid"), "12 4242\n");
  assert.deepEqual(readPidFile(at.state, "nova-api"), { pid: 12, started: 4242 });
});

const start = Date.parse("2026-01-01T10:00:00Z");
const report = (kind: string, host: string, more: Partial<Report> = {}): Report => ({
  name: `${kind} ${host}`,
  service: serviceOf(kind, host),
  up: true,
  at: start + 20_000,
  ...more,
});
const well: Reports = {
  computes: [report("nova-compute", "ctl")],
  volumes: [report("cinder-volume", "ctl@ceph")],
  agents: ["Linux bridge agent", "DHCP agent", "L3 agent", "Metadata agent"].map((kind) => report(kind, "ctl")),
  hypervisors: ["ctl"],
};
const started = new Map(
  [...Object.values(well).flat()]
    .flatMap((one) => (typeof one === "string" ? [] : [one.service]))
    .concat("mariadb", "rabbitmq")
    .map((name) => [name, start]),
);

const reports: readonly { why: string; reports: Partial<Reports>; starts?: [string, number][]; want: RegExp[] }[] = [
  { why: "all have reported", reports: {}, want: [] },
  {
    why: "a report from before a restart does not count",
    reports: {},
    starts: [["nova-compute", start + 60_000]],
    want: [/0 of 1 nova-compute/],
  },
  {
    why: "a report through the old message broker does not count",
    reports: {},
    starts: [["rabbitmq", start + 60_000]],
    want: [/nova-compute/, /Linux/, /DHCP/, /L3/, /Metadata/, /0 of 1 bridge/, /cinder/],
  },
  {
    why: "a hypervisor that the scheduler does not know gets no servers",
    reports: { hypervisors: [] },
    want: [/knows 0 of 1/],
  },
  {
    why: "an agent that never reported",
    reports: { agents: well.agents.slice(1) },
    want: [/^Linux bridge agent/, /0 of 1 bridge/],
  },
  {
    why: "a service that reports itself down",
    reports: { volumes: [report("cinder-volume", "ctl@ceph", { up: false })] },
    want: [/cinder-volume/],
  },
  {
    why: "a service that does not run here does not count",
    reports: { computes: [report("nova-compute", "elsewhere")] },
    want: [/0 of 1 nova-compute/],
  },
];

for (const { why, reports: some, starts = [], want } of reports) {
  test(`health: ${why}`, () => {
    const said = complaints({ ...well, ...some }, smallest, new Map([...started, ...starts]));
    assert.equal(said.length, want.length, said.join("; "));
    want.forEach((pattern, index) => {
      assert.match(said[index] ?? "", pattern);
    });
  });
}

test("health: times of every service's style are UTC; none is never", () => {
  const want = Date.parse("2026-01-02T03:04:05Z");
  for (const text of [
    "2026-01-02T03:04:05.000000",
    "2026-01-02 03:04:05",
    "2026-01-02T03:04:05Z",
    "2026-01-02 03:04:05.1+00:00",
  ])
    assert.equal(utc(text), want, text);
  assert.equal(utc(null), 0);
});

const owners: readonly [kind: string, host: string, service: string][] = [
  ["nova-compute", "ctl", "nova-compute"],
  ["nova-compute", "node2", "node2-nova-compute"],
  ["nova-compute", "fake17", "fake-compute"],
  ["Linux bridge agent", "node3", "node3-neutron-bridge"],
  ["Linux bridge agent", "fake1", "fake-agents"],
  ["cinder-volume", "ctl@ceph", "cinder-volume"],
];
for (const [kind, host, want] of owners) {
  test(`health: ${kind} of ${host} is ${want}`, () => assert.equal(serviceOf(kind, host), want));
}

test("secrets: made once, for root only, and read back", (t) => {
  const at = scratch(t);
  const made = ensureSecrets(at);
  assert.deepEqual(ensureSecrets(at), made);
  assert.equal(statSync(join(at.state, "secrets.json")).mode & 0o777, 0o600);
  assert.equal(new Set(Object.values(made)).size, Object.values(made).length, "all differ");
});

for (const [why, text] of [
  ["cut off", '{"admin": "aaaa'],
  ["one is missing", JSON.stringify({ ...setup.secrets, demo: undefined })],
  ["one would break out of SQL", JSON.stringify({ ...setup.secrets, database: "x'; DROP DATABASE nova; --" })],
] as const) {
  test(`secrets: damaged (${why}) is said, not mended with others`, (t) => {
    const at = scratch(t);
    writeFileSync(join(at.state, "secrets.json"), text);
    assert.equal(parseSecrets(text), undefined);
    assert.throws(() => ensureSecrets(at), /damaged[\s\S]*coffer devcloud wipe/);
    assert.equal(readFileSync(join(at.state, "secrets.json"), "utf8"), text);
  });
}

test("a host's uuid is the same at each start, and another for each host", (t) => {
  const at = scratch(t);
  const first = ensureSecrets(at);
  assert.equal(derivedUuid(ensureSecrets(at), "ctl"), derivedUuid(first, "ctl"));
  assert.notEqual(derivedUuid(setup.secrets, "ctl"), derivedUuid(setup.secrets, "node2"));
  assert.match(derivedUuid(setup.secrets, "ctl"), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("shape: it only grows, and a plain up keeps it", (t) => {
  const at = scratch(t);
  assert.deepEqual(readShape(at), smallest);
  writeShape(at, grown(readShape(at), { hypervisors: 3, heat: true }));
  assert.deepEqual(grown(readShape(at), {}), { hypervisors: 3, fake: 0, heat: true });
  assert.deepEqual(grown(readShape(at), { hypervisors: 1, fake: 2 }), { hypervisors: 3, fake: 2, heat: true });
  writeFileSync(join(at.state, "shape.json"), "{");
  assert.deepEqual(readShape(at), smallest, "a torn file counts as none");
});

test("the environment for others exists when the cloud does", (t) => {
  const at = scratch(t);
  assert.equal(devcloudEnvironment(at), undefined);
  writeFileSync(at.cloudsFile, "clouds: {}\n");
  assert.deepEqual(devcloudEnvironment(at), { OS_CLIENT_CONFIG_FILE: at.cloudsFile });
});

test("network: our own interfaces are no conflict, another's address in our networks is", () => {
  const addresses = [
    { device: "cofdc-ex", address: "172.24.4.1" },
    { device: "eth0", address: "192.0.2.2" },
    { device: "br-ex", address: "172.24.4.1" },
    { device: "tun0", address: "10.200.0.7" },
    { device: "tun1", address: "10.200.1.7" },
  ];
  assert.deepEqual(
    conflicts(addresses).map(({ device }) => device),
    ["br-ex", "tun0"],
  );
});

test("network: nothing is forwarded to the services, and to guests only answers", () => {
  const rules = filterRules.map((rule) => rule.join(" "));
  assert.ok(rules.includes("-o cofdc-mgmt -j DROP") && rules.includes("-i cofdc-mgmt -j DROP"));
  assert.ok(rules.indexOf("-o cofdc-ex -j DROP") > rules.findIndex((rule) => rule.includes("RELATED,ESTABLISHED")));
  assert.ok(!rules.some((rule) => rule.startsWith("-o") && rule.endsWith("ACCEPT") && !rule.includes("ctstate")));
});

test("network: names fit into the kernel's 15 characters, and existing interfaces are not made again", () => {
  const all = hostCommands(5, () => false).map((argv) => argv.join(" "));
  const again = hostCommands(5, () => true).map((argv) => argv.join(" "));
  assert.equal(all.filter((line) => line.startsWith("ip link add")).length, 2);
  assert.equal(again.filter((line) => line.startsWith("ip link add")).length, 0);
  for (const [, name = ""] of all.join("\n").matchAll(/(?:dev|name|add) (\S+)/g)) assert.ok(name.length <= 15, name);
  assert.ok(
    removalCommands(() => false).every((argv) => argv[0] === "sh"),
    "no interface is deleted that is not there",
  );
});

test("packages: no word twice, and every question has an answer of no", () => {
  const names = packagesOf({ hypervisors: 1, fake: 1, heat: true });
  assert.equal(new Set(names).size, names.length);
  assert.ok(answers().includes("nova-common nova-common/configure_db boolean false\n"));
  assert.ok(
    answers()
      .trimEnd()
      .split("\n")
      .every((line) => /^\S+ \S+\/\S+ boolean (true|false)$/.test(line)),
  );
});

test("catalogue: every service has three addresses, and what is there is not made again", () => {
  const { services, endpoints, users } = catalogue(setup.secrets);
  for (const { name } of services) assert.equal(endpoints.filter(({ service }) => service === name).length, 3, name);
  assert.equal(users.find(({ name }) => name === "demo")?.roles.join(), "member", "demo is no administrator");
  assert.deepEqual(missing(services, [...services].reverse()), []);
  assert.equal(missing(services, [{ name: "nova" }]).length, services.length - 1);
});
