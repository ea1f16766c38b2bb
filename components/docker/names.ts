/**
 * Names and labels of Docker objects. They are a contract: a renamed object is a replaced one, and clean-up finds
 * objects by these labels.
 */
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { StackIdentity } from "../target.ts";

/** Enough of a uuid to tell two objects of one name apart. */
const short = (uuid: string): string => uuid.slice(0, 8);

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

/**
 * The URN that a resource will have, as text. `pulumi.createUrn` gives an output that depends on the parent, and a child
 * that depends on its parent component waits for itself.
 */
export function urnOf(type: string, name: string, parentType?: string): string {
  return `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${parentType ? `${parentType}$` : ""}${type}::${name}`;
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

/** 16 hex digits that stand for a URN, which may be longer than a label or a Nova metadata value can be. */
export const urnHash = (urn: string): string => createHash("sha256").update(urn).digest("hex").slice(0, 16);
