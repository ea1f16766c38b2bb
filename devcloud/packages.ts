/** Debian's packages of OpenStack, installed so that none of them asks a question, makes a database or starts a service. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFile } from "../toolchain/cache.ts";
import { distribution, missingPackages } from "../toolchain/debian.ts";
import { ToolchainError } from "../toolchain/errors.ts";
import { run } from "../toolchain/process.ts";
import { ensureQuietPackages, restorePolicy } from "../toolchain/quiet-packages.ts";
import type { Layout } from "./layout.ts";
import type { Shape } from "./shape.ts";

const base = ["mariadb-server", "python3-pymysql", "rabbitmq-server", "memcached", "python3-memcache", "uwsgi-core"];
const machine = ["uwsgi-plugin-python3", "sudo", "iproute2", "procps", "util-linux"];
const identity = ["keystone", "glance-api", "placement-api"];
/** Not nova-compute-qemu, which brings every architecture. */
const compute = ["nova-api", "nova-conductor", "nova-scheduler", "nova-compute", "nova-compute-kvm"];
const libvirt = ["libvirt-daemon-system", "libvirt-clients", "libvirt-daemon-driver-qemu"];
const disks = ["libvirt-daemon-driver-storage-rbd", "qemu-utils", "qemu-block-extra", "genisoimage", "python3-libvirt"];
const qemu = ["qemu-system-x86", "seabios", "ipxe-qemu"];
const neutron = ["neutron-api", "neutron-rpc-server", "neutron-linuxbridge-agent", "neutron-dhcp-agent"];
const agents = ["neutron-l3-agent", "neutron-metadata-agent", "haproxy", "dnsmasq-base", "dnsmasq-utils", "radvd"];
const network = ["ipset", "conntrack", "iptables", "ebtables", "bridge-utils", "iputils-arping"];
const volume = ["cinder-api", "cinder-scheduler", "cinder-volume"];
const ceph = ["ceph-mon", "ceph-mgr", "ceph-osd", "ceph-common", "python3-rbd", "python3-rados"];
const client = ["python3-openstackclient"];
const heat = ["heat-api", "heat-engine", "python3-heatclient"];

export function packagesOf(shape: Shape): string[] {
  const core = [base, machine, identity, compute, libvirt, disks, qemu, neutron, agents, network, volume, ceph, client];
  return [...core.flat(), ...(shape.heat ? heat : [])];
}

/** Answers to the questions that the packages would ask. */
export function answers(): string {
  const owners = [
    ...["keystone", "glance-common", "glance-api", "placement-api", "placement-common", "nova-common", "nova-api"],
    ...["neutron-common", "neutron-api", "cinder-common", "cinder-api", "cinder-volume", "heat-common"],
  ];
  const questions = ["configure_db", "configure_rabbit", "configure_ksat", "register-endpoint", "create-admin-tenant"];
  const shared = ["glance", "nova", "cinder", "neutron", "placement", "heat"].map((name) => `${name}/configure_db`);
  return [
    ...["install", "upgrade", "reinstall"].map(
      (act) => `dbconfig-common dbconfig-common/dbconfig-${act} boolean false`,
    ),
    "dbconfig-common dbconfig-common/internal/skip-preseed boolean true",
    ...owners.flatMap((owner) => [
      ...[...questions, "dbconfig-install"].map((question) => `${owner} ${owner}/${question} boolean false`),
      ...shared.map((question) => `${owner} ${question} boolean false`),
    ]),
    "",
  ].join("\n");
}

/** Installs what is missing. Throws `ToolchainError` where this is not Debian 12. */
export async function installPackages(
  at: Layout,
  shape: Shape,
  progress: (text: string) => void,
  signal?: AbortSignal,
): Promise<"installed" | "present"> {
  restorePolicy(savedPolicy(at));
  const names = packagesOf(shape);
  const missing = missingPackages(names);
  if (missing.length === 0) return "present";
  refuseOtherSystems();
  const seeds = join(at.state, "debconf.txt");
  writeFile(seeds, answers());
  const log = join(at.log, "packages.log");
  const common = { log, purpose: "Preparing the development cloud's packages", remedy: "see the last words.", signal };
  await run(["debconf-set-selections", seeds], { ...common, limit: 60_000 });
  await ensureQuietPackages(missing, { log, saved: savedPolicy(at), progress, ...(signal ? { signal } : {}) });
  return "installed";
}

function refuseOtherSystems(): void {
  const { id, title } = distribution();
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  if (id === "debian" && /^VERSION_CODENAME=bookworm$/m.test(release)) return;
  throw new ToolchainError(
    `The development cloud is made of Debian 12's packages of OpenStack, and this is ${title}.`,
    {
      remedy: "run it on a Debian 12 machine (a virtual one with 8 GiB and two processors will do), as root.",
    },
  );
}

/** Where the machine's own policy about starting services lies while packages are installed. */
export const savedPolicy = (at: Layout): string => join(at.state, "policy-rc.d.saved");
