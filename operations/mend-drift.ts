/** What somebody took apart in the network without removing it: the record is told, so that the apply puts it back. Pure. */
import type { ResourceRole } from "../components/kinds.ts";
import { type Deployment, instanceOf, type RecordedResource } from "./deployment.ts";
import type { RealObject } from "./mend-plan.ts";

export interface NoticeStep {
  kind: "notice";
  urn: string;
  /** What the real object has, under the record's names. */
  outputs: Readonly<Record<string, unknown>>;
  summary: string;
}

/** A port that is out of its security group, and a floating IP that leads elsewhere. More groups than ours are left alone. */
export function driftSteps(
  deployment: Deployment,
  objects: readonly RealObject[],
  roleOf: (type: string) => ResourceRole | undefined,
): NoticeStep[] {
  const ids = new Set(objects.map(({ id }) => id));
  // What is gone is made again by the apply, and all that refers to it is changed then.
  const exists = (id: unknown): id is string => typeof id === "string" && ids.has(id);
  return deployment.resources.flatMap((resource): NoticeStep[] => {
    const role = roleOf(resource.type);
    const object = objects.find((one) => one.role === role && one.id === resource.id);
    if (!object) return [];
    const instance = instanceOf(deployment, resource.urn);
    const step = (outputs: NoticeStep["outputs"], what: string): NoticeStep[] => [
      {
        kind: "notice",
        urn: resource.urn,
        outputs,
        summary: `${what} of instance "${instance}", which the apply puts right`,
      },
    ];
    const { groups, port } = object;
    if (groups && groupsOf(resource).some((id) => exists(id) && !groups.includes(id)))
      return step(
        { securityGroupIds: groups, allSecurityGroupIds: groups },
        "somebody took the security group off the port",
      );
    const recorded = resource.outputs?.portId;
    if (port !== undefined && exists(recorded) && port !== recorded)
      return step({ portId: port }, `somebody took the floating IP ${object.name} off the server`);
    return [];
  });
}

const groupsOf = ({ outputs }: RecordedResource): readonly unknown[] =>
  Array.isArray(outputs?.securityGroupIds) ? outputs.securityGroupIds : [];
