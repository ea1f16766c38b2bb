/**
 * The programs of Coffer that Pulumi starts by name: small shell scripts in the cache that run TypeScript of the checkout.
 * The checkout and the Node come from the environment (`pulumiEnvironment`), else are those that wrote the shim.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout, writeFile } from "./cache.ts";
import { quote } from "./process.ts";

/** `entry` is relative to the checkout. */
export function shimText(entry: string, root: string = checkout, node: string = process.execPath): string {
  return [
    "#!/bin/sh",
    "# Written by Coffer's toolchain; Pulumi starts it.",
    `root=${quote([root])}`,
    `node=${quote([node])}`,
    `exec "\${COFFER_NODE:-$node}" --disable-warning=ExperimentalWarning "\${COFFER_ROOT:-$root}/${entry}" "$@"`,
    "",
  ].join("\n");
}

/** Writes the shim, or rewrites one whose baked-in checkout or Node is gone. Returns true when it wrote. */
export function ensureShim(path: string, entry: string): boolean {
  if (existsSync(path) && shimIsSound(readFileSync(path, "utf8"), entry)) return false;
  writeFile(path, shimText(entry), 0o755);
  return true;
}

function shimIsSound(text: string, entry: string): boolean {
  const value = (name: string): string => new RegExp(`^${name}='?(.*?)'?$`, "m").exec(text)?.[1] ?? "";
  return text.includes(`/${entry}"`) && existsSync(join(value("root"), entry)) && existsSync(value("node"));
}
