/** Where the development cloud keeps its things, and the addresses it has. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../toolchain/cache.ts";

export interface Layout {
  /** Everything that outlives `down`. */
  state: string;
  /** Sockets, process ids and locks of what runs now; emptied when the cloud starts from nothing. */
  run: string;
  log: string;
  etc: string;
  /** Launchers and scripts of the checkout. */
  launch: string;
  cloudsFile: string;
}

export function layout(state = "/var/lib/coffer-devcloud"): Layout {
  return {
    state,
    run: join(state, "run"),
    log: join(state, "log"),
    etc: join(state, "etc"),
    launch: join(checkout, "devcloud", "launch"),
    cloudsFile: join(state, "clouds.yaml"),
  };
}

export const serviceLog = (at: Layout, name: string): string => join(at.log, `${name}.log`);

/** The network of the services; only this machine reaches it. */
export const management = {
  cidr: "10.200.0.0/24",
  address: "10.200.0.1",
  /** This machine's own address in it. */
  host: "10.200.0.254",
  device: "cofdc-mgmt",
} as const;

/** The network of routers and floating IPs; this machine is its gateway. */
export const external = {
  cidr: "172.24.4.0/24",
  gateway: "172.24.4.1",
  first: "172.24.4.10",
  last: "172.24.4.250",
  device: "cofdc-ex",
  /** The bridge inside the cloud's network namespace. */
  bridge: "br-ex",
} as const;

export const tenant = { network: "private", subnet: "private-subnet", cidr: "10.0.10.0/24", router: "router" } as const;

export const region = "RegionOne";

/** The first hypervisor, which also runs every other service. */
export const controller = "ctl";

export const ports = {
  identity: 5000,
  image: 9292,
  placement: 8778,
  compute: 8774,
  metadata: 8775,
  network: 9696,
  volume: 8776,
  orchestration: 8004,
  messaging: 5672,
  cache: 11211,
} as const;

export const endpoint = (port: number, path = ""): string => `http://${management.address}:${port}${path}`;

/** The address of hypervisor number `number` (2 or more) in the management network. */
export const hypervisorAddress = (number: number): string => `10.200.0.${10 + number}`;

export const hypervisorName = (number: number): string => (number === 1 ? controller : `node${number}`);

/** What programs need to use the cloud; undefined where none was ever brought up. */
export function devcloudEnvironment(at: Layout = layout()): { OS_CLIENT_CONFIG_FILE: string } | undefined {
  return existsSync(at.cloudsFile) ? { OS_CLIENT_CONFIG_FILE: at.cloudsFile } : undefined;
}
