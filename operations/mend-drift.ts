/**
 * Where the record says of something that exists what is not so, because somebody took it apart or a change of it failed: the record is
 * corrected, so that the apply puts it right. Pure.
 */
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

/**
 * Returns a step for each port that is out of its security group, each floating IP that leads elsewhere, and each resource whose failed
 * change is recorded as done. More groups than ours are left alone.
 */
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
    const undone = undoneBy(resource, object);
    return undone ? step(undone, `a change that failed is recorded as done at the ${role} ${object.name}`) : [];
  });
}

/**
 * Returns what the target has after a change that failed, where the plugin recorded it as done: the official one does, and the
 * Terraform SDK does it with every set. Of tags, those of
 * before and after that are there; the engine keeps the inputs of before. Somebody else's tags stay out of the record.
 */
function undoneBy(resource: RecordedResource, { image, tags }: RealObject): NoticeStep["outputs"] | undefined {
  if (!Array.isArray(resource.initErrors) || resource.initErrors.length === 0) return undefined;
  const { inputs = {}, outputs = {} } = resource;
  const recorded = listed(outputs.tags);
  const there = [...new Set([...listed(inputs.tags), ...recorded])].filter((tag) => tags?.includes(tag)).sort();
  const otherTags = tags !== undefined && there.join("\n") !== recorded.join("\n");
  const otherImage = image !== undefined && outputs.imageId !== undefined && outputs.imageId !== image;
  if (!otherTags && !otherImage) return undefined;
  return { ...(otherTags ? { tags: there } : {}), ...(otherImage ? { imageId: image } : {}) };
}

const listed = (tags: unknown): readonly string[] => (Array.isArray(tags) ? tags.map(String).sort() : []);

const groupsOf = ({ outputs }: RecordedResource): readonly unknown[] =>
  Array.isArray(outputs?.securityGroupIds) ? outputs.securityGroupIds : [];
