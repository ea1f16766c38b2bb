/**
 * Benchmarks on OpenStack. Run with: ./bench/run openstack [ROUNDS]; on the development cloud (with Heat), which it brings up.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openCloud } from "../access/openstack/cloud-session.ts";
import { makeImage, Undo } from "../test/openstack/cloud-fixture.ts";
import { pluginProgram } from "../test/openstack/plugin-program.ts";
import { specWith } from "../test/openstack/strangers.ts";
import { withClient } from "../test/support/clients.ts";
import { makeCloudStack } from "../test/support/cloud.ts";
import { serverByHand } from "./by-client.ts";
import type { Figure } from "./figures.ts";
import { emptyProject, timed } from "./measure.ts";

const run = promisify(execFile);
const cloud = () => process.env.OS_CLOUD ?? "devcloud";

/** To the first query, against the same image booted with the openstack client and the engine set up by hand over SSH. */
export async function firstQuery(rounds: number): Promise<Figure> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const stack = await makeCloudStack(specWith("orders"));
    try {
      ours.push(
        await timed(async () => {
          await stack.does("up");
          const login = await stack.login("orders", "app", { port: 3306, database: "shop" });
          await withClient("mariadb", login, (query) => query("SELECT 1"));
        }),
      );
    } finally {
      await stack.cleanUp();
    }
    const server = serverByHand(cloud());
    try {
      theirs.push(await timed(() => server.toFirstQuery()));
    } finally {
      await server.remove();
    }
  }
  const against = "the openstack client, SSH, and the engine by hand";
  return { what: "`up` of one instance to its first query", against, aim: 1.25, ours, theirs };
}

/** What Heat and our plugin have in common: a server with a port, a volume in it, a floating IP. */
const program = `
const port = new openstack.networking.Port("port", { name: mark, networkId: process.env.NETWORK });
const server = new openstack.compute.Instance("server", {
  name: mark, imageId: process.env.IMAGE, flavorName: "m1.tiny", networks: [{ port: port.id }],
});
const volume = new openstack.blockstorage.Volume("volume", { name: mark, size: 1 });
new openstack.compute.VolumeAttach("attachment", { instanceId: server.id, volumeId: volume.id }, { deletedWith: server });
new openstack.networking.FloatingIp("address", { pool: "public", portId: port.id });
`;

/** The volume belongs to the server, so that the server goes first, as ours does: a disk that is pulled from a guest that boots is not let go for minutes. */
const template = `heat_template_version: 2018-08-31
parameters: { image: { type: string }, network: { type: string } }
resources:
  port: { type: "OS::Neutron::Port", properties: { network: { get_param: network } } }
  volume: { type: "OS::Cinder::Volume", properties: { size: 1 } }
  server:
    type: OS::Nova::Server
    properties:
      image: { get_param: image }
      flavor: m1.tiny
      networks: [ { port: { get_resource: port } } ]
      block_device_mapping_v2: [ { volume_id: { get_resource: volume }, boot_index: -1, delete_on_termination: false } ]
  address:
    type: OS::Neutron::FloatingIP
    properties: { floating_network: public, port_id: { get_resource: port } }
`;

/** Server, volume and floating IP made and removed, against Heat on the same cloud. */
export async function againstHeat(rounds: number): Promise<Figure[]> {
  const api = openCloud({});
  const [network] = await api.list<{ id: string }>("network", "/networks", "networks", { query: { name: "private" } });
  if (!network) throw new Error("the cloud has no network `private`");
  const undo = new Undo();
  const image = await makeImage(api, undo);
  const create: Figure = {
    what: "server, volume and floating IP made",
    against: "Heat",
    aim: 1,
    ours: [],
    theirs: [],
  };
  const remove: Figure = { ...create, what: "the same removed", ours: [], theirs: [] };
  const heat = heatTemplate();
  for (let round = 0; round < rounds; round++) {
    const variables = { NETWORK: network.id, IMAGE: image };
    const mine = await pluginProgram(cloud(), program);
    const pulumi = (verb: string) => async () => {
      const { code, text } = await mine.pulumi([verb, "--yes", "--skip-preview"], variables);
      if (code !== 0) throw new Error(text);
    };
    create.ours.push(await timed(pulumi("up")));
    remove.ours.push(await timed(pulumi("destroy")));
    await mine.cleanUp();

    const name = `coffer-bench-${round}`;
    const parameters = ["--parameter", `image=${image}`, "--parameter", `network=${network.id}`];
    const openstack = (...args: string[]) => run("/usr/bin/openstack", ["--os-cloud", cloud(), ...args]);
    create.theirs.push(
      await timed(() => openstack("stack", "create", "--wait", "--poll", "1", "-t", heat, ...parameters, name)),
    );
    remove.theirs.push(await timed(() => openstack("stack", "delete", "--yes", "--wait", name)));
  }
  await undo.all();
  return [create, remove];
}

function heatTemplate(): string {
  const file = join(mkdtempSync(join(tmpdir(), "coffer-bench-")), "stack.yaml");
  writeFileSync(file, template);
  return file;
}

/** A second `up` of an unchanged stack with ten real instances, half of them of each engine. */
export async function unchanged(rounds: number): Promise<Figure> {
  const stack = await makeCloudStack();
  const empty = await emptyProject();
  const figure: Figure = {
    what: "no-op `up` of ten instances on OpenStack",
    against: "empty `pulumi up`",
    aim: 3,
    ours: [],
    theirs: [],
  };
  try {
    await stack.does("up");
    // Few at a time: a guest that boots without hardware help takes a core for a minute.
    for (let number = 2; number <= 5; number++) {
      stack.edit((spec) => {
        for (const name of ["orders", "ledger"])
          spec.setIn(["instances", `${name}-${number}`], spec.getIn(["instances", name]));
      });
      await stack.does("up");
    }
    await empty.up();
    for (let round = 0; round < rounds; round++) {
      figure.ours.push(await timed(() => stack.does("up")));
      figure.theirs.push(await timed(() => empty.up()));
    }
  } finally {
    await stack.cleanUp();
    empty.remove();
  }
  return figure;
}
