/** Rules on what one target has and another has not, and on how Coffer gets to guests. */
import type { Draft } from "./draft.ts";
import type { DraftText } from "./draft-target.ts";
import type { ImageChoice } from "./model.ts";
import type { Path } from "./problem.ts";
import { formatPath } from "./problem.ts";
import type { Rule, RuleFault } from "./rule.ts";

/** What the names of Docker's images and volumes may be; anything else would mean something else to its API. */
const dockerImage = /^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}$/;
const dockerVolume = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/;

export const targetRules: readonly Rule[] = [
  {
    id: "docker-only",
    why: "on OpenStack the flavors are Nova's, and the database has an address of its own, so no port is published",
    check({ draft }) {
      if (draft.target?.kind !== "openstack") return [];
      const message =
        "on OpenStack flavors are Nova's: take this section out, and give instances names of Nova's flavors";
      const flavors = draft.flavors.size > 0 ? [{ path: ["flavors"], atKey: true, message }] : [];
      return [...flavors, ...[...draft.instances.values()].flatMap(({ path, ports }) => publishedPorts(path, ports))];
    },
  },
  {
    id: "openstack-only",
    why: "Docker has no zones, volume types, image ids and tags: a word without effect would promise something",
    check({ draft }) {
      if (draft.target?.kind !== "docker") return [];
      return [
        ...eachImage(draft, ({ by, stock }, path) => [
          ...(by === "name" ? [] : [{ path: [...path, by], atKey: true, message: "Docker finds images by name only" }]),
          ...(stock ? [{ path: [...path, "stock"], message: "Docker has no stock cloud images: leave it out" }] : []),
        ]),
        ...[...draft.instances.values()].flatMap(({ path, zone, volumeType, volumeZone }) => [
          ...notOnDocker([...path, "zone"], zone, "zone"),
          ...notOnDocker([...path, "volume", "type"], volumeType, "volumeType"),
          ...notOnDocker([...path, "volume", "zone"], volumeZone, "volumeZone"),
        ]),
      ];
    },
  },
  {
    id: "docker-name",
    why: "Docker's own names have fewer characters than a cloud's",
    check({ draft }) {
      if (draft.target?.kind !== "docker") return [];
      const message = "Docker has no such names";
      const images = eachImage(draft, (image, path, short) => {
        if (image.by !== "name" || dockerImage.test(image.name)) return [];
        return [{ path: short ? path : [...path, "name"], message, allowed: "a name such as registry/name:tag" }];
      });
      const volumes = [...draft.instances.values()].filter(
        ({ adopt }) => adopt !== undefined && !dockerVolume.test(adopt),
      );
      return [
        ...images,
        ...volumes.map(({ path }) => {
          return { path: [...path, "volume", "adopt"], message, allowed: "letters, digits and . _ - between them" };
        }),
      ];
    },
  },
  {
    id: "reach",
    why: "Coffer's SSH takes one way to the guests, and a floating IP comes from a network that is named",
    check({ draft }) {
      const { target } = draft;
      if (target?.kind !== "openstack") return [];
      const path = ["target", "openstack", "reach"];
      if (target.hasBastion && target.reach !== undefined) {
        return [{ path, atKey: true, message: "guests are reached through the bastion: take out reach, or bastion" }];
      }
      if (target.reach !== "floating-ip" || target.external !== undefined || target.faulty.has("external")) return [];
      const message = "floating IPs come from an external network, and none is named";
      return [{ path, message, allowed: "direct; or name the network: target.openstack.external" }];
    },
  },
  {
    id: "repeated",
    why: "a network or tag that is listed twice is a mistake for another one",
    check({ draft }) {
      const { target } = draft;
      const lists = target?.kind === "openstack" ? [target.networks, target.tags] : [];
      const images = eachImage(draft, (image, path) => {
        if (image.by !== "tags") return [];
        return twice(image.tags.map((text, index) => ({ text, path: [...path, "tags", index] })));
      });
      return [...lists.flatMap((list) => twice(list)), ...images];
    },
  },
];

function publishedPorts(path: Path, ports: Readonly<Record<string, number>>): RuleFault[] {
  if (Object.keys(ports).length === 0) return [];
  const message = "ports are published on Docker only: on OpenStack the database has the engine's own port";
  return [{ path: [...path, "ports"], atKey: true, message, allowed: "leave it out" }];
}

function notOnDocker(path: Path, value: string | undefined, word: string): RuleFault[] {
  if (value === undefined) return [];
  const message = "Docker has none of these";
  return [
    {
      path,
      atKey: true,
      message,
      allowed: `leave it out; for OpenStack, target.openstack.${word} says it for all instances`,
    },
  ];
}

function eachImage(
  { datastores }: Draft,
  check: (image: ImageChoice, path: Path, short: boolean) => readonly RuleFault[],
): RuleFault[] {
  return [...datastores.values()].flatMap(({ name, versions }) =>
    [...versions].flatMap(([version, { image, short }]) =>
      image ? check(image, ["datastores", name, "versions", version, "image"], short) : [],
    ),
  );
}

function twice(list: readonly DraftText[]): RuleFault[] {
  const first = new Map<string, Path>();
  return list.flatMap(({ text, path }) => {
    const earlier = first.get(text);
    first.set(text, earlier ?? path);
    return earlier ? [{ path, message: `this is already listed at ${formatPath(earlier)}` }] : [];
  });
}
