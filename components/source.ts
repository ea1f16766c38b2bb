import type { StackSpec } from "../spec/model.ts";

/** The spec's bytes and where they come from, for targets whose own facts the loader needs (flavors). */
export interface SpecSource {
  bytes: Uint8Array | string;
  /** For problems. */
  file: string;
  spec: StackSpec;
}
