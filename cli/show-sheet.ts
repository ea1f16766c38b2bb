/** The sheet of `show`. */
import type { InstanceDetails } from "../operations/instance-details.ts";
import { sheet } from "./output.ts";
import { connectionWords, usedPercent } from "./tables.ts";

export function showSheet(details: InstanceDetails): string {
  const { machine, problem, vcpus, memoryBytes, serverVersion, operatingStatus } = details;
  const inactive = details.datastoreActive ? "" : "(inactive)";
  const version = [details.datastore, details.datastoreVersion, inactive].filter(Boolean).join(" ");
  const size = vcpus ? ` (${vcpus} vcpus, ${Math.round(memoryBytes / 1024 ** 2)} MiB)` : "";
  return sheet([
    ["name", details.name],
    ["uuid", details.uuid],
    ["datastore", serverVersion ? `${version} (server ${serverVersion})` : version],
    ["status", `${details.status} (recorded: ${details.recordedStatus})`],
    ["operating status", problem ? `${operatingStatus}: ${problem}` : operatingStatus],
    ["role", details.role],
    ["url", details.url],
    ["flavor", `${details.flavor || "-"}${size}`],
    ["machine", machineWords(machine)],
    ...(machine?.image ? [["image", machine.image] as const] : []),
    ...(machine?.addresses.length
      ? [["addresses", machine.addresses.map(({ kind, address }) => `${address} (${kind})`)] as const]
      : []),
    ["volume", `${details.volume} GiB (${details.volumeName || "none yet"})`],
    ["volume used", usedWords(details)],
    ["connections", connectionWords(details)],
    ...(details.snapshots.length
      ? [["snapshots", details.snapshots.map(({ id, name, created }) => `${id} (${name}, ${created})`)] as const]
      : []),
    ["configuration", details.configuration],
    ["parameters", Object.entries(details.parameters).map(([name, value]) => `${name} = ${value}`)],
    ...(details.restart === "hold" ? [["restart", "hold: parameters wait for coffer restart"] as const] : []),
    ["pending restart", details.pendingRestart],
    ["databases", details.databases],
    ["users", details.users.map((user) => (user.host === "%" ? user.name : `${user.name}@${user.host}`))],
    ...(details.rootEnabledEver ? [["root", details.root ? "enabled" : "disabled; it was enabled"] as const] : []),
    ...(details.console ? [["console", details.console] as const] : []),
  ]);
}

function usedWords(details: InstanceDetails): string {
  const { volumeUsed } = details;
  return volumeUsed === null ? "" : `${Math.ceil(volumeUsed / 1024 ** 2)} MiB (${usedPercent(details)})`;
}

function machineWords(machine: InstanceDetails["machine"]): string {
  if (machine === undefined) return "nothing is known: its target did not answer";
  return machine === null ? "none" : `${machine.state} (${machine.id})`;
}
