/** How this machine and the cloud's namespaces are connected, as commands. Pure. */
import { external, management } from "./layout.ts";

type Argv = [string, ...string[]];

const chain = "COFFER-DEVCLOUD";

/** Idempotent. `exists` says whether this machine has an interface of that name. */
export function hostCommands(init: number, exists: (device: string) => boolean): Argv[] {
  return [
    ...link(init, exists, management.device, "mgmt-host", "br-mgmt", `${management.host}/24`, 1600),
    ...link(init, exists, external.device, "ex-host", external.bridge, `${external.gateway}/24`, 1500),
    ["sh", "-c", `iptables -w 10 -N ${chain} 2>/dev/null; iptables -w 10 -F ${chain}`],
    ...filterRules.map((rule): Argv => ["iptables", "-w", "10", "-A", chain, ...rule]),
    ["sh", "-c", `iptables -w 10 -C FORWARD -j ${chain} 2>/dev/null || iptables -w 10 -I FORWARD 1 -j ${chain}`],
    ["sh", "-c", `iptables -w 10 ${nat("-C")} 2>/dev/null || iptables -w 10 ${nat("-A")}`],
  ];
}

/**
 * Nobody outside this machine reaches the cloud, whatever this machine forwards otherwise: the network of the services not at all, that of
 * the floating IPs only with answers. Guests reach the world where this machine forwards at all.
 */
export const filterRules: readonly (readonly string[])[] = [
  ["-i", management.device, "-j", "DROP"],
  ["-o", management.device, "-j", "DROP"],
  ["-o", external.device, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT"],
  ["-o", external.device, "-j", "DROP"],
  ["-i", external.device, "-j", "ACCEPT"],
];

const nat = (action: "-A" | "-C" | "-D"): string =>
  `-t nat ${action} POSTROUTING -s ${external.cidr} ! -o ${external.device} -j MASQUERADE`;

/**
 * Removes this machine's ends. The kernel does that too when the namespaces end, some time later: an end that goes away
 * meanwhile is no failure.
 */
export const unlinkCommands = (exists: (device: string) => boolean): Argv[] =>
  [management.device, external.device]
    .filter(exists)
    .map((device) => ["sh", "-c", `ip link delete ${device} || [ ! -e /sys/class/net/${device} ]`]);

export function removalCommands(exists: (device: string) => boolean): Argv[] {
  const quiet = (words: string): Argv => ["sh", "-c", `command -v iptables >/dev/null || exit 0; ${words}`];
  return [
    ...unlinkCommands(exists),
    quiet(`while iptables -w 10 -D FORWARD -j ${chain} 2>/dev/null; do :; done`),
    quiet(`iptables -w 10 -F ${chain} 2>/dev/null && iptables -w 10 -X ${chain}; true`),
    quiet(`while iptables -w 10 ${nat("-D")} 2>/dev/null; do :; done`),
  ];
}

/** A pair of interfaces, one end of it on a bridge in the namespaces. */
function link(
  init: number,
  exists: (device: string) => boolean,
  device: string,
  peer: string,
  bridge: string,
  address: string,
  mtu: number,
): Argv[] {
  const within = ["nsenter", "--target", String(init), "--net", "--"] as const;
  const pair: Argv = ["ip", "link", "add", device, "type", "veth", "peer", "name", peer, "netns", String(init)];
  return [
    ...(exists(device) ? [] : [pair]),
    ["ip", "address", "replace", address, "dev", device],
    ["ip", "link", "set", device, "mtu", String(mtu), "up"],
    [...within, "ip", "link", "set", peer, "mtu", String(mtu), "master", bridge, "up"],
  ];
}

export interface Address {
  device: string;
  /** For example 10.200.0.1. */
  address: string;
}

/** Addresses that other interfaces of this machine have in the cloud's two networks: it cannot come up beside them. */
export function conflicts(addresses: readonly Address[]): Address[] {
  const ours = new Set<string>([management.device, external.device]);
  const nets = [management.cidr, external.cidr].map((cidr) => cidr.slice(0, cidr.lastIndexOf(".") + 1));
  return addresses.filter(({ device, address }) => !ours.has(device) && nets.some((net) => address.startsWith(net)));
}
