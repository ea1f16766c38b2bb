/** Where the objects of a stack are: one target, and which of several clouds. */
import { openInventory, type PlaceChoice } from "../access/index.ts";
import type { Inventory } from "../access/inventory.ts";
import { targetKinds } from "../components/needs.ts";
import type { StackSpec } from "../spec/model.ts";
import type { Deployment } from "./deployment.ts";

export interface Location extends PlaceChoice {
  target: string;
}

/** The location of a spec. */
export function locationOf({ target }: StackSpec): Location {
  if (target.kind !== "openstack" || target.openstack.cloud === undefined) return { target: target.kind };
  return { target: target.kind, cloud: target.openstack.cloud };
}

/** Where recorded instances are, and where the stack itself was last applied. */
export function locationsOf(deployment: Deployment | undefined, stack: Partial<Location>): readonly Location[] {
  const found: Location[] = [];
  for (const { type, inputs } of deployment?.resources ?? []) {
    if (type !== "coffer:index:Identity" || typeof inputs?.target !== "string") continue;
    found.push({ target: inputs.target, ...(typeof inputs.cloud === "string" ? { cloud: inputs.cloud } : {}) });
  }
  if (stack.target !== undefined) {
    found.push({ target: stack.target, ...(stack.cloud === undefined ? {} : { cloud: stack.cloud }) });
  }
  // Stacks from before targets were recorded are all on the first one.
  if (!found.length) found.push({ target: targetKinds[0] });
  return [...new Map(found.map((one) => [`${one.target} ${one.cloud ?? ""}`, one])).values()];
}

export const inventoryAt = ({ target, ...choice }: Location): Inventory => openInventory(target, choice);
