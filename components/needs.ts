/** What targets need on this machine before Pulumi runs. Adding a target is a line here. */
import type { StackSpec } from "../spec/model.ts";
import type { PartName, Step } from "../toolchain/index.ts";
import { dockerNeeds } from "./docker/needs.ts";
import { openstackNeeds } from "./openstack/needs.ts";
import type { SpecSource } from "./source.ts";

export interface NeededImage {
  name: string;
  /** Makes it when it is not there; true when it was made. */
  ensure(options: { cacheDir: string; onProgress(line: string): void; signal?: AbortSignal }): Promise<boolean>;
}

export interface Needs {
  /** Parts of the toolchain. */
  parts: readonly PartName[];
  /**
   * What processes of Pulumi must find in their environment, beside what the user has there; undefined: what they must not
   * find. `cloud` says which of several is meant.
   */
  environment(
    steps: readonly Step[],
    user: NodeJS.ProcessEnv,
    cloud: string | undefined,
  ): Readonly<Record<string, string | undefined>>;
  /**
   * What an apply of the spec needs to be there before. Refuses (SpecError, with all problems) what the target is sure to
   * refuse later; `stackId` says which instances have their machine already, and is undefined for a new stack. Those named
   * in `rebuilt` need their image again.
   */
  plan(source: SpecSource, stackId: string | undefined, rebuilt: readonly string[]): Promise<PlannedNeeds>;
}

export interface PlannedNeeds {
  /** The spec with what only the target knows: the sizes of a cloud's flavors. */
  spec: StackSpec;
  /** Images that Coffer builds for the instances of a spec. */
  images: readonly NeededImage[];
  /** What could not be checked, for people. */
  notes: readonly string[];
}

const needs: Readonly<Record<string, Needs>> = { docker: dockerNeeds, openstack: openstackNeeds };

/** The targets there are; the first is the one of a new spec. */
export const targetKinds = Object.keys(needs) as [StackSpec["target"]["kind"], ...StackSpec["target"]["kind"][]];

export function needsOf(target: string): Needs {
  const found = needs[target];
  if (!found) throw new Error(`no target named "${target}"; there are: ${targetKinds.join(", ")}`);
  return found;
}
