/** What the names and marks of real objects are made of, on every target. */
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** Enough of a uuid to tell two objects of one name apart. */
export const short = (uuid: string): string => uuid.slice(0, 8);

/**
 * The URN that a resource will have, as text. `pulumi.createUrn` gives an output that depends on the parent, and a child
 * that depends on its parent component waits for itself.
 */
export function urnOf(type: string, name: string, parentType?: string): string {
  return `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${parentType ? `${parentType}$` : ""}${type}::${name}`;
}

/** 16 hex digits that stand for a URN, which may be longer than a label or a Nova metadata value can be. */
export const urnHash = (urn: string): string => createHash("sha256").update(urn).digest("hex").slice(0, 16);
