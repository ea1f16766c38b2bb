/** Availability zones of servers and volumes, and volume types: of new machines, since none of them ever moves. */
import type { InstanceSpec, StackSpec } from "../../../spec/model.ts";
import { quote } from "../../../spec/problem.ts";
import type { Catalogue, CloudZone } from "./catalogue.ts";
import { choose, type Fault, type FaultCode, openstackOf, targetPath, unknownName } from "./fault.ts";

type Wish = { word: string; path: Fault["path"] };

export function placeFaults(spec: StackSpec, catalogue: Catalogue, existing: ReadonlySet<string>): Fault[] {
  const target = openstackOf(spec);
  const instances = spec.instances.filter(({ name }) => !existing.has(name));
  const volumes = instances.filter(({ volume }) => volume.adopt === undefined);
  const { zones, volumeZones, volumeTypes } = catalogue;
  return [
    ...(zones === undefined
      ? []
      : wishes(instances, target.zone, "zone", ({ zone }) => zone, ["zone"]).flatMap((wish) =>
          zoneFault(wish, zones, "availability zone of Nova's"),
        )),
    ...(volumeZones === undefined
      ? []
      : wishes(volumes, target.volumeZone, "volumeZone", ({ volume }) => volume.zone, ["volume", "zone"]).flatMap(
          (wish) => zoneFault(wish, volumeZones, "availability zone of Cinder's"),
        )),
    ...(volumeTypes === undefined
      ? []
      : wishes(volumes, target.volumeType, "volumeType", ({ volume }) => volume.type, ["volume", "type"]).flatMap(
          ({ word, path }) => {
            const type = choose(word, volumeTypes, "volume type");
            return "fault" in type ? [{ code: "cloud-volume-type" as const, path, ...type.fault }] : [];
          },
        )),
  ];
}

/** What the target says for all, once, and what instances say otherwise. */
function wishes(
  instances: readonly InstanceSpec[],
  common: string | undefined,
  commonKey: string,
  own: (instance: InstanceSpec) => string | undefined,
  ownKey: readonly string[],
): Wish[] {
  const general = instances.some((instance) => (own(instance) ?? common) === common);
  return [
    ...(general && common !== undefined ? [{ word: common, path: targetPath(commonKey) }] : []),
    ...instances.flatMap((instance): Wish[] => {
      const word = own(instance);
      // The loader may have filled the target's word in.
      return word === undefined || word === common ? [] : [{ word, path: ["instances", instance.name, ...ownKey] }];
    }),
  ];
}

function zoneFault({ word, path }: Wish, zones: readonly CloudZone[], kind: string): Fault[] {
  const code: FaultCode = "cloud-zone";
  const zone = zones.find(({ name }) => name === word);
  const available = zones.filter((other) => other.available).map(({ name }) => ({ id: name, name }));
  if (!zone) return [{ code, path, ...unknownName(word, available, `there is no ${kind} with this name`) }];
  if (zone.available) return [];
  const { allowed } = unknownName(word, available, "");
  const fault: Fault = { code, path, message: `this ${kind} is not available now`, received: quote(word) };
  return [allowed === undefined ? fault : { ...fault, allowed }];
}
