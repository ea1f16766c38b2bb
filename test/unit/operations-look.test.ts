import assert from "node:assert/strict";
import { test } from "node:test";
import type { RealObject } from "../../access/inventory.ts";
import { showSheet } from "../../cli/show-sheet.ts";
import { buildingOf } from "../../operations/building.ts";
import type { Deployment, RecordedResource } from "../../operations/deployment.ts";
import { buildingDetails, recordedDetails } from "../../operations/instance-details.ts";
import { noInstance } from "../../operations/instances.ts";
import { lookOf, machineWords, within } from "../../operations/machine-look.ts";
import type { InstanceRecord } from "../../operations/records.ts";
import { type Live, statusOf, together } from "../../operations/rows.ts";
import type { InstanceSpec } from "../../spec/model.ts";

const server: RealObject = {
  kind: "server",
  id: "srv",
  name: "n",
  role: "server",
  instance: "u",
  attachedTo: [],
  running: true,
};
const stopped: RealObject = { ...server, running: false, state: "SHUTOFF" };
const unreachable: Live = { operatingStatus: "UNREACHABLE", problem: "no route" };
const healthy: Live = { operatingStatus: "HEALTHY" };

const merged: {
  why: string;
  guest: Live;
  look?: { server?: RealObject };
  status: string;
  operating: string;
  problem?: RegExp;
}[] = [
  {
    why: "nothing is known of the machine: the guest's word counts",
    guest: unreachable,
    status: "ERROR",
    operating: "UNREACHABLE",
  },
  {
    why: "parameters wait for a restart",
    guest: { operatingStatus: "HEALTHY", pendingRestart: ["thread_stack"] },
    look: { server },
    status: "RESTART_REQUIRED",
    operating: "HEALTHY",
  },
  {
    why: "a database that runs and does not answer",
    guest: { operatingStatus: "UNHEALTHY" },
    look: { server },
    status: "ERROR",
    operating: "UNHEALTHY",
  },
  {
    why: "a stopped machine explains the silence",
    guest: unreachable,
    look: { server: stopped },
    status: "SHUTDOWN",
    operating: "STOPPED",
    problem: /SHUTOFF/,
  },
  {
    why: "a machine that is gone explains it too",
    guest: unreachable,
    look: {},
    status: "ERROR",
    operating: "GONE",
    problem: /does not exist/,
  },
  {
    why: "a machine that runs does not",
    guest: unreachable,
    look: { server },
    status: "ERROR",
    operating: "UNREACHABLE",
    problem: /no route/,
  },
  {
    why: "a machine in error",
    guest: unreachable,
    look: { server: { ...stopped, broken: "ERROR" } },
    status: "ERROR",
    operating: "UNREACHABLE",
  },
  {
    why: "a reboot",
    guest: unreachable,
    look: { server: { ...stopped, busy: "reboot" } },
    status: "REBOOT",
    operating: "UNREACHABLE",
  },
  {
    why: "a resize that waits for its confirmation serves",
    guest: healthy,
    look: { server: { ...server, busy: "resize" } },
    status: "RESIZE",
    operating: "HEALTHY",
  },
  {
    why: "a machine that is built anew",
    guest: unreachable,
    look: { server: { ...stopped, busy: "build" } },
    status: "BUILD",
    operating: "UNREACHABLE",
  },
  { why: "all is well", guest: healthy, look: { server }, status: "ACTIVE", operating: "HEALTHY" },
  {
    why: "the guest has the later word on a machine that just stopped",
    guest: { operatingStatus: "STOPPED" },
    look: { server },
    status: "SHUTDOWN",
    operating: "STOPPED",
  },
];
for (const { why, guest, look, status, operating, problem } of merged) {
  test(`guest and machine together: ${why}`, () => {
    const live = together(guest, look, look?.server ? machineWords(look.server) : "");
    assert.equal(live.operatingStatus, operating);
    assert.equal(statusOf(live, { pendingRestart: [] }), status);
    assert.match(live.problem ?? "", problem ?? /^(no route)?$/);
  });
}

test("a machine in words", () => {
  assert.equal(machineWords(stopped), "SHUTOFF");
  assert.equal(machineWords(server), "running");
  assert.equal(machineWords({ ...server, running: false, exitCode: 137 }), "stopped (exit code 137)");
  assert.equal(machineWords({ ...server, running: false }), "stopped");
});

test("what a target that did not answer may have is not said to be gone", () => {
  const location = { target: "t" };
  const volume: RealObject = { ...server, kind: "volume", id: "vol", role: "data" };
  assert.equal(lookOf("u", [{ location }]), undefined);
  assert.equal(lookOf("u", [{ location, objects: [] }, { location }]), undefined);
  assert.deepEqual(lookOf("u", [{ location, objects: [] }]), { location, snapshots: [] });
  const objects = [server, volume, { ...server, id: "other", instance: "x" }];
  assert.deepEqual(lookOf("u", [{ location, objects }]), { location, server, data: volume, snapshots: [] });
  assert.equal(lookOf("u", []), undefined);
});

test("a look is bounded", async () => {
  await assert.rejects(
    within(1, 'the guest of "orders"', () => new Promise(() => {})),
    { problem: "timeout", message: /^the guest of "orders" did not answer within 0\.001 s$/ },
  );
  assert.equal(await within(60_000, "it", async () => 1), 1);
});

const urn = (type: string, name: string) => `urn:pulumi:s::coffer::${type}::${name}`;
const instanceUrn = urn("coffer:components:Instance", "orders");
const identity: RecordedResource = {
  urn: urn("coffer:components:Instance$coffer:index:Identity", "orders-identity"),
  type: "coffer:index:Identity",
  parent: instanceUrn,
  inputs: { datastore: "shop-db@10.11" },
  outputs: { uuid: "u" },
};
const half = (...more: RecordedResource[]): Deployment => ({
  resources: [{ urn: instanceUrn, type: "coffer:components:Instance" }, ...more],
  pendingOperations: [],
  whole: { version: 3, deployment: {} },
});
const spec = {
  name: "orders",
  datastore: "other",
  version: "1",
  flavor: { name: "m1.small" },
  volume: { bytes: 2 * 1024 ** 3 },
  configuration: "oltp",
} as InstanceSpec;

test("an instance whose first apply failed is known by its state and by the spec", () => {
  const fromSpec = { flavor: "m1.small", volumeBytes: 2 * 1024 ** 3, configuration: "oltp" };
  const nothing = { flavor: "", volumeBytes: 0, configuration: null };
  const settled = { name: "orders", uuid: "u", datastore: "shop-db", datastoreVersion: "10.11" };
  assert.deepEqual(buildingOf(half(identity), [spec]), [{ ...settled, ...fromSpec }], "the datastore is settled");
  assert.deepEqual(buildingOf(half(identity), []), [{ ...settled, ...nothing }], "it left the spec");
  assert.deepEqual(buildingOf(half(), [spec]), [
    { name: "orders", datastore: "other", datastoreVersion: "1", ...fromSpec },
  ]);
});

test("a verb on an instance whose first apply has not ended says how that goes on", () => {
  const told = noInstance("orders", "s", ["ledger"], [{ name: "orders" }]);
  assert.equal(told.reason, "failed");
  assert.match(`${told.message}; ${told.remedy}`, /first apply of instance "orders" has not ended; run `coffer up`/);
  const unknown = noInstance("order", "s", ["ledger", "orders"], [{ name: "other" }]);
  assert.equal(unknown.reason, "input");
  assert.match(unknown.message, /has no instance "order"; did you mean "orders"\?/);
});

test("the sheet of a half-made instance shows its machine's fault and last words, and has no holes", () => {
  const [building] = buildingOf(half(identity), [spec]);
  assert.ok(building);
  const broken: RealObject = { ...stopped, state: "ERROR: No valid host", broken: "ERROR: No valid host" };
  const details = buildingDetails(building, { location: { target: "t" }, server: broken, snapshots: [] }, "s");
  assert.equal(details.status, "ERROR");
  const text = showSheet({ ...details, console: ["[ 0.0] Linux", "Kernel panic"] });
  assert.match(text, /^datastore +shop-db 10\.11$/m);
  assert.match(
    text,
    /^operating status +UNREACHABLE: its first apply has not ended; `coffer up` goes on where it stopped$/m,
  );
  assert.match(text, /^machine +ERROR: No valid host \(srv\)$/m);
  assert.match(text, /^volume +2 GiB \(none yet\)$/m);
  assert.match(text, /^console +\[ 0\.0\] Linux\n +Kernel panic\n$/m);
  const { uuid: _, ...early } = building;
  assert.match(showSheet(buildingDetails(early, undefined, "s")), /^machine +none$/m);
  assert.match(showSheet(buildingDetails(building, undefined, "s")), /^machine +nothing is known/m);
});

test("the sheet of an instance has its addresses, image and snapshots", () => {
  const record = {
    name: "orders",
    uuid: "u",
    engine: "postgresql",
    endpoint: { writer: { host: "10.0.0.5", port: 5432 } },
    volumeBytes: 1024 ** 3,
    volume: "vol",
    users: [],
    databases: [],
    parameters: {},
    pendingRestart: ["shared_buffers"],
    vcpus: 1,
    memoryBytes: 512 * 1024 ** 2,
    flavor: "m1.small",
  } as unknown as InstanceRecord;
  const machine: RealObject = {
    ...server,
    state: "ACTIVE",
    image: "img",
    addresses: [
      { kind: "fixed", address: "10.0.0.5" },
      { kind: "floating", address: "172.24.4.9" },
    ],
  };
  const snapshot: RealObject = {
    ...server,
    kind: "snapshot",
    id: "snap",
    name: "before",
    sizeBytes: 1024 ** 3,
    createdAt: "2026-01-01T00:00:00Z",
  };
  const look = { location: { target: "t" }, server: machine, snapshots: [snapshot] };
  const details = recordedDetails(record, healthy, look, "s");
  assert.deepEqual(details.snapshots, [{ id: "snap", name: "before", gib: 1, created: "2026-01-01T00:00:00Z" }]);
  const text = showSheet(details);
  assert.match(
    text,
    /^machine +ACTIVE \(srv\)\nimage +img\naddresses +10\.0\.0\.5 \(fixed\)\n +172\.24\.4\.9 \(floating\)\n/m,
  );
  assert.match(text, /^snapshots +snap \(before, 2026-01-01T00:00:00Z\)$/m);
  assert.match(text, /^pending restart +shared_buffers$/m);
  assert.doesNotMatch(text, /console/);
});
