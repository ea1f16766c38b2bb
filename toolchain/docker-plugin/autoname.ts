/** Names for objects whose program gives none: `<logical name>-` and 7 hex digits, or what the engine's autonaming settings say. */

import { createHash, randomBytes } from "node:crypto";

export type Naming = {
  logicalName: string;
  /** The engine's seed: the same seed gives the same name. Empty: random. */
  seed: Uint8Array;
  mode: "propose" | "enforce" | "disable";
  /** What the engine's settings ask for; "" when there are none. */
  proposed: string;
};

const MAX_LENGTH = 255;

export function autoName(naming: Naming): { name: string } | { reason: string } {
  if (naming.mode === "disable")
    return { reason: `"name" is required: automatic names are turned off in the project's settings` };
  if (naming.proposed !== "") return { name: naming.proposed };
  const seed = naming.seed.length > 0 ? naming.seed : randomBytes(16);
  const name = `${naming.logicalName}-${createHash("sha256").update(seed).digest("hex").slice(0, 7)}`;
  if (name.length <= MAX_LENGTH) return { name };
  return { reason: `no name can be made from a logical name of ${naming.logicalName.length} characters: give "name"` };
}
