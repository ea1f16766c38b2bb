/** What Docker says of a container, in the terms of the schema. Pure. */

import type Docker from "dockerode";
import { intOf, isZero, labelList, objectOf, objectsOf, type Props, textOf, type Value } from "../values.ts";
import { formatCpus, formatDuration } from "./duration.ts";
import { MEBIBYTE } from "./request.ts";

/** Docker tells more than the types of its client know. */
type Inspected = Docker.ContainerInspectInfo & {
  Config: { StopSignal?: string; StopTimeout?: number };
  NetworkSettings: { Bridge?: string };
};
type Device = { PathOnHost: string; PathInContainer: string; CgroupPermissions: string };

/** @param recorded the record so far: some properties are only read when it has them, or keep what it says */
export function observe(inspected: Docker.ContainerInspectInfo, recorded: Props): Props {
  const seen = inspected as Inspected;
  const { Config: config, HostConfig: host, NetworkSettings: network, State: state } = seen;
  const running = state.Running;
  // A container that stands still on purpose keeps its ports: Docker reports none for it.
  const keepPorts = !running && recorded.mustRun === false && recorded.ports !== undefined;
  return {
    image: config.Image.startsWith("sha256:") ? seen.Image : config.Image,
    name: seen.Name.replace(/^\//, ""),
    command: [...(config.Cmd ?? [])],
    entrypoints: [config.Entrypoint ?? []].flat(),
    user: config.User,
    workingDir: config.WorkingDir,
    hostname: config.Hostname,
    domainname: config.Domainname,
    tty: config.Tty,
    stdinOpen: config.OpenStdin,
    stopSignal: config.StopSignal ?? "",
    stopTimeout: config.StopTimeout ?? 0,
    platform: seen.Platform,
    ...(config.Healthcheck ? { healthcheck: healthcheck(config.Healthcheck) } : {}),
    ...hostObserved(host, recorded),
    ...limitsObserved(host),
    ...(keepPorts ? {} : { ports: ports(network.Ports) }),
    networkDatas: Object.entries(network.Networks ?? {}).map(networkData),
    bridge: network.Bridge ?? "",
    ...(running ? {} : { exitCode: state.ExitCode }),
    // This is how a stop is noticed: the program wants true, the record says false.
    ...(!running && recorded.mustRun === true ? { mustRun: false } : {}),
  };
}

function hostObserved(host: Docker.HostConfig, recorded: Props): Props {
  const adds = [...(host.CapAdd ?? [])];
  const drops = [...(host.CapDrop ?? [])];
  return {
    networkMode: host.NetworkMode ?? "",
    publishAllPorts: host.PublishAllPorts ?? false,
    hosts: (host.ExtraHosts ?? []).map((line: string) => {
      const [name = "", ip = ""] = line.split(":");
      return { host: name, ip };
    }),
    dns: host.Dns ?? [],
    dnsOpts: host.DnsOptions ?? [],
    dnsSearches: host.DnsSearch ?? [],
    groupAdds: host.GroupAdd ?? [],
    ...(mountsAreKept(recorded) ? {} : { mounts: (host.Mounts ?? []).map(mount) }),
    tmpfs: map(host.Tmpfs),
    privileged: host.Privileged ?? false,
    readOnly: host.ReadonlyRootfs ?? false,
    ...(adds.length + drops.length > 0 ? { capabilities: { adds: adds.sort(), drops: drops.sort() } } : {}),
    ...(isZero(recorded.devices)
      ? {}
      : {
          devices: (host.Devices ?? []).map((device: Device) => ({
            hostPath: device.PathOnHost,
            containerPath: device.PathInContainer,
            permissions: device.CgroupPermissions,
          })),
        }),
    restart: host.RestartPolicy?.Name ?? "",
    maxRetryCount: host.RestartPolicy?.MaximumRetryCount ?? 0,
    logDriver: host.LogConfig?.Type ?? "",
    ...(isZero(recorded.logOpts) ? {} : { logOpts: map(host.LogConfig?.Config) }),
    securityOpts: host.SecurityOpt ?? [],
    sysctls: map(host.Sysctls),
    storageOpts: map(host.StorageOpt),
    pidMode: host.PidMode ?? "",
    usernsMode: host.UsernsMode ?? "",
    ipcMode: host.IpcMode ?? "",
    runtime: host.Runtime ?? "",
    init: host.Init ?? false,
    rm: host.AutoRemove ?? false,
  };
}

function limitsObserved(host: Docker.HostConfig): Props {
  const mebibytes = (bytes: number | undefined) => Math.trunc((bytes ?? 0) / MEBIBYTE);
  const rates = (devices: { Path: string; Rate: number }[] | null | undefined) =>
    (devices ?? []).map((device) => ({ path: device.Path, rate: device.Rate }));
  const swap = host.MemorySwap ?? 0;
  return {
    memory: mebibytes(host.Memory),
    memoryReservation: mebibytes(host.MemoryReservation),
    memorySwap: swap < 0 ? swap : mebibytes(swap),
    cpuShares: host.CpuShares ?? 0,
    cpuSet: host.CpusetCpus ?? "",
    ...(host.NanoCpus ? { cpus: formatCpus(host.NanoCpus) } : {}),
    shmSize: mebibytes(host.ShmSize),
    ulimits: (host.Ulimits ?? []).map((limit) => ({
      name: limit.Name ?? "",
      soft: limit.Soft ?? 0,
      hard: limit.Hard ?? 0,
    })),
    deviceReadBps: rates(host.BlkioDeviceReadBps),
    deviceReadIops: rates(host.BlkioDeviceReadIOps),
    deviceWriteBps: rates(host.BlkioDeviceWriteBps),
    deviceWriteIops: rates(host.BlkioDeviceWriteIOps),
  };
}

function map(value: Record<string, string> | null | undefined): Props {
  return { ...value };
}

/** Docker does not tell labels of mounts apart, so with them anywhere the record stands. */
function mountsAreKept(recorded: Props): boolean {
  return objectsOf(recorded, "mounts").some((entry) => !isZero(objectOf(entry, "volumeOptions")?.labels));
}

/** Sorted by internal port, as the official plugin keeps them; entries of one port stay in Docker's order. */
function ports(bindings: Record<string, { HostIp: string; HostPort: string }[] | null> | null | undefined): Props[] {
  const found = Object.entries(bindings ?? {}).flatMap(([key, hosts]): Props[] => {
    const [internal = "0", protocol = "tcp"] = key.split("/");
    return (hosts ?? []).map((binding) => ({
      internal: Number(internal),
      external: Number(binding.HostPort),
      ip: binding.HostIp,
      protocol,
    }));
  });
  return found.sort(
    (one, other) =>
      intOf(one, "internal") - intOf(other, "internal") ||
      (textOf(one, "protocol") < textOf(other, "protocol") ? -1 : 0),
  );
}

function networkData([name, data]: [string, Docker.NetworkInfo]): Props {
  return {
    networkName: name,
    ipAddress: data.IPAddress,
    ipPrefixLength: data.IPPrefixLen,
    gateway: data.Gateway,
    globalIpv6Address: data.GlobalIPv6Address,
    globalIpv6PrefixLength: data.GlobalIPv6PrefixLen,
    ipv6Gateway: data.IPv6Gateway,
    macAddress: data.MacAddress,
  };
}

function mount(seen: Docker.MountSettings): Props {
  const { BindOptions: bind, VolumeOptions: volume, TmpfsOptions: tmpfs } = seen;
  return {
    type: seen.Type,
    target: seen.Target,
    source: seen.Source ?? "",
    readOnly: seen.ReadOnly ?? false,
    ...(bind ? { bindOptions: { propagation: bind.Propagation ?? "" } } : {}),
    ...(volume
      ? {
          volumeOptions: {
            noCopy: volume.NoCopy ?? false,
            labels: labelList(volume.Labels),
            driverName: volume.DriverConfig?.Name ?? "",
            driverOptions: map(volume.DriverConfig?.Options),
            subpath: (volume as { Subpath?: string }).Subpath ?? "",
          },
        }
      : {}),
    ...(tmpfs ? { tmpfsOptions: { sizeBytes: tmpfs.SizeBytes ?? 0, mode: tmpfs.Mode ?? 0 } } : {}),
  };
}

function healthcheck(seen: Docker.HealthConfig): Value {
  const duration = (nanoseconds: number | undefined) => formatDuration(BigInt(nanoseconds ?? 0));
  return {
    tests: [...(seen.Test ?? [])],
    interval: duration(seen.Interval),
    timeout: duration(seen.Timeout),
    startPeriod: duration(seen.StartPeriod),
    startInterval: duration((seen as { StartInterval?: number }).StartInterval),
    retries: seen.Retries ?? 0,
  };
}
