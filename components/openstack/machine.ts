/** A machine on OpenStack: a server with ports and a security group of its own, a data volume, a floating IP when asked. */
import { createHash } from "node:crypto";
import * as openstack from "@pulumi/openstack";
import * as pulumi from "@pulumi/pulumi";
import type { GuestAddress } from "../../access/guest.ts";
import { type BootKey, Size, type SizeArgs, Volume } from "../resources.ts";
import type { Machine, MachineArgs, StackIdentity } from "../target.ts";
import type { CloudFacts } from "./facts.ts";
import { ingressRules, ruleInputs, ruleSuffix } from "./ingress.ts";
import { bootKeyOf, type LoginArgs, loginOf } from "./login.ts";
import { description, metadata, type Owner, objectName } from "./marks.ts";
import { softwareFor } from "./software.ts";
import { types } from "./types.ts";
import { userData } from "./user-data.ts";

const GiB = 1024 ** 3;

export interface OpenstackMachineArgs extends MachineArgs, LoginArgs {
  stack: StackIdentity;
  facts: CloudFacts;
  provider: openstack.Provider;
}

interface Place extends OpenstackMachineArgs {
  owner: Owner;
  /** For every resource of the cloud. */
  options: { parent: pulumi.Resource; provider: openstack.Provider };
}

export function openstackMachine(args: OpenstackMachineArgs): Machine {
  const { spec, identity, stack } = args;
  const owner: Owner = { stack, instance: spec, uuid: identity.uuid };
  const place: Place = { ...args, owner, options: { parent: args.parent, provider: args.provider } };
  const group = securityGroup(place);
  const ports = portsOf(place, group);
  const volume = dataVolume(place);
  const bootKey = bootKeyOf(args);
  const server = serverOf(place, ports, bootKey);
  const attachment = attach(place, server, volume);
  const floatingIp = floatingIpOf(place, ports);

  const reachable = floatingIp ? [floatingIp] : [];
  const { guest, hostKey } = loginOf(args, server, bootKey, reachable);
  // A rebuilt server keeps its id and gets another host key; what lives in it must be put in order again.
  const machineId = pulumi.all([server.id, hostKey]).apply(([id, key]) => `${id}/${fingerprint(key)}`);
  const software = softwareFor(args, { guest, machineId }, reachable);
  const mount = new Volume(
    `${spec.name}-mount`,
    {
      guest,
      server: server.id,
      machineId,
      attachment: attachment.id,
      volume: volume.id,
      bytes: spec.volume.bytes,
      volumeType: spec.volume.type,
      volumeZone: spec.volume.zone,
    },
    // Away from the machine before anything of it goes; see provider/resources/volume.ts.
    {
      parent: args.parent,
      dependsOn: [attachment, ...reachable, ...(software ? [software] : [])],
      deleteBeforeReplace: true,
    },
  );
  const size = new Size(`${spec.name}-size`, sizeArgs(place, guest, server), {
    parent: args.parent,
    dependsOn: [mount],
  });

  const [port] = ports;
  const fixed = port.allFixedIps.apply((addresses) => addresses[0] ?? "");
  const host = spec.access.public && floatingIp ? floatingIp.address : fixed;
  const endpoint = host.apply((address) => {
    const at = { host: address, port: args.portRoles[0]?.port ?? 0 };
    return { writer: at, reader: at };
  });
  // By whatever address it is reached: its own ones in each network, and the floating IP.
  const addresses = pulumi
    .all([pulumi.all(ports.map(({ allFixedIps }) => allFixedIps)), floatingIp?.address])
    .apply(([own, floating]) => (floating === undefined ? own.flat() : [...own.flat(), floating]));
  const names = addresses.apply((all) => ({ names: [spec.name, "localhost"], addresses: [...all, "127.0.0.1"] }));
  return { id: machineId, guest, endpoint, names, volume: volume.id, image: server.imageId, ready: [size] };
}

/** Closed but for what `access` names; everything may go out. */
function securityGroup({ owner, spec, portRoles, target, options }: Place): openstack.networking.SecGroup {
  const name = `${spec.name}-security-group`;
  const group = new openstack.networking.SecGroup(
    name,
    {
      name: objectName(owner),
      description: description(owner, "security-group", types.securityGroup, name),
      tags: [...target.tags],
    },
    options,
  );
  for (const rule of ingressRules(spec.access, portRoles)) {
    const ruleName = `${spec.name}-${ruleSuffix(rule)}`;
    new openstack.networking.SecGroupRule(
      ruleName,
      {
        description: description(owner, "rule", types.rule, ruleName),
        securityGroupId: group.id,
        ...ruleInputs(rule),
      },
      // Its own Delete waits 5 s with a lock held; Neutron removes rules with their group. One that somebody made by hand and
      // that was taken over has no mark, and Neutron cannot give it one.
      { ...options, deletedWith: group, ignoreChanges: ["description"] },
    );
  }
  return group;
}

/** Made first, so that the address outlives the server. */
function portsOf(
  { owner, spec, facts, target, options }: Place,
  group: openstack.networking.SecGroup,
): [openstack.networking.Port, ...openstack.networking.Port[]] {
  const [first, ...others] = facts.networks.map((network, index) => {
    const name = index === 0 ? `${spec.name}-port` : `${spec.name}-port-${index + 1}`;
    return new openstack.networking.Port(
      name,
      {
        name: objectName(owner, index === 0 ? undefined : String(index + 1)),
        description: description(owner, "port", types.port, name),
        networkId: network.id,
        adminStateUp: true,
        securityGroupIds: [group.id],
        ...(network.subnet ? { fixedIps: [{ subnetId: network.subnet.id }] } : {}),
        tags: [...target.tags],
      },
      { ...options, deleteBeforeReplace: true },
    );
  });
  if (!first) throw new Error("a target without a network passed the loader");
  return [first, ...others];
}

/** Data outlives its instance. Grown by our own Volume, which sees to it that it grew, so the plugin never looks at the size. */
function dataVolume({ owner, spec, facts, options }: Place): openstack.blockstorage.Volume {
  const name = `${spec.name}-volume`;
  const { type, zone } = spec.volume;
  const adopted = facts.adopted.get(spec.name);
  const asMade = ["name", "description", "metadata", "size", "volumeType", "availabilityZone", "enableOnlineResize"];
  return new openstack.blockstorage.Volume(
    name,
    {
      name: objectName(owner, "data"),
      description: description(owner, "data", types.volume, name),
      size: spec.volume.bytes / GiB,
      metadata: metadata(owner, "data", types.volume, name),
      ...(type === undefined ? {} : { volumeType: type }),
      ...(zone === undefined ? {} : { availabilityZone: zone }),
    },
    {
      ...options,
      retainOnDelete: true,
      // An administrator may retype or migrate it: the plugin would answer that by a new, empty volume.
      ignoreChanges: asMade,
      ...(adopted === undefined ? {} : { import: adopted }),
    },
  );
}

function serverOf(
  { owner, spec, image, facts, target, loginKey, rebuild, options }: Place,
  ports: readonly openstack.networking.Port[],
  bootKey: BootKey | undefined,
): openstack.compute.Instance {
  const name = `${spec.name}-server`;
  const { zone } = spec;
  const flavor = facts.flavors.get(spec.flavor.name);
  // The image is chosen once. Another one wipes the root disk, which only a rebuild asks for.
  const settled = ["flavorId", "userData", "powerState", "availabilityZoneHints", "configDrive"];
  return new openstack.compute.Instance(
    name,
    {
      name: objectName(owner),
      imageId: image.reference,
      flavorId: flavor?.id,
      networks: ports.map((port) => ({ port: port.id })),
      userData: pulumi.secret(
        pulumi
          .all([loginKey.publicKey, bootKey?.publicKey, bootKey?.privateKey])
          .apply(([publicKey, bootPublic, bootPrivate]) =>
            userData({
              hostname: spec.name,
              publicKey,
              ...(bootPublic && bootPrivate ? { bootKey: { publicHalf: bootPublic, privateHalf: bootPrivate } } : {}),
            }),
          ),
      ),
      configDrive: true,
      metadata: metadata(owner, "server", types.server, name),
      ...(zone === undefined ? {} : { availabilityZoneHints: zone }),
      tags: [...target.tags],
    },
    {
      ...options,
      deleteBeforeReplace: true,
      ignoreChanges: rebuild === undefined ? [...settled, "imageId"] : settled,
    },
  );
}

function attach(
  { spec, options }: Place,
  server: openstack.compute.Instance,
  volume: openstack.blockstorage.Volume,
): openstack.compute.VolumeAttach {
  return new openstack.compute.VolumeAttach(
    `${spec.name}-attachment`,
    { instanceId: server.id, volumeId: volume.id },
    // Removed with the server, after it has ended: a disk is never pulled from a running one.
    { ...options, deleteBeforeReplace: true, deletedWith: server },
  );
}

function floatingIpOf(
  { owner, spec, facts, target, options }: Place,
  [port]: readonly [openstack.networking.Port, ...openstack.networking.Port[]],
): openstack.networking.FloatingIp | undefined {
  if (!spec.access.public && target.reach.by !== "floating-ip") return undefined;
  if (!facts.external) throw new Error("a floating IP without an external network passed the loader");
  const name = `${spec.name}-floating-ip`;
  return new openstack.networking.FloatingIp(
    name,
    {
      pool: facts.external.name,
      description: description(owner, "floating-ip", types.floatingIp, name),
      portId: port.id,
      tags: [...target.tags],
    },
    { ...options, deleteBeforeReplace: true },
  );
}

function sizeArgs(
  { spec, facts, database }: Place,
  guest: pulumi.Output<GuestAddress>,
  server: openstack.compute.Instance,
): SizeArgs {
  const flavor = facts.flavors.get(spec.flavor.name);
  return { guest, server: server.id, flavor: flavor?.id ?? "", flavorName: spec.flavor.name, database };
}

const fingerprint = (key: string): string => createHash("sha256").update(key).digest("hex").slice(0, 12);
