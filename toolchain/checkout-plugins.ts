/** Resource plugins that run from the checkout, where Coffer's own stand in for official ones. */
import type { Step } from "./steps.ts";

export interface CheckoutPlugin {
  /** Pulumi's name of it. */
  name: string;
  /** What runs it, from the checkout's root. */
  main: string;
}

export const dockerPlugin: CheckoutPlugin = { name: "docker", main: "toolchain/docker-plugin/main.ts" };

/** By the name of their part of the toolchain. */
const plugins: Readonly<Record<string, CheckoutPlugin>> = { "docker-plugin": dockerPlugin };

/** Those of a toolchain's parts that run from the checkout; an official plugin is the engine's to start. */
export function checkoutPlugins(steps: readonly Step[]): CheckoutPlugin[] {
  return steps.flatMap(({ name, from }) => (from === "checkout" ? (plugins[name] ?? []) : []));
}
