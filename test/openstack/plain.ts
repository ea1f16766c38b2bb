/** For tests with the OpenStack plugin that behaves as the official one: Coffer's build without additions, where there is no download. */
import { ensureToolchain } from "../../toolchain/index.ts";
import { hasAdditions } from "./plugin-program.ts";

/**
 * Makes this process, and all that it starts, use it; builds it when it is not there. Before anything of Coffer's is opened: where plugins
 * lie is read from the environment. Throws when Coffer's additions would be in use all the same.
 */
export async function usePlainPlugin(): Promise<void> {
  process.env.COFFER_OPENSTACK_PLUGIN = "plain";
  const steps = await ensureToolchain(["pulumi", "openstack-plugin"]);
  if (hasAdditions(steps)) throw new Error("the OpenStack plugin in use has Coffer's additions");
}
