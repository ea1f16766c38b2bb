/** Everything on this machine that an operation stands on: the toolchain, and the images that the spec needs. */
import { join } from "node:path";
import { needsOf, targetKinds } from "../components/needs.ts";
import type { StackSpec } from "../spec/model.ts";
import { cacheFolders } from "../toolchain/cache.ts";
import { pulumiEnvironment } from "../toolchain/env.ts";
import { ensureToolchain, type PartName, type ToolchainEvent } from "../toolchain/index.ts";
import { type Report, step } from "./events.ts";
import type { Workspace } from "./workspace.ts";

export interface PrepareRequest {
  workspace: Workspace;
  /** What will be done: `look` needs the state only, and `preview` needs no images. */
  purpose: "change" | "preview" | "look";
  /** Undefined: what every target needs is made, and no images. */
  spec?: StackSpec | undefined;
  report: Report;
  signal?: AbortSignal | undefined;
}

/** The complete environment for Pulumi, after everything it names was made; what is there costs next to nothing. */
export async function preparedEnvironment({
  workspace,
  purpose,
  spec,
  report,
  signal,
}: PrepareRequest): Promise<Record<string, string>> {
  const env = definedOnly(workspace.environment);
  const needs = spec ? [needsOf(spec.target.kind)] : targetKinds.map(needsOf);
  const parts: PartName[] = purpose === "look" ? ["pulumi"] : [...new Set(needs.flatMap((need) => need.parts))];
  const steps = await ensureToolchain(parts, {
    env,
    onEvent: (event) => tell(event, report),
    ...(signal ? { signal } : {}),
  });
  const cacheDir = join(cacheFolders(env).root, "images");
  const images = purpose === "change" && spec ? needsOf(spec.target.kind).images(spec) : [];
  for (const image of images) {
    const id = `image ${image.name}`;
    const title = `image ${image.name}`;
    await step(report, id, title, async (outcome) => {
      const onProgress = (text: string) => report({ kind: "progress", id, title, text });
      const built = await image.ensure({ cacheDir, onProgress, ...(signal ? { signal } : {}) });
      if (!built) outcome.skip();
    });
  }
  const found = Object.assign({}, ...needs.map((need) => need.environment(steps))) as Record<string, string>;
  return { ...found, ...env, ...pulumiEnvironment({ root: workspace.root, env }) };
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
