/** Hypervisors: this machine's own, further real ones in network namespaces of their own, and pretended ones. */
import { join } from "node:path";
import type { Setup } from "../conf/common.ts";
import { hypervisorAddress, hypervisorName, type Layout } from "../layout.ts";
import { type Part, quick, type Service, type Stop } from "../parts.ts";
import type { Shape } from "../shape.ts";
import { commands } from "./base.ts";

/** Before the guests are shut down, so that Nova goes on believing that they run, and starts them at the next `up`. */
const beforeGuests: Stop = { wave: 0, seconds: 15 };

export function computeParts(setup: Setup, shape: Shape): Part[] {
  const numbers = Array.from({ length: shape.hypervisors }, (_, index) => index + 1);
  return [
    ...numbers.flatMap((number) => hypervisorParts(setup.at, number)),
    ...(shape.fake > 0 ? fakeParts(setup.at, shape.fake) : []),
  ];
}

/** Which service is libvirtd of hypervisor `number`. */
export const libvirtOf = (number: number): string => partName(number, "libvirtd");

const partName = (number: number, what: string): string => (number === 1 ? what : `${hypervisorName(number)}-${what}`);

function hypervisorParts(at: Layout, number: number): Part[] {
  const host = hypervisorName(number);
  const network = `${host}-network`;
  const libvirtd = libvirtOf(number);
  const own = number === 1 ? [] : [network];
  const parts: Part[] = [
    {
      kind: "service",
      name: libvirtd,
      needs: own,
      argv: onHost(at, number, ["libvirtd", "--pid-file", "/run/libvirt/libvirtd.pid"]),
      ready: { kind: "socket", path: join(at.state, "hosts", host, "run", "libvirt-sock") },
      stop: quick,
    },
    {
      kind: "service",
      name: partName(number, "nova-compute"),
      needs: [...own, libvirtd, "nova-conductor", "nova-api", "placement", "neutron-server", "catalogue"],
      argv: onHost(at, number, [
        ...["nova-compute", "--config-file", join(at.etc, "nova/nova-compute.conf")],
        ...["--config-file", join(at.etc, `nova/${host}.conf`)],
      ]),
      env: { PATH: `${join(at.launch, "shim")}:/usr/sbin:/usr/bin:/sbin:/bin` },
      stop: beforeGuests,
    },
  ];
  if (number === 1) return parts;
  return [
    {
      kind: "task",
      name: network,
      needs: ["libvirtd"],
      lasts: "world",
      act: commands({ argv: ["sh", join(at.launch, "node-network.sh"), at.state, host, hypervisorAddress(number)] }),
    },
    ...parts,
    {
      kind: "service",
      name: partName(number, "neutron-bridge"),
      needs: [network, "neutron-server"],
      argv: onHost(at, number, [
        ...["/usr/bin/python3", join(at.launch, "linuxbridge_agent.py")],
        ...["neutron.conf", "ml2.ini", `bridge-${host}.ini`].flatMap((file) => [
          "--config-file",
          join(at.etc, "neutron", file),
        ]),
      ]),
      stop: quick,
    },
  ];
}

/** The command as it is started on a hypervisor. */
export function onHost(at: Layout, number: number, argv: readonly string[]): Service["argv"] {
  const [program = "", ...words] = argv;
  if (number === 1) return [program, ...words];
  return ["sh", join(at.launch, "node.sh"), at.state, at.launch, hypervisorName(number), ...argv];
}

function fakeParts(at: Layout, count: number): Part[] {
  const conf = (path: string): string[] => ["--config-file", join(at.etc, path)];
  const script = (name: string): [string, string, string] => ["/usr/bin/python3", join(at.launch, name), String(count)];
  return [
    // A new name for each count: hypervisors that are added later come into the zone too.
    {
      kind: "task",
      name: `fake-zone-${count}`,
      needs: ["fake-compute"],
      lasts: "state",
      act: { kind: "api", call: "fake-zone" },
    },
    {
      kind: "service",
      name: "fake-agents",
      needs: ["neutron-server", "catalogue"],
      argv: [...script("fake_agents.py"), ...conf("neutron/neutron.conf"), ...conf("neutron/ml2.ini")],
      env: { OS_CLIENT_CONFIG_FILE: at.cloudsFile },
      stop: quick,
    },
    {
      kind: "service",
      name: "fake-compute",
      needs: ["nova-conductor", "nova-api", "placement", "neutron-server", "catalogue"],
      argv: [...script("fake_compute.py"), ...conf("nova/nova-compute.conf"), ...conf("nova/fake.conf")],
      stop: quick,
    },
  ];
}
