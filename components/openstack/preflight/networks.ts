/** The networks of the target: do they exist, can servers use them, and can floating IPs reach them. */
import type { OpenstackTarget, StackSpec } from "../../../spec/model.ts";
import { quote } from "../../../spec/problem.ts";
import { listed } from "../../../spec/rule.ts";
import type { Catalogue, CloudNetwork, CloudSubnet, Routing } from "./catalogue.ts";
import { choose, type Fault, type Found, listedNames, openstackOf, targetPath, unknownName } from "./fault.ts";
import { wantsFloatingIp } from "./needs.ts";

type Networks = Pick<Catalogue, "networks" | "subnets" | "project" | "routing">;

export function findNetwork(word: string, catalogue: Pick<Catalogue, "networks" | "project">): Found<CloudNetwork> {
  return choose(word, catalogue.networks, "network", ({ projectId, shared, external }) => {
    const words = [projectId === catalogue.project ? "this project's" : `of project ${projectId}`];
    if (shared) words.push("shared");
    if (external) words.push("external");
    return ` (${words.join(", ")})`;
  });
}

/** A subnet of this network, by id or exact name. */
export function findSubnet(word: string, network: CloudNetwork, subnets: readonly CloudSubnet[]): Found<CloudSubnet> {
  const own = subnets.filter(({ networkId }) => networkId === network.id);
  const elsewhere = subnets.find(({ id }) => id === word) ?? subnets.find(({ name }) => name === word);
  if (elsewhere && !own.some(({ id, name }) => id === word || name === word)) {
    const message = `this subnet is not of the first network, ${quote(network.name)}, but of network ${elsewhere.networkId}`;
    return { fault: unknownName(word, own, message) };
  }
  return choose(word, own, "subnet", ({ cidr }) => ` (${cidr})`);
}

export function networkFaults(spec: StackSpec, catalogue: Networks): Fault[] {
  const target = openstackOf(spec);
  const chosen = target.networks.map((word) => findNetwork(word, catalogue));
  const faults = chosen.flatMap((choice, index): Fault[] => {
    const path = networkPath(target, index);
    if ("fault" in choice) return [{ code: "cloud-network", path, ...choice.fault }];
    const twice = chosen.slice(0, index).some((other) => "found" in other && other.found.id === choice.found.id);
    const message = twice ? "this network is in the list twice" : unusable(choice.found);
    if (message === undefined) return [];
    return [{ code: "cloud-network", path, message, received: quote(target.networks[index] ?? "") }];
  });
  const first = chosen[0];
  if (!first || "fault" in first) return [...faults, ...externalFaults(spec, catalogue, undefined)];
  return [...faults, ...subnetFaults(target, catalogue, first.found), ...externalFaults(spec, catalogue, first.found)];
}

function networkPath(target: OpenstackTarget, index: number): Fault["path"] {
  return target.networks.length === 1 ? targetPath("network") : targetPath("network", index);
}

/** Why servers of the project cannot have a port in it. */
function unusable(network: CloudNetwork): string | undefined {
  // Nova's own rule: a network that is both external and shared takes servers.
  if (network.external && !network.shared) {
    return "this network is external: floating IPs come from it (`external:`), and servers cannot be in it";
  }
  if (network.subnets.length === 0) return "this network has no subnet: a server would have no address";
  if (!network.up) return "this network is switched off (its administrative state is down)";
  if (!network.portSecurity) {
    return "this network has port security switched off: security groups do not work in it, and everything would be open";
  }
  return undefined;
}

function subnetFaults(target: OpenstackTarget, { subnets }: Networks, network: CloudNetwork): Fault[] {
  if (target.subnet === undefined) return [];
  const subnet = findSubnet(target.subnet, network, subnets);
  return "fault" in subnet ? [{ code: "cloud-subnet", path: targetPath("subnet"), ...subnet.fault }] : [];
}

function externalFaults(spec: StackSpec, catalogue: Networks, network: CloudNetwork | undefined): Fault[] {
  const target = openstackOf(spec);
  if (target.external === undefined) return [];
  const at = { code: "cloud-external" as const, path: targetPath("external") };
  const received = quote(target.external);
  const external = findNetwork(target.external, catalogue);
  if ("fault" in external) {
    const candidates = catalogue.networks.filter((candidate) => candidate.external);
    const none = !catalogue.networks.some(({ name }) => name === target.external);
    return [{ ...at, ...(none ? unknownName(target.external, candidates, external.fault.message) : external.fault) }];
  }
  if (!external.found.external) {
    const names = catalogue.networks.filter((candidate) => candidate.external).map(({ name }) => name);
    const message = "this network is not external: floating IPs cannot come from it";
    return [{ ...at, message, received, allowed: listedNames(names) }];
  }
  const name = external.found.name;
  const wanted = spec.instances.some((instance) => wantsFloatingIp(spec, instance));
  const namesakes = catalogue.networks.filter((other) => other.name === name && other.id !== external.found.id);
  if (wanted && (namesakes.length > 0 || name === "")) {
    // Pulumi's plugin takes the first network of that name, whichever it is.
    const message =
      "floating IPs are taken from a network by its name, and no other network may be called like this one";
    const others = namesakes.map(({ id }) => id);
    return [
      {
        ...at,
        message,
        received,
        allowed: `a network with a name of its own; also called so: ${listed(others, "none")}`,
      },
    ];
  }
  const route = network && routeOf(spec, catalogue, network, external.found);
  return route?.blocked === undefined ? [] : [{ ...at, message: route.blocked, received }];
}

/** For people: that the way of floating IPs cannot be seen from this project. */
export function networkNotes(spec: StackSpec, catalogue: Networks): string[] {
  const target = openstackOf(spec);
  const network = findNetwork(target.networks[0] ?? "", catalogue);
  const external = findNetwork(target.external ?? "", catalogue);
  if ("fault" in network || "fault" in external) return [];
  const route = routeOf(spec, catalogue, network.found, external.found);
  return route?.unseen === undefined ? [] : [route.unseen];
}

/** Why a floating IP of `external` could not be bound to a port in `network`, or that nobody can tell. */
function routeOf(
  spec: StackSpec,
  catalogue: Networks,
  network: CloudNetwork,
  external: CloudNetwork,
): { blocked?: string; unseen?: string } | undefined {
  if (!spec.instances.some((instance) => wantsFloatingIp(spec, instance))) return undefined;
  const target = openstackOf(spec);
  const own = catalogue.subnets.filter(({ networkId }) => networkId === network.id);
  const choice = target.subnet === undefined ? undefined : findSubnet(target.subnet, network, own);
  // What is wrong with the subnet is said at the subnet.
  if (choice && "fault" in choice) return undefined;
  const usable = (choice ? [choice.found] : own).filter(({ ipVersion }) => ipVersion === 4).map(({ id }) => id);
  const from = `network ${quote(network.name)}`;
  // Subnets of another project's network may be hidden.
  if (own.length > 0 && usable.length === 0) {
    const where = choice ? `subnet ${quote(choice.found.name)}` : from;
    return { blocked: `floating IPs are wanted, which need an IPv4 subnet, and ${where} has IPv6 only` };
  }
  const { routing } = catalogue;
  if (!routing) return undefined;
  const connected = connection(routing, usable, external);
  if (connected === "yes") return undefined;
  // Routers on another project's network are not ours to see.
  if (connected === "unknown" || network.projectId !== catalogue.project) {
    return {
      unseen: `whether a router connects ${from} with ${quote(external.name)} cannot be seen from this project`,
    };
  }
  const names = listedNames(routing.routers.map(({ name, id }) => name || id));
  const blocked =
    `floating IPs are wanted, and no router connects ${from} with this one (routers of the project: ${names}): ` +
    "set a router's external gateway to this network and add the subnet to the router";
  return { blocked };
}

/** `unknown`: the network is on a router of another project. */
function connection(routing: Routing, subnetIds: readonly string[], external: CloudNetwork): "yes" | "unknown" | "no" {
  const ids = routing.interfaces
    .filter((face) => face.subnetIds.some((id) => subnetIds.includes(id)))
    .map(({ routerId }) => routerId);
  const routers = ids.map((id) => routing.routers.find((router) => router.id === id));
  if (routers.some((router) => router?.externalNetworkId === external.id)) return "yes";
  return routers.includes(undefined) ? "unknown" : "no";
}
