/**
 * Names and labels of Docker objects. They are a contract: a renamed object is a replaced one, and clean-up finds
 * objects by these labels.
 */
import * as pulumi from "@pulumi/pulumi";
import { short, urnHash } from "../names.ts";
import type { StackIdentity } from "../target.ts";

export const networkName = ({ stack, stackId }: StackIdentity): string => `coffer-${stack}-${short(stackId)}`;
export const containerName = ({ stack }: StackIdentity, instance: string, uuid: string): string =>
  `coffer-${stack}-${instance}-${short(uuid)}`;
/** The random part sees to it that a new instance never picks up an old volume by its name. */
export const volumeName = (identity: StackIdentity, instance: string, uuid: string): string =>
  `${containerName(identity, instance, uuid)}-data`;

export type Role = "server" | "data" | "network";

export interface Label {
  label: string;
  value: string;
}

/** Labels of an object. `urn` lets an interrupted create be found again. */
export function labels(
  identity: StackIdentity,
  role: Role,
  urn: string,
  instance?: { name: string; engine: string; version: string; uuid: pulumi.Output<string> },
): pulumi.Output<Label[]> {
  return pulumi.output(instance?.uuid).apply((uuid) => {
    const values: Record<string, string> = {
      "coffer.stack": identity.stackId,
      "coffer.role": role,
      "coffer.urn": urnHash(urn),
    };
    if (instance && uuid) {
      values["coffer.instance"] = uuid;
      values["coffer.name"] = instance.name;
      values["coffer.engine"] = instance.engine;
      values["coffer.datastore-version"] = instance.version;
    }
    return Object.entries(values).map(([label, value]) => ({ label, value }));
  });
}
