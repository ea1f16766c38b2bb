/**
 * Builds the openstack plugin from Go modules: with what Coffer adds to the provider (shorter waits, a failed update that the next one
 * repeats), or plain, as the official download behaves.
 */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type GoCommand, goBuild } from "../go-build.ts";
import type { Attempt } from "../steps.ts";
import { copyWithHook, replaceSdk, sdkModule } from "./hook.ts";
import { type OpenstackVariant, openstackVariant } from "./variant.ts";

const here = import.meta.dirname;

/** What each program is made from. */
const sources: Readonly<Record<OpenstackVariant, readonly string[]>> = {
  "with additions": ["go.mod", "go.sum", "main.go", "names.go", "additions.go", "waits/waits.go", "hook.ts"],
  plain: ["go.mod", "go.sum", "main.go", "names.go", "plain.go"],
};

/** Eight hex digits that change whenever the program would. */
export function openstackRecipe(variant: OpenstackVariant): string {
  const hash = createHash("sha256");
  for (const name of sources[variant]) hash.update(`${name}\0`).update(readFileSync(join(here, name)));
  return hash.digest("hex").slice(0, 8);
}

/** Writes the program `output`; `version` is what it says about itself. Throws `ToolchainError` when Go cannot build it. */
export async function buildOpenstackPlugin(output: string, version: string, attempt: Attempt): Promise<void> {
  const variant = openstackVariant(attempt.env);
  const build = {
    module: "openstack-plugin",
    title: `the Pulumi openstack plugin ${version}`,
    target: ".",
    version: { variable: "main.version", value: version },
    output,
  };
  if (variant === "plain") return goBuild({ ...build, tags: ["plain"] }, attempt);
  const scratch = join(dirname(output), ".build");
  const modFile = join(scratch, "go.mod");
  await goBuild({ ...build, modFile, prepare: (go: GoCommand) => prepare(scratch, go, attempt) }, attempt);
  rmSync(scratch, { recursive: true });
}

/** A go.mod that names a copy of the SDK with the hook. */
async function prepare(scratch: string, go: GoCommand, attempt: Attempt): Promise<void> {
  attempt.progress("gets the Terraform SDK");
  await go(["mod", "download", sdkModule]);
  const module = (await go(["list", "-m", "-f", "{{.Dir}}", sdkModule])).trim();
  mkdirSync(scratch, { recursive: true });
  const copy = join(scratch, "terraform-plugin-sdk");
  copyWithHook(module, copy);
  writeFileSync(join(scratch, "go.mod"), replaceSdk(readFileSync(join(here, "go.mod"), "utf8"), copy));
  copyFileSync(join(here, "go.sum"), join(scratch, "go.sum"));
}
