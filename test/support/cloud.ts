/** A stack of the demo's two instances on the cloud under test, and what tests look at around it. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { type Document, parseDocument } from "yaml";
import type { Guest, GuestAddress } from "../../access/guest.ts";
import { openGuest } from "../../access/index.ts";
import { type RealObject, removalOrder } from "../../access/inventory.ts";
import type { Cloud } from "../../access/openstack/cloud.ts";
import { openCloud } from "../../access/openstack/cloud-session.ts";
import { OpenstackInventory } from "../../access/openstack/inventory.ts";
import { type Checkout, makeCheckout } from "./checkout.ts";
import type { Login } from "./clients.ts";

const run = promisify(execFile);
const demo = resolve(import.meta.dirname, "../../stacks/openstack-demo.yaml");

/** As `list -o json` prints it. */
export interface ListRow {
  name: string;
  datastore: string;
  status: string;
  operatingStatus: string;
  address: string;
  port: number;
  flavor: string;
  volume: number;
  volumeUsed: number | null;
  volumeSize: number | null;
  connections: number | null;
  maxConnections: number | null;
  configuration: string | null;
}

export interface CloudStack extends Omit<Checkout, "login"> {
  cloud: Cloud;
  inventory: OpenstackInventory;
  /** Runs a command on this stack; fails the test unless it succeeds. Both streams. */
  does(...args: readonly string[]): Promise<string>;
  /** Changes the spec in its file, as a user or a command left it. */
  edit(change: (spec: Document) => void): void;
  /** All of `list`, which asks every guest. */
  rows(): Promise<readonly ListRow[]>;
  row(instance: string): Promise<ListRow>;
  /** Its floating IP, and the generated password. Asks no guest: each `list` costs one without hardware help seconds. */
  login(instance: string, user: string, to: { port: number; database: string }): Promise<Login>;
  /** Everything real that bears the stack's marks. */
  objects(): Promise<readonly RealObject[]>;
  /** The only one of that role that the instance has. */
  object(instance: string, role: string): Promise<RealObject>;
  /** The recorded addresses of the guests, with their keys in clear. */
  addresses(): Promise<Record<string, GuestAddress & { hostKey: string; key: string }>>;
  /** Closed by `closeAll` of access/. */
  guest(instance: string): Promise<Guest>;
}

/** The demo on the cloud that the environment names (see set-up.ts), with databases that this machine reaches. */
export function demoSpec(): string {
  const spec = parseDocument(readFileSync(demo, "utf8"));
  spec.setIn(["target", "openstack", "cloud"], process.env.OS_CLOUD ?? "devcloud");
  for (const name of ["orders", "ledger"]) spec.setIn(["instances", name, "access"], { public: true });
  return spec.toString();
}

export async function makeCloudStack(spec = demoSpec()): Promise<CloudStack> {
  const cloud = openCloud({});
  const inventory = new OpenstackInventory(cloud);
  const checkout = await makeCheckout(spec, (stackId) => removeAll(inventory, stackId));
  const own = ["--stack", checkout.stack];
  const rows = () => checkout.json<ListRow[]>(["list", ...own]);
  const row = async (instance: string): Promise<ListRow> => {
    const all = await rows();
    const found = all.find(({ name }) => name === instance);
    if (!found) throw new Error(`no instance ${instance} among ${all.map(({ name }) => name).join(", ")}`);
    return found;
  };
  const objects = () => inventory.list(checkout.stackId());
  const object: CloudStack["object"] = async (instance, role) => {
    const found = (await objects()).filter((one) => one.instanceName === instance && one.role === role);
    const [one, ...more] = found;
    if (!one || more.length) throw new Error(`${instance} has ${found.length} objects of role ${role}`);
    return one;
  };
  const login: CloudStack["login"] = async (instance, user, to) => {
    const [{ name: host }, { password }] = await Promise.all([
      object(instance, "floating-ip"),
      checkout.json<{ password: string }>(["user-show", instance, user, "--password", ...own]),
    ]);
    return { host, user, password, port: to.port, database: to.database, ca: checkout.ca() };
  };
  type Guests = Awaited<ReturnType<CloudStack["addresses"]>>;
  const readGuests = async (): Promise<Guests> => {
    const variables = await checkout.json<Record<string, string>>(["env", ...own]);
    const env = { ...checkout.env, ...variables };
    const args = ["stack", "output", "guests", "--json", "--show-secrets"];
    const { stdout } = await run("pulumi", args, { cwd: checkout.dir, env });
    return JSON.parse(stdout) as Guests;
  };
  let known: { hostKeys: string; guests: Promise<Guests> } | undefined;
  const addresses: CloudStack["addresses"] = async () => {
    const hostKeys = recordedHostKeys(checkout.stateText());
    if (known?.hostKeys !== hostKeys) known = { hostKeys, guests: readGuests() };
    const { guests } = known;
    guests.catch(() => {
      known = undefined;
    });
    return guests;
  };
  return {
    ...checkout,
    cloud,
    inventory,
    async does(...args) {
      const { stdout, stderr } = await checkout.ok([...args, ...own]);
      return `${stdout}\n${stderr}`;
    },
    edit(change) {
      const document = parseDocument(readFileSync(checkout.specFile, "utf8"));
      change(document);
      checkout.writeSpec(document.toString());
    },
    rows,
    row,
    login,
    objects,
    object,
    addresses,
    async guest(instance) {
      const address = (await addresses())[instance];
      if (!address) throw new Error(`no guest of ${instance} is recorded`);
      return openGuest(address);
    },
  };
}

/** Which machines there are, and how they are known. The state's secrets read otherwise after each apply. */
function recordedHostKeys(state: string): string {
  type Machine = { type: string; outputs?: { server?: string; hostKey?: string } };
  const { resources = [] } = (JSON.parse(state) as { checkpoint: { latest: { resources?: Machine[] } } }).checkpoint
    .latest;
  const machines = resources.filter(({ type }) => type === "coffer:guest:HostKey");
  return JSON.stringify(machines.map(({ outputs }) => [outputs?.server, outputs?.hostKey]));
}

/** Data and snapshots too. */
async function removeAll(inventory: OpenstackInventory, stackId: string): Promise<void> {
  for (const object of removalOrder(await inventory.list(stackId))) await inventory.remove(object);
  const volumes = (await inventory.list(stackId)).filter(({ kind }) => kind === "volume");
  await Promise.all(volumes.map(({ id }) => inventory.deleteVolume(id)));
}

/** Those secrets that the text shows, as they are or in base64. */
export const shown = (text: string, secrets: readonly string[]): string[] =>
  secrets.filter((secret) => text.includes(secret) || text.includes(Buffer.from(secret).toString("base64")));
