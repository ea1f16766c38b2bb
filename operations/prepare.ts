/** Everything on this machine that an operation stands on: the toolchain, and the images that the spec needs. */
import { join } from "node:path";
import { needsOf, targetKinds } from "../components/needs.ts";
import type { SpecSource } from "../components/source.ts";
import type { StackSpec } from "../spec/model.ts";
import { cacheFolders } from "../toolchain/cache.ts";
import { pulumiEnvironment } from "../toolchain/env.ts";
import { ensureToolchain, type PartName, type Step, type ToolchainEvent } from "../toolchain/index.ts";
import { type Report, step } from "./events.ts";
import { locationOf } from "./locations.ts";
import type { Workspace } from "./workspace.ts";

export interface PrepareRequest {
  workspace: Workspace;
  /** What will be done: `look` needs the state only, and `preview` needs no images. */
  purpose: "change" | "preview" | "look";
  /** Undefined: what every target needs is made, and no images. */
  source?: SpecSource | undefined;
  /** Undefined for a stack that was never applied. */
  stackId?: string | undefined;
  /** The stack's recorded target; without it and a spec, every target is made ready. */
  target?: string | undefined;
  cloud?: string | undefined;
  /** Instances that exist and get a new system disk. */
  rebuilt?: readonly string[] | undefined;
  /** Told the spec as its target completes it; see `PlannedNeeds`. */
  onPlanned?(spec: StackSpec): void;
  /** Told what the toolchain is made of. */
  onToolchain?(steps: readonly Step[]): void;
  report: Report;
  signal?: AbortSignal | undefined;
}

/** The complete environment for Pulumi, after everything it names was made; what is there costs next to nothing. */
export async function preparedEnvironment({
  workspace,
  purpose,
  source,
  stackId,
  target,
  cloud,
  rebuilt = [],
  onPlanned,
  onToolchain,
  report,
  signal,
}: PrepareRequest): Promise<Record<string, string>> {
  const env = definedOnly(workspace.environment);
  const kind = source?.spec.target.kind ?? target;
  const needs = kind === undefined ? targetKinds.map(needsOf) : [needsOf(kind)];
  const parts: PartName[] = purpose === "look" ? ["pulumi"] : [...new Set(needs.flatMap((need) => need.parts))];
  const steps = await ensureToolchain(parts, {
    env,
    onEvent: (event) => tell(event, report),
    ...(signal ? { signal } : {}),
  });
  onToolchain?.(steps);
  const cacheDir = join(cacheFolders(env).root, "images");
  const planned = source && (await needsOf(source.spec.target.kind).plan(source, stackId, rebuilt));
  if (planned) onPlanned?.(planned.spec);
  for (const text of planned?.notes ?? []) report({ kind: "note", severity: "info", text });
  for (const image of purpose === "change" ? (planned?.images ?? []) : []) {
    const id = `image ${image.name}`;
    const title = `image ${image.name}`;
    await step(report, id, title, async (outcome) => {
      const onProgress = (text: string) => report({ kind: "progress", id, title, text });
      const built = await image.ensure({ cacheDir, onProgress, ...(signal ? { signal } : {}) });
      if (!built) outcome.skip();
    });
  }
  const which = source ? locationOf(source.spec).cloud : cloud;
  const added = Object.assign({}, ...needs.map((need) => need.environment(steps, env, which))) as typeof env;
  return { ...definedOnly({ ...env, ...added }), ...pulumiEnvironment({ root: workspace.root, env }) };
}

function tell(event: ToolchainEvent, report: Report): void {
  if (event.kind === "progress") {
    report({ kind: "progress", id: event.name, title: event.title, text: event.text });
    return;
  }
  const { name: id, title, state, seconds, from } = event.step;
  if (state === "working") report({ kind: "step-started", id, title });
  else if (state === "present") report({ kind: "step-ended", id, title, outcome: "skipped", seconds });
  else
    report({ kind: "step-ended", id, title, outcome: state, seconds, ...(from === undefined ? {} : { detail: from }) });
}

function definedOnly(environment: Workspace["environment"]): Record<string, string> {
  const entries = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}
