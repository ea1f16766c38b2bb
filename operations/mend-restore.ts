/**
 * Records of volumes, attachments and rules that exist and were never recorded. A second volume in the place of the first, or a
 * second attempt to attach it, would fail or hide data; so the record is written as the interrupted run would have.
 */
import { createHash } from "node:crypto";
import type { RecordName, Restorable } from "../components/kinds.ts";
import { type Deployment, instanceOf, type RecordedResource } from "./deployment.ts";

const GiB = 1024 ** 3;

/** Undefined when the state does not know the instance that the volume was made for. */
export function restoredVolume(
  deployment: Deployment,
  restorable: Restorable,
  volume: { id: string; name: string; instance?: string; urnHash?: string; sizeBytes?: number },
): RecordedResource | undefined {
  const identity = deployment.resources.find(
    ({ outputs }) => volume.instance !== undefined && outputs?.uuid === volume.instance,
  );
  const place = identity && placeOf(deployment, identity, restorable.data);
  if (!identity || !place) return undefined;
  // Another URN than ours: it was made for another place, which is not here.
  if (createHash("sha256").update(place.urn).digest("hex").slice(0, 16) !== volume.urnHash) return undefined;
  const inputs = { __defaults: [], name: volume.name, size: (volume.sizeBytes ?? 0) / GiB };
  return {
    ...place,
    id: volume.id,
    inputs,
    outputs: { ...inputs, id: volume.id },
    retainOnDelete: true,
    dependencies: [identity.urn],
    propertyDependencies: { name: [identity.urn] },
  };
}

/** Undefined when it is recorded, or when the server or the volume is not. */
export function restoredAttachment(
  deployment: Deployment,
  restorable: Restorable,
  { server, volume, restored }: { server: string; volume: string; restored: readonly RecordedResource[] },
): RecordedResource | undefined {
  const id = `${server}/${volume}`;
  const known = [...deployment.resources, ...restored];
  const [serverRecord, volumeRecord] = [server, volume].map((one) => known.find((resource) => resource.id === one));
  if (!serverRecord || !volumeRecord || known.some((resource) => resource.id === id)) return undefined;
  const place = placeOf(deployment, serverRecord, restorable.attachment);
  if (!place || known.some(({ urn }) => urn === place.urn)) return undefined;
  const inputs = { __defaults: [], instanceId: server, volumeId: volume };
  return {
    ...place,
    id,
    inputs,
    outputs: { ...inputs, id },
    deletedWith: serverRecord.urn,
    dependencies: [serverRecord.urn, volumeRecord.urn],
    propertyDependencies: { instanceId: [serverRecord.urn], volumeId: [volumeRecord.urn] },
  };
}

/**
 * A rule that somebody made by hand in an instance's group and that the spec wants too: the cloud has each rule once, so a second
 * one could not be made beside it. Undefined when the state has no such group, or has the rule already.
 */
export function restoredRule(
  deployment: Deployment,
  rule: RecordName & { inputs: Readonly<Record<string, unknown>> },
  { id, group, exists }: { id: string; group: string; exists: (resource: RecordedResource) => boolean },
): RecordedResource | undefined {
  const groupRecord = deployment.resources.find((resource) => resource.id === group);
  const place = groupRecord && placeOf(deployment, groupRecord, rule);
  if (!place || deployment.resources.some((one) => one.urn === place.urn && exists(one))) return undefined;
  const inputs = { __defaults: [], ...rule.inputs, securityGroupId: group };
  return {
    ...place,
    id,
    inputs,
    outputs: { ...inputs, id },
    deletedWith: groupRecord.urn,
    dependencies: [groupRecord.urn],
    propertyDependencies: { securityGroupId: [groupRecord.urn] },
  };
}

/** Where in the stack it belongs, by another resource of the same instance. */
function placeOf(
  deployment: Deployment,
  sibling: RecordedResource,
  { type, suffix }: RecordName,
): (RecordedResource & { custom: true }) | undefined {
  const instance = instanceOf(deployment, sibling.urn);
  const provider = providerOf(deployment, type);
  if (instance === undefined || sibling.parent === undefined || provider === undefined) return undefined;
  const [urnStack, urnProject] = sibling.urn.split("::");
  const parentType = sibling.parent.split("::")[2];
  const urn = `${urnStack}::${urnProject}::${parentType}$${type}::${instance}-${suffix}`;
  return { urn, custom: true, type, parent: sibling.parent, provider };
}

/** The reference that resources of the same package have. */
function providerOf(deployment: Deployment, type: string): string | undefined {
  const packageName = type.split(":")[0];
  const provider = deployment.resources.find((resource) => resource.type === `pulumi:providers:${packageName}`);
  return provider?.id === undefined ? undefined : `${provider.urn}::${provider.id}`;
}
