/** Instances whose first apply has not ended: what the state and the spec know about them. */
import type { InstanceSpec } from "../spec/model.ts";
import { type Deployment, instanceOf, recordsOf } from "./deployment.ts";
import { instanceType, nameOfUrn } from "./engine-events.ts";
import type { Building } from "./rows.ts";
import { type OperationRequest, readSource } from "./session.ts";

/** In the state without a record. The state knows the datastore, which is settled; the spec knows the rest. Pure. */
export function buildingOf(deployment: Deployment, specs: readonly InstanceSpec[]): Building[] {
  const { instances: records } = recordsOf(deployment);
  const identities = new Map(
    deployment.resources
      .filter(({ type }) => type === "coffer:index:Identity")
      .map((resource) => [instanceOf(deployment, resource.urn), resource]),
  );
  return deployment.resources
    .filter(({ type, urn }) => type === instanceType && !records[nameOfUrn(urn)])
    .map(({ urn }) => {
      const name = nameOfUrn(urn);
      const spec = specs.find((one) => one.name === name);
      const identity = identities.get(name);
      const uuid = identity?.outputs?.uuid;
      const [datastore = "", version = ""] = String(identity?.inputs?.datastore ?? "").split("@");
      return {
        name,
        ...(typeof uuid === "string" ? { uuid } : {}),
        datastore: datastore || (spec?.datastore ?? ""),
        datastoreVersion: version || (spec?.version ?? ""),
        flavor: spec?.flavor.name ?? "",
        volumeBytes: spec?.volume.bytes ?? 0,
        configuration: spec?.configuration ?? null,
      };
    });
}

/** The instances of the spec file as it is now; none where it cannot be read: looking needs no valid spec. */
export async function specInstances(request: OperationRequest): Promise<readonly InstanceSpec[]> {
  try {
    return (await readSource(request)).source.spec.instances;
  } catch {
    return [];
  }
}
