/** Day-2 verbs, as far as they are decided before anything is touched: plans, refusals, edits of the spec file. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { type AccessRequest, changeAccess } from "../../operations/access.ts";
import { OperationError } from "../../operations/errors.ts";
import { planRebuild, type SeenMachine } from "../../operations/rebuild.ts";
import { resizeInstance, resizeVolume } from "../../operations/resize.ts";

const plans: { why: string; seen: SeenMachine; steps: string[] }[] = [
  {
    why: "a guest that answers ends its database itself",
    seen: { power: "running", answers: true },
    steps: ["detach", "snapshot"],
  },
  {
    why: "one that does not is shut down from outside",
    seen: { power: "running", answers: false },
    steps: ["stop", "snapshot"],
  },
  { why: "a machine in error may still run", seen: { power: "other", answers: false }, steps: ["stop", "snapshot"] },
  { why: "a stopped machine has nothing mounted", seen: { power: "stopped", answers: false }, steps: ["snapshot"] },
  { why: "a machine that is gone is made anew", seen: { power: "absent", answers: false }, steps: ["snapshot"] },
];

for (const { why, seen, steps } of plans) {
  test(`rebuild: ${why}`, () =>
    assert.deepEqual(
      planRebuild(seen).map(({ kind }) => kind),
      steps,
    ));
}

test("a rebuild never takes a disk from a machine that was neither asked nor stopped, and always keeps a snapshot", () => {
  const power = fc.constantFrom<SeenMachine["power"]>("running", "stopped", "absent", "other");
  fc.assert(
    fc.property(fc.record({ power, answers: fc.boolean() }), (seen) => {
      const kinds = planRebuild(seen).map(({ kind }) => kind);
      const runs = seen.power === "running" || seen.power === "other";
      assert.equal(kinds.at(-1), "snapshot");
      assert.equal(kinds.length > 1, runs);
    }),
  );
});

const spec = `coffer: 1
target:
  openstack:
    cloud: devcloud
    network: private
    external: public
    access: { admin: [172.24.4.1/32] }
datastores:
  mariadb: { default: "10.11", versions: { "10.11": {} } }
instances:
  # The shop.
  orders:
    datastore: mariadb
    flavor: m1.small # enough for now
    volume: { size: 4, type: ceph }
    access: { allow: [172.24.4.0/24, 10.0.0.0/8] }
  ledger:
    datastore: mariadb
    flavor: m1.small
    volume: 2
`;

const folder = mkdtempSync(join(tmpdir(), "coffer-verbs-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Edits a file of its own and returns what it says then. */
async function edited(act: (request: Omit<AccessRequest, "name">) => Promise<unknown>): Promise<string> {
  const file = join(mkdtempSync(join(folder, "case-")), "demo.yaml");
  writeFileSync(file, spec);
  const workspace = { root: folder, environment: {} };
  try {
    await act({ workspace, report: () => {}, file, shownFile: "demo.yaml", verb: "v", editOnly: true, all: false });
  } catch (error) {
    assert.equal(readFileSync(file, "utf8"), spec, "a refusal leaves the file as it was");
    throw error;
  }
  return readFileSync(file, "utf8");
}

type Act = Parameters<typeof edited>[0];
const volumeOf =
  (name: string, size: string): Act =>
  (request) =>
    resizeVolume({ ...request, name, size });
const flavorOf =
  (name: string, flavor: string): Act =>
  (request) =>
    resizeInstance({ ...request, name, flavor });
const accessOf =
  (change: Partial<AccessRequest>): Act =>
  (request) =>
    changeAccess({ ...request, name: "orders", ...change });

const edits: { why: string; act: Act; line: string }[] = [
  { why: "a volume written as a mapping", act: volumeOf("orders", "5"), line: "    volume: { size: 5, type: ceph }" },
  { why: "a volume written as a number", act: volumeOf("ledger", "3"), line: "    volume: 3" },
  {
    why: "a flavor; its comment stays",
    act: flavorOf("orders", "m1.medium"),
    line: "    flavor: m1.medium # enough for now",
  },
  {
    why: "a list is replaced whole; the rest of access stays",
    act: accessOf({ allow: ["10.0.0.0/8"] }),
    line: "    access: { allow: [10.0.0.0/8] }",
  },
  { why: "none empties a list", act: accessOf({ allow: ["none"] }), line: "    access: { allow: [] }" },
  {
    why: "public is set beside the lists",
    act: accessOf({ public: true }),
    line: "    access: { allow: [172.24.4.0/24, 10.0.0.0/8], public: true }",
  },
];

for (const { why, act, line } of edits) {
  test(`edit: ${why}`, async () => {
    const [before, now] = [spec.split("\n"), (await edited(act)).split("\n")];
    const changed = now.filter((text, index) => text !== before[index]);
    assert.deepEqual(changed, [line]);
  });
}

const refusals: { why: string; act: Act; message: RegExp; remedy?: RegExp }[] = [
  {
    why: "a volume that would shrink",
    act: volumeOf("orders", "3"),
    message: /cannot shrink: that of instance "orders" has 4 GiB, not 3/,
    remedy: /create an instance with a volume of 3 GiB/,
  },
  { why: "the size that it has", act: volumeOf("orders", "4"), message: /has 4 GiB in the spec already/ },
  {
    why: "a volume beyond the limit",
    act: volumeOf("orders", "65537"),
    message: /would not be valid .*at most 65536 GiB/,
  },
  { why: "a size that is no number", act: volumeOf("orders", "4G"), message: /whole number of GiB .* not "4G"/ },
  { why: "half a GiB", act: volumeOf("orders", "4.5"), message: /whole number/ },
  { why: "an instance that there is not", act: volumeOf("order", "9"), message: /did you mean "orders"/ },
  { why: "the flavor that it has", act: flavorOf("orders", "m1.small"), message: /has flavor "m1.small"/ },
  { why: "nothing said about access", act: accessOf({}), message: /nothing was said/, remedy: /--no-public/ },
  {
    why: "none beside a network",
    act: accessOf({ admin: ["none", "10.0.0.0/8"] }),
    message: /--admin none stands alone/,
  },
  {
    why: "SSH from everywhere is refused by the spec's own rules",
    act: accessOf({ admin: ["0.0.0.0/0"] }),
    message: /would not be valid .* opens the guests' SSH/,
  },
  {
    why: "coffer itself must get in",
    act: accessOf({ admin: ["none"] }),
    message: /would not be valid/,
  },
];

for (const { why, act, message, remedy } of refusals) {
  test(`refused before anything is touched: ${why}`, async () => {
    await assert.rejects(edited(act), (error: unknown) => {
      assert.ok(error instanceof OperationError && error.reason === "input", String(error));
      assert.match(error.message, message);
      if (remedy) assert.match(error.remedy ?? "", remedy);
      return true;
    });
  });
}
