/**
 * What this run of the program leaves as it is, because it can only be done in a machine that is stopped:
 * `COFFER_HELD="ACTION:TYPE:NAME ..."`, set by `up`. Everything else is applied.
 */
import * as pulumi from "@pulumi/pulumi";

/** Read when it is asked for: these modules may be loaded before the run is known. */
const heldNow = (): ReadonlySet<string> => new Set((process.env.COFFER_HELD ?? "").split(" ").filter(Boolean));

/** A resource that is recorded keeps what is recorded of it: the difference is there again in the next run. */
export function keepHeld(): void {
  const held = heldNow();
  if (!held.size) return;
  pulumi.runtime.registerResourceTransform(({ type, name, props, opts }) =>
    held.has(`update:${type}:${name}`)
      ? { props, opts: pulumi.mergeOptions(opts, { ignoreChanges: ["*"] }) }
      : undefined,
  );
}

/** A resource that is not recorded yet is not declared. */
export const waits = (type: string, name: string): boolean => heldNow().has(`create:${type}:${name}`);
