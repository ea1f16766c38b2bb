/** Which build of the openstack plugin Coffer makes where there is no download. */
import { ToolchainError } from "../errors.ts";

/** `plain` behaves as the official download does: long waits, and a failed update is recorded as done. */
export type OpenstackVariant = "with additions" | "plain";

/**
 * Returns what the environment asks for: `plain` when `COFFER_OPENSTACK_PLUGIN` says so, else the build with Coffer's additions. Throws
 * `ToolchainError` for any other value.
 */
export function openstackVariant(env: NodeJS.ProcessEnv): OpenstackVariant {
  const asked = env.COFFER_OPENSTACK_PLUGIN || undefined;
  if (asked === undefined) return "with additions";
  if (asked === "plain") return asked;
  throw new ToolchainError(`COFFER_OPENSTACK_PLUGIN is "${asked}"; allowed: plain.`, {
    remedy: "set it to plain for a build without Coffer's additions, or unset it.",
  });
}
