/** A container's inputs as the body of Docker's "create" request. Pure. */

import type Docker from "dockerode";
import { flagOf, intOf, isZero, labelMap, mapOf, objectOf, objectsOf, type Props, textOf, textsOf } from "../values.ts";
import { parseDuration } from "./duration.ts";

export const MEBIBYTE = 1024 * 1024;

/** Docker's HostConfig has more fields than the types of its client know. */
type HostConfig = Docker.HostConfig & { MaskedPaths?: string[]; ReadonlyPaths?: string[] };

export type CreateBody = Omit<Docker.ContainerCreateOptions, "HostConfig" | "name"> & { HostConfig: HostConfig };

export function createBody(inputs: Props): CreateBody {
  const ports = objectsOf(inputs, "ports").map((port) => `${intOf(port, "internal")}/${textOf(port, "protocol")}`);
  const volumes = objectsOf(inputs, "volumes").filter((volume) => !isZero(volume.containerPath));
  return {
    Image: textOf(inputs, "image"),
    Hostname: textOf(inputs, "hostname"),
    Domainname: textOf(inputs, "domainname"),
    User: textOf(inputs, "user"),
    WorkingDir: textOf(inputs, "workingDir"),
    Tty: flagOf(inputs, "tty"),
    OpenStdin: flagOf(inputs, "stdinOpen"),
    Env: textsOf(inputs, "envs"),
    Labels: labelMap(objectsOf(inputs, "labels")),
    ...(isZero(inputs.command) ? {} : { Cmd: textsOf(inputs, "command") }),
    ...(isZero(inputs.entrypoints) ? {} : { Entrypoint: textsOf(inputs, "entrypoints") }),
    ...(isZero(inputs.stopSignal) ? {} : { StopSignal: textOf(inputs, "stopSignal") }),
    ...(isZero(inputs.stopTimeout) ? {} : { StopTimeout: intOf(inputs, "stopTimeout") }),
    ...(isZero(inputs.healthcheck) ? {} : { Healthcheck: healthcheck(objectOf(inputs, "healthcheck") ?? {}) }),
    ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
    Volumes: Object.fromEntries(volumes.map((volume) => [textOf(volume, "containerPath"), {}])),
    HostConfig: { ...hostConfig(inputs), ...limits(inputs), ...confinement(inputs) },
  };
}

function hostConfig(inputs: Props): HostConfig {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const port of objectsOf(inputs, "ports")) {
    const key = `${intOf(port, "internal")}/${textOf(port, "protocol")}`;
    const external = intOf(port, "external");
    bindings[key] ??= [];
    bindings[key].push({ HostIp: textOf(port, "ip"), HostPort: external === 0 ? "" : String(external) });
  }
  return {
    NetworkMode: textOf(inputs, "networkMode"),
    PortBindings: bindings,
    PublishAllPorts: flagOf(inputs, "publishAllPorts"),
    ExtraHosts: objectsOf(inputs, "hosts").map((host) => `${textOf(host, "host")}:${textOf(host, "ip")}`),
    Dns: textsOf(inputs, "dns"),
    DnsOptions: textsOf(inputs, "dnsOpts"),
    DnsSearch: textsOf(inputs, "dnsSearches"),
    Binds: objectsOf(inputs, "volumes").flatMap(bind),
    VolumesFrom: objectsOf(inputs, "volumes").flatMap((volume) => textOf(volume, "fromContainer") || []),
    Mounts: objectsOf(inputs, "mounts").map(mount),
    Tmpfs: mapOf(inputs, "tmpfs"),
    StorageOpt: mapOf(inputs, "storageOpts"),
    RestartPolicy: { Name: textOf(inputs, "restart"), MaximumRetryCount: intOf(inputs, "maxRetryCount") },
    AutoRemove: flagOf(inputs, "rm"),
    // Unset goes out as false, so that a daemon's own default for "init" never applies.
    Init: flagOf(inputs, "init"),
    LogConfig: { Type: textOf(inputs, "logDriver"), Config: mapOf(inputs, "logOpts") },
  };
}

function limits(inputs: Props): HostConfig {
  const cpus = Math.round(Number(textOf(inputs, "cpus") || "0") * 1e9);
  return {
    ...resources(inputs),
    MemorySwap: swapBytes(intOf(inputs, "memorySwap")),
    ...(cpus > 0 ? { NanoCpus: cpus } : { CpuPeriod: intOf(inputs, "cpuPeriod"), CpuQuota: intOf(inputs, "cpuQuota") }),
    ShmSize: intOf(inputs, "shmSize") * MEBIBYTE,
    Ulimits: objectsOf(inputs, "ulimits").map((limit) => ({
      Name: textOf(limit, "name"),
      Soft: intOf(limit, "soft"),
      Hard: intOf(limit, "hard"),
    })),
  };
}

/** What both "create" and "update" of Docker take. */
export function resources(inputs: Props) {
  const rates = (key: string) =>
    objectsOf(inputs, key).map((device) => ({ Path: textOf(device, "path"), Rate: intOf(device, "rate") }));
  return {
    Memory: intOf(inputs, "memory") * MEBIBYTE,
    MemoryReservation: intOf(inputs, "memoryReservation") * MEBIBYTE,
    CpuShares: intOf(inputs, "cpuShares"),
    CpusetCpus: textOf(inputs, "cpuSet"),
    BlkioDeviceReadBps: rates("deviceReadBps"),
    BlkioDeviceReadIOps: rates("deviceReadIops"),
    BlkioDeviceWriteBps: rates("deviceWriteBps"),
    BlkioDeviceWriteIOps: rates("deviceWriteIops"),
  };
}

/** -1 is "unlimited", everything else MiB. */
export function swapBytes(mebibytes: number): number {
  return mebibytes < 0 ? mebibytes : mebibytes * MEBIBYTE;
}

function confinement(inputs: Props): HostConfig {
  const security = textsOf(inputs, "securityOpts");
  const open = security.includes("systempaths=unconfined");
  const capabilities = objectOf(inputs, "capabilities") ?? {};
  return {
    Privileged: flagOf(inputs, "privileged"),
    ReadonlyRootfs: flagOf(inputs, "readOnly"),
    CapAdd: textsOf(capabilities, "adds").map(capability).sort(),
    CapDrop: textsOf(capabilities, "drops").map(capability).sort(),
    GroupAdd: textsOf(inputs, "groupAdds"),
    SecurityOpt: security.filter((option) => option !== "systempaths=unconfined"),
    ...(open ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
    Sysctls: mapOf(inputs, "sysctls"),
    PidMode: textOf(inputs, "pidMode"),
    UsernsMode: textOf(inputs, "usernsMode"),
    ...(isZero(inputs.ipcMode) ? {} : { IpcMode: textOf(inputs, "ipcMode") }),
    ...(isZero(inputs.runtime) ? {} : { Runtime: textOf(inputs, "runtime") }),
    ...(isZero(inputs.cgroupParent) ? {} : { CgroupParent: textOf(inputs, "cgroupParent") }),
    ...(isZero(inputs.cgroupnsMode) ? {} : { CgroupnsMode: textOf(inputs, "cgroupnsMode") as "private" | "host" }),
    Devices: objectsOf(inputs, "devices").map((device) => ({
      PathOnHost: textOf(device, "hostPath"),
      PathInContainer: textOf(device, "containerPath") || textOf(device, "hostPath"),
      CgroupPermissions: textOf(device, "permissions"),
    })),
    DeviceRequests: [...gpus(textOf(inputs, "gpus")), ...objectsOf(inputs, "deviceRequests").map(deviceRequest)],
  };
}

function deviceRequest(request: Props): Docker.DeviceRequest {
  return {
    Driver: textOf(request, "driver"),
    Count: intOf(request, "count"),
    DeviceIDs: textsOf(request, "deviceIds"),
    Capabilities: isZero(request.capabilities) ? [] : [textsOf(request, "capabilities")],
    Options: mapOf(request, "options"),
  };
}

/** "all" or "device=a,b", as `docker run --gpus` has it. */
function gpus(text: string): Docker.DeviceRequest[] {
  if (text === "") return [];
  const ids = text.startsWith("device=") ? text.slice("device=".length).split(",") : undefined;
  return [{ Capabilities: [["gpu"]], ...(ids ? { DeviceIDs: ids } : { Count: -1 }) }];
}

function capability(name: string): string {
  const upper = name.toUpperCase();
  return upper === "ALL" || upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
}

function bind(volume: Props): string[] {
  const from = textOf(volume, "volumeName") || textOf(volume, "hostPath");
  if (from === "" || isZero(volume.containerPath)) return [];
  const options = [flagOf(volume, "readOnly") ? "ro" : "rw", textOf(volume, "selinuxRelabel")].filter(Boolean);
  return [`${from}:${textOf(volume, "containerPath")}:${options.join(",")}`];
}

function mount(wanted: Props): Docker.MountSettings {
  const type = textOf(wanted, "type") as Docker.MountType;
  const binding = objectOf(wanted, "bindOptions");
  const volume = objectOf(wanted, "volumeOptions");
  const tmpfs = objectOf(wanted, "tmpfsOptions");
  return {
    Type: type,
    Target: textOf(wanted, "target"),
    Source: textOf(wanted, "source"),
    ReadOnly: flagOf(wanted, "readOnly"),
    ...(binding && { BindOptions: { Propagation: textOf(binding, "propagation") as Docker.MountPropagation } }),
    ...(volume && { VolumeOptions: volumeOptions(volume) }),
    ...(tmpfs && { TmpfsOptions: { SizeBytes: intOf(tmpfs, "sizeBytes"), Mode: intOf(tmpfs, "mode") } }),
  };
}

function volumeOptions(options: Props) {
  return {
    NoCopy: flagOf(options, "noCopy"),
    Labels: labelMap(objectsOf(options, "labels")),
    DriverConfig: { Name: textOf(options, "driverName"), Options: mapOf(options, "driverOptions") },
    ...(isZero(options.subpath) ? {} : { Subpath: textOf(options, "subpath") }),
  };
}

function healthcheck(check: Props): Docker.HealthConfig {
  const nanoseconds = (key: string) => Number(parseDuration(textOf(check, key)) ?? 0n);
  return {
    ...(isZero(check.tests) ? {} : { Test: textsOf(check, "tests") }),
    Interval: nanoseconds("interval"),
    Timeout: nanoseconds("timeout"),
    StartPeriod: nanoseconds("startPeriod"),
    ...(nanoseconds("startInterval") > 0 ? { StartInterval: nanoseconds("startInterval") } : {}),
    Retries: intOf(check, "retries"),
  };
}
