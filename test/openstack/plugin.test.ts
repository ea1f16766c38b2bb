/** The OpenStack plugin that the toolchain brings (official or Coffer's own build), on a real cloud: no server, seconds. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openCloud } from "../../access/openstack/cloud-session.ts";
import { ensureToolchain } from "../../toolchain/index.ts";
import { hasAdditions, type Outcome, type PluginProgram, pluginProgram } from "./plugin-program.ts";

const cloud = process.env.OS_CLOUD ?? "devcloud";
let program: PluginProgram;
let own: boolean;

before(async () => {
  own = hasAdditions(await ensureToolchain(["pulumi", "openstack-plugin"]));
  program = await pluginProgram(
    cloud,
    `
    const network = new openstack.networking.Network("network", { name: mark + "-network", adminStateUp: true });
    const subnet = new openstack.networking.Subnet("subnet", {
      name: mark + "-subnet", networkId: network.id, cidr: "10.91.0.0/24", ipVersion: 4,
      allocationPools: [{ start: "10.91.0.10", end: "10.91.0.99" }],
    });
    const group = new openstack.networking.SecGroup("group", { name: mark + "-group", description: "a test" });
    for (const port of [22, 3306])
      new openstack.networking.SecGroupRule("rule-" + port, {
        direction: "ingress", ethertype: "IPv4", protocol: "tcp", portRangeMin: port, portRangeMax: port,
        remoteIpPrefix: "192.0.2.0/24", securityGroupId: group.id,
      });
    const port = new openstack.networking.Port("port", {
      name: mark + "-port", description: "coffer role=port", networkId: network.id,
      fixedIps: [{ subnetId: subnet.id }], securityGroupIds: [group.id],
    });
    const volume = new openstack.blockstorage.Volume("volume", {
      name: mark + "-volume", size: Number(process.env.SIZE), metadata: { "coffer.role": "data" }, enableOnlineResize: true,
    });
    const unnamed = new openstack.networking.SecGroup("unnamed", {});
    export const pools = subnet.allocationPools;
    export const address = port.allFixedIps.apply((all) => all[0]);
    export const size = volume.size;
    export const volumeId = volume.id;
    export const unnamedName = unnamed.name;
  `,
  );
});
after(() => program.cleanUp());

const apply = (size: string): Promise<Outcome> => program.pulumi(["up", "--yes", "--skip-preview"], { SIZE: size });

interface Outputs {
  pools: unknown;
  address: string;
  size: number;
  volumeId: string;
  unnamedName: string;
}

async function outputs(): Promise<Outputs> {
  return JSON.parse((await program.pulumi(["stack", "output", "--json"])).text);
}

test("what is created is as the npm package documents it, without warnings", async () => {
  const made = await apply("1");
  assert.equal(made.code, 0, made.text);
  // The official one warns of load balancers, in each run.
  if (own) assert.doesNotMatch(made.text, /warning|octavia/i);
  const seen = await outputs();
  assert.deepEqual(seen.pools, [{ end: "10.91.0.99", start: "10.91.0.10" }]);
  assert.match(seen.address, /^10\.91\.0\.\d+$/);
  assert.equal(seen.size, 1);
  assert.match(seen.unnamedName, /^unnamed-[0-9a-f]{7}$/);
});

test("the same again, and a look at the cloud, find nothing to do", async () => {
  for (const args of [["preview"], ["refresh", "--yes", "--skip-preview"]]) {
    const again = await program.pulumi([...args, "--expect-no-changes"], { SIZE: "1" });
    assert.equal(again.code, 0, again.text);
  }
});

test("a volume that grows is grown in the cloud when the step is done", async () => {
  const grown = await apply("2");
  assert.equal(grown.code, 0, grown.text);
  const { volumeId, size } = await outputs();
  assert.equal(size, 2);
  const answer = await openCloud({ cloud }).call<{ volume: { size: number; status: string } }>(
    "volume",
    `/volumes/${volumeId}`,
  );
  assert.deepEqual({ size: answer.volume.size, status: answer.volume.status }, { size: 2, status: "available" });
});

test("destroyed is gone", async () => {
  const gone = await program.pulumi(["destroy", "--yes", "--skip-preview"]);
  assert.equal(gone.code, 0, gone.text);
  const api = openCloud({ cloud });
  for (const key of ["networks", "ports", "security-groups"] as const) {
    const left = await api.list<{ name: string }>("network", `/${key}`, key.replace("-", "_"));
    assert.deepEqual(
      left.map((thing) => thing.name).filter((name) => name.startsWith(program.mark)),
      [],
    );
  }
  const volumes = await api.list<{ name: string }>("volume", "/volumes", "volumes");
  assert.deepEqual(
    volumes.filter((volume) => volume.name.startsWith(program.mark)),
    [],
  );
});
