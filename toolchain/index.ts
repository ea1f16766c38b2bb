/** Sets up what Coffer needs beyond Node and its npm packages (those are `bootstrap.sh`'s). */
import { dockerPart } from "./docker.ts";
import { dockerPluginPart, openstackPluginPart, pluginOrigin } from "./plugins.ts";
import { pulumiPart } from "./pulumi.ts";
import { ensurePart, type Part, type Step, type ToolchainOptions } from "./steps.ts";

export { ensureDebianPackages } from "./debian.ts";
export { ensureDocker } from "./docker.ts";
export { ToolchainError } from "./errors.ts";
export type { Found, Step, ToolchainEvent, ToolchainOptions } from "./steps.ts";

const parts = {
  pulumi: pulumiPart,
  "docker-plugin": dockerPluginPart,
  "openstack-plugin": openstackPluginPart,
  docker: dockerPart,
} satisfies Record<string, Part>;

export type PartName = keyof typeof parts;

/**
 * Sets up the parts named, at the same time where they do not wait for each other; what is there already costs next to nothing. When
 * one fails the others are stopped (what they have so far is used next time), and its `ToolchainError` is thrown.
 */
export async function ensureToolchain(names: readonly PartName[], options: ToolchainOptions = {}): Promise<Step[]> {
  const failed = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;
  let first: { error: unknown } | undefined;
  const work = names.map((name) =>
    ensurePart(parts[name], { ...options, signal }).catch((error: unknown) => {
      first ??= { error };
      failed.abort(error);
      return undefined;
    }),
  );
  const steps = (await Promise.all(work)).filter((step) => step !== undefined);
  if (first !== undefined) throw first.error;
  return steps;
}

/** One line about a step, for a terminal or a log: "Pulumi CLI 3.259.0: built, 63 s". */
export function stepLine(step: Step): string {
  const origin = originOf(step);
  const time = `${step.seconds < 10 ? step.seconds.toFixed(1) : Math.round(step.seconds)} s`;
  if (step.state === "present") return `${step.title}: there already (${origin})`;
  if (step.state === "done") return `${step.title}: ${origin}, ${time}`;
  if (step.state === "failed") return `${step.title}: failed after ${time}`;
  return `${step.title}: is being set up`;
}

function originOf({ name, from, version }: Step): string | undefined {
  if (from === undefined || version === undefined || !name.endsWith("-plugin")) return from;
  return pluginOrigin({ from, version });
}
