/** The facts of one resource of a Pulumi program, Coffer's or another. Pure. What is not known in a preview makes no fact. */
import { isIPv6 } from "node:net";
import { engines } from "../engines/index.ts";
import { imageName, recipes } from "../images/index.ts";
import type { At, Fact } from "./fact.ts";

export type Properties = Readonly<Record<string, unknown>>;

const GiB = 1024 ** 3;
const mebibyte = 1024 ** 2;

type Read = (properties: Properties, at: At) => readonly Fact[];

/** By Pulumi's type. Another resource to judge is a line here. */
const readers: Readonly<Record<string, Read>> = {
  "coffer:index:Identity": ({ datastore, active }, at) =>
    typeof datastore === "string" && typeof active === "boolean" ? [{ kind: "version", at, datastore, active }] : [],
  "coffer:guest:Server": ({ vcpus, memoryBytes, volumeBytes, parameters }, at) => [
    { kind: "flavor", at, ...number("vcpus", vcpus), ...number("memoryBytes", memoryBytes) },
    ...(typeof volumeBytes === "number" ? [{ kind: "volume" as const, at, bytes: volumeBytes }] : []),
    ...texts(parameters, at),
  ],
  "docker:index/container:Container": ({ image, memory, ports, envs, labels }, at) => [
    ...(typeof memory === "number" ? [{ kind: "flavor" as const, at, memoryBytes: memory * mebibyte }] : []),
    ...(isDatabase(ports) ? [...exposures(ports, at), ...images(image, at)] : []),
    ...texts(envs, at),
    ...texts(labels, at),
  ],
  "docker:index/remoteImage:RemoteImage": ({ name }, at) => images(name, at),
  "openstack:networking/secGroupRule:SecGroupRule": openings,
  "openstack:blockstorage/volume:Volume": ({ size, metadata, description }, at) => [
    ...(typeof size === "number" ? [{ kind: "volume" as const, at, bytes: size * GiB }] : []),
    ...texts(metadata, at),
    ...texts(description, at),
  ],
  "openstack:compute/instance:Instance": ({ tags, metadata }, at) => [...tagged(tags, at), ...texts(metadata, at)],
  "openstack:networking/floatingIp:FloatingIp": ({ tags }, at) => tagged(tags, at),
  "openstack:networking/port:Port": ({ tags }, at) => tagged(tags, at),
  "openstack:networking/secGroup:SecGroup": ({ tags }, at) => tagged(tags, at),
};

/** `instance`: the one it belongs to, when it belongs to one. */
export function resourceFacts(type: string, properties: Properties, instance: string | undefined): readonly Fact[] {
  return readers[type]?.(properties, instance === undefined ? {} : { instance }) ?? [];
}

const databasePorts = engines.flatMap(({ ports }) => ports.map(({ port }) => port));

function openings(
  { direction, ethertype, protocol, remoteIpPrefix, remoteGroupId, portRangeMin, portRangeMax }: Properties,
  at: At,
): Fact[] {
  if (direction !== "ingress" || remoteGroupId || (typeof protocol === "string" && !/^(tcp|6|any|)$/.test(protocol)))
    return [];
  const from = typeof portRangeMin === "number" && portRangeMin > 0 ? portRangeMin : 1;
  const to = typeof portRangeMax === "number" && portRangeMax > 0 ? portRangeMax : 65535;
  const everywhere = ethertype === "IPv6" ? "::/0" : "0.0.0.0/0";
  const network = typeof remoteIpPrefix === "string" && remoteIpPrefix !== "" ? remoteIpPrefix : everywhere;
  return databasePorts
    .filter((port) => from <= port && port <= to)
    .map((port) => ({
      kind: "opening",
      at,
      network: network.includes("/") ? network : `${network}/${isIPv6(network) ? 128 : 32}`,
      port,
    }));
}

function exposures(ports: readonly Properties[], at: At): Fact[] {
  return ports
    .filter(({ internal }) => isDatabasePort(internal))
    .map(({ ip }) => ({
      kind: "exposure",
      at,
      by: "published",
      address: typeof ip === "string" && ip ? ip : "0.0.0.0",
    }));
}

function isDatabase(ports: unknown): ports is readonly Properties[] {
  return Array.isArray(ports) && ports.some((port: Properties | undefined) => isDatabasePort(port?.internal));
}

const isDatabasePort = (port: unknown): boolean => typeof port === "number" && databasePorts.includes(port);

const fromRecipes = new Set(recipes.map((recipe) => imageName(recipe)));

function images(name: unknown, at: At): Fact[] {
  if (typeof name !== "string" || name === "") return [];
  if (fromRecipes.has(name)) return [{ kind: "image", at, choice: "recipe" }];
  return [{ kind: "image", at, choice: { by: "name", name, stock: false } }];
}

function tagged(tags: unknown, at: At): Fact[] {
  const list: readonly unknown[] = Array.isArray(tags) ? tags : [];
  return [{ kind: "tags", at, tags: list.filter((tag) => typeof tag === "string") }];
}

function number<Name extends string>(name: Name, value: unknown): Partial<Record<Name, number>> {
  return typeof value === "number" ? ({ [name]: value } as Partial<Record<Name, number>>) : {};
}

/** Every text in a value, with its key where it has one: `password=hunter2` shows more than `hunter2`. */
function texts(value: unknown, at: At, key?: string): Fact[] {
  if (typeof value === "string") return [{ kind: "text", at, value: key === undefined ? value : `${key}=${value}` }];
  if (Array.isArray(value)) return value.flatMap((one: unknown) => texts(one, at));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, one]: [string, unknown]) => texts(one, at, name));
}
