/** Rules on who may connect. Nothing is open that the spec does not name. */
import { BlockList } from "node:net";
import type { Draft, DraftInstance } from "./draft.ts";
import type { DraftAccess, DraftNetwork, DraftOpenstack } from "./draft-target.ts";
import { networkWords } from "./network.ts";
import type { Path } from "./problem.ts";
import { formatPath } from "./problem.ts";
import type { Rule, RuleFault } from "./rule.ts";
import { listed } from "./rule.ts";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

export const accessRules: readonly Rule[] = [
  {
    id: "network",
    why: "an address with host bits in front of a prefix says one host and opens many, or the other way round",
    check: eachList((networks) =>
      networks.flatMap(({ path, network }): RuleFault[] => {
        if (!network) return [{ path, message: "this is no network", allowed: networkWords }];
        if (!network.hostBits) return [];
        const allowed = `${network.canonical}, or ${network.alone} for the one address`;
        return [{ path, message: "this is an address inside a network, and not the network", allowed }];
      }),
    ),
  },
  {
    id: "duplicate-network",
    why: "a security group has each rule once",
    check: eachList((networks) => {
      const first = new Map<string, Path>();
      return networks.flatMap(({ path, network }) => {
        // Host bits are another rule's: such a text may well mean something else.
        if (!network || network.hostBits) return [];
        const earlier = first.get(network.canonical);
        first.set(network.canonical, earlier ?? path);
        return earlier ? [{ path, message: `this network is already listed at ${formatPath(earlier)}` }] : [];
      });
    }),
  },
  {
    id: "admin-everywhere",
    why: "SSH that is open to the world is found within minutes; the networks that Coffer runs in are known",
    check: eachList((networks, list) => {
      if (list !== "admin") return [];
      const open = networks.filter(({ network }) => network?.everywhere === true && !network.hostBits);
      const message = "this opens the guests' SSH to every address there is";
      return open.map(({ path }) => ({ path, message, allowed: "the networks or addresses that Coffer runs in" }));
    }),
  },
  {
    id: "admin",
    why: "where SSH may come from is stated, never guessed; without it Coffer could not reach the guest",
    check({ draft }) {
      const { target } = draft;
      if (target?.kind !== "openstack") return [];
      const instances = [...draft.instances.values()];
      const allowed = "networks or addresses, such as [198.51.100.7/32]";
      const closed = instances.filter(({ access }) => !access.faulty.has("admin") && access.admin?.length === 0);
      const silent = instances.filter(({ access }) => !access.faulty.has("admin") && access.admin === undefined);
      const isSaid = target.faulty.has("access") || target.access.faulty.has("admin") || target.access.admin?.length;
      const names = listed(
        silent.map(({ name }) => name),
        "none",
      );
      const message = `nothing says where Coffer's SSH connections come from, and so it could not reach ${names}`;
      return [
        ...(isSaid || silent.length === 0 ? [] : [{ path: [...target.access.path, "admin"], message, allowed }]),
        ...closed.map(({ access }) => {
          return {
            path: [...access.path, "admin"],
            message: "without these Coffer could not reach the guest",
            allowed,
          };
        }),
      ];
    },
  },
  {
    id: "public",
    why: "a floating IP comes from a network that is named, and one that nobody may use is a mistake",
    check({ draft }) {
      const { target } = draft;
      if (target?.kind !== "openstack") return [];
      const open = [...draft.instances.values()].filter(({ access }) => access.public === true);
      return open.flatMap((instance) => publicFaults(target, instance));
    },
  },
  {
    id: "access-docker",
    why: "Docker cannot filter by source; on loopback its ports are narrower than any list",
    check({ draft }) {
      const { target } = draft;
      if (target?.kind !== "docker") return [];
      const beyond = target.bind.find((address) => !loopback.check(address, address.includes(":") ? "ipv6" : "ipv4"));
      if (beyond === undefined) return [];
      const message = `Docker cannot filter by source, and ports are published on ${beyond}, which others can reach`;
      const allowed = "target.docker.bind with loopback addresses only, or no allow";
      const limited = [...draft.instances.values()].filter(({ access }) => access.allow?.length);
      return limited.map(({ access }) => ({ path: [...access.path, "allow"], atKey: true, message, allowed }));
    },
  },
];

function publicFaults(target: DraftOpenstack, { access }: DraftInstance): RuleFault[] {
  const path = [...access.path, "public"];
  const says = access.allow !== undefined || access.faulty.has("allow") ? access : target.access;
  const isClosed = !says.faulty.has("allow") && !says.allow?.length;
  const hasNoNetwork = target.external === undefined && !target.faulty.has("external");
  const nobody = "a floating IP for a database that nobody may use: access.allow is empty";
  const nowhere = "floating IPs come from an external network, and none is named";
  return [
    ...(isClosed ? [{ path, message: nobody, allowed: "false; or say who may use it: access.allow" }] : []),
    ...(hasNoNetwork ? [{ path, message: nowhere, allowed: "false; or name it: target.openstack.external" }] : []),
  ];
}

/** A rule that looks at one list of networks at a time, of the target's defaults and of each instance. */
function eachList(check: (networks: readonly DraftNetwork[], list: "allow" | "admin") => readonly RuleFault[]) {
  return ({ draft }: { draft: Draft }): RuleFault[] =>
    accesses(draft).flatMap(({ allow = [], admin = [] }) => [...check(allow, "allow"), ...check(admin, "admin")]);
}

function accesses({ target, instances }: Draft): DraftAccess[] {
  const own = [...instances.values()].map(({ access }) => access);
  return target?.kind === "openstack" ? [target.access, ...own] : own;
}
