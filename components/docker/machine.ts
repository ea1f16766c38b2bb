/** A machine on Docker: a container, its data volume, its CPU limit. */
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { keptLog } from "../../access/docker/service.ts";
import { type GuestAddress, volumeRoot } from "../../access/guest.ts";
import { type DockerTarget, type InstanceSpec, sizeOf } from "../../spec/model.ts";
import { urnOf } from "../names.ts";
import { type Identity, instanceType, Limits } from "../resources.ts";
import type { Machine, MachineArgs, StackIdentity } from "../target.ts";
import { containerName, labels, volumeName } from "./names.ts";

const mebibyte = 1024 * 1024;
/** A database gets this long to shut down cleanly before Docker kills it. */
const stopSeconds = 120;
/** PostgreSQL's parallel queries need more than Docker's 64 MiB; pages count only when they are used. */
const sharedMemoryMiB = 256;

export interface DockerMachineArgs extends MachineArgs {
  stack: StackIdentity;
  target: DockerTarget;
  network: pulumi.Input<string>;
  /** The container is made anew from the current image. */
  rebuild: boolean;
}

export function dockerMachine(args: DockerMachineArgs): Machine {
  const { spec, identity, parent, stack, rebuild } = args;
  const { vcpus, memoryBytes } = sizeOf(spec.flavor);
  const labelled = { name: spec.name, engine: spec.engine, version: spec.version, uuid: identity.uuid };
  const volume = dataVolume(args, labelled);
  const containerUrn = urnOf("docker:index/container:Container", `${spec.name}-server`, instanceType);
  const container = new docker.Container(
    `${spec.name}-server`,
    {
      name: identity.uuid.apply((uuid) => containerName(stack, spec.name, uuid)),
      image: args.image.reference,
      hostname: spec.name,
      memory: memoryBytes / mebibyte,
      // Equal to memory: no swap. Left out, Docker's own choice would show as a change at every apply.
      memorySwap: memoryBytes / mebibyte,
      shmSize: sharedMemoryMiB,
      restart: "unless-stopped",
      stopTimeout: stopSeconds,
      destroyGraceSeconds: stopSeconds,
      removeVolumes: false,
      // Power state is moved by verbs; a refresh must not start what somebody stopped.
      mustRun: false,
      networksAdvanced: [{ name: args.network, aliases: [spec.name] }],
      ports: publishedPorts(args),
      mounts: [{ type: "volume", target: volumeRoot, source: volume.name }],
      logDriver: "json-file",
      logOpts: { "max-size": `${keptLog.mebibytes}m`, "max-file": String(keptLog.files) },
      labels: labels(stack, "server", containerUrn, labelled),
      envs: [],
    },
    // A newer recipe or another image name never replaces a server that has data, unless by a rebuild.
    { parent, ignoreChanges: rebuild ? [] : ["image"], deleteBeforeReplace: true, dependsOn: [volume] },
  );
  const guest = guestAddress(spec, identity, container);
  const limits = new Limits(
    `${spec.name}-limits`,
    { guest, machineId: container.id, cpus: vcpus, memoryBytes },
    { parent, dependsOn: [container] },
  );
  const ready = [container, limits];
  const names = container.name.apply((name) => ({
    names: [...new Set([spec.name, name, "localhost"])],
    addresses: [...new Set([...args.target.bind, "127.0.0.1"])],
  }));
  return {
    id: container.id,
    guest,
    endpoint: endpoint(args),
    names,
    volume: volume.name,
    image: container.image,
    ready,
  };
}

function dataVolume(
  { spec, identity, parent, stack }: DockerMachineArgs,
  labelled: Parameters<typeof labels>[3],
): docker.Volume {
  const urn = urnOf("docker:index/volume:Volume", `${spec.name}-volume`, instanceType);
  return new docker.Volume(
    `${spec.name}-volume`,
    {
      name: pulumi
        .all([identity.uuid, identity.adopted])
        .apply(([uuid, adopted]) => adopted || volumeName(stack, spec.name, uuid)),
      labels: labels(stack, "data", urn, labelled),
    },
    // Data outlives its instance. An adopted volume keeps the labels it was made with.
    { parent, retainOnDelete: true, ignoreChanges: ["labels"] },
  );
}

function publishedPorts({
  identity,
  portRoles,
  target,
}: DockerMachineArgs): pulumi.Output<docker.types.input.ContainerPort[]> {
  return identity.ports.apply((ports) =>
    target.bind.flatMap((ip) =>
      portRoles.map(({ role, port }) => ({ internal: port, external: ports[role], ip, protocol: "tcp" })),
    ),
  );
}

/** The container's name rather than its id, so that a container made anew is found too. */
function guestAddress(
  spec: InstanceSpec,
  identity: Identity,
  container: docker.Container,
): pulumi.Output<GuestAddress> {
  const address = pulumi
    .all([identity.uuid, container.name])
    .apply(([uuid, name]) => ({ target: "docker", name: spec.name, uuid, container: name }));
  // Pulumi's types unwrap the index signature of GuestAddress; the value is the same.
  return pulumi.secret(address) as pulumi.Output<unknown> as pulumi.Output<GuestAddress>;
}

function endpoint({ identity, portRoles, target }: DockerMachineArgs): Machine["endpoint"] {
  return identity.ports.apply((ports) => {
    const address = { host: target.bind[0] ?? "127.0.0.1", port: ports[portRoles[0]?.role ?? ""] ?? 0 };
    return { writer: address, reader: address };
  });
}
