/** `version`: Coffer's own version, and the plugins of Pulumi's that it uses here. Looks only. */
import { type PluginInUse, pluginsInUse } from "../toolchain/plugins.ts";
import { version as coffer } from "../version.ts";
import type { Workspace } from "./workspace.ts";

export interface Versions {
  coffer: string;
  node: string;
  /** `from` is null while the plugin is not set up. */
  plugins: readonly (Omit<PluginInUse, "from"> & { from: string | null })[];
}

export async function versionsOf(workspace: Workspace): Promise<Versions> {
  const plugins = await pluginsInUse({ ...workspace.environment });
  return {
    coffer,
    node: process.versions.node,
    plugins: plugins.map((plugin) => ({ ...plugin, from: plugin.from ?? null })),
  };
}
