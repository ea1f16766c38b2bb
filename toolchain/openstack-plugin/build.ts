/** Builds the openstack plugin from Go modules, with the hook that shortens the provider's waits. */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type GoCommand, goBuild } from "../go-build.ts";
import type { Attempt } from "../steps.ts";
import { copyWithHook, replaceSdk, sdkModule } from "./hook.ts";

const here = import.meta.dirname;

/** What the program is made from. */
const sources = ["go.mod", "go.sum", "main.go", "names.go", "waits/waits.go", "hook.ts"];

/** Eight hex digits that change whenever the program would. */
export function openstackRecipe(): string {
  const hash = createHash("sha256");
  for (const name of sources) hash.update(`${name}\0`).update(readFileSync(join(here, name)));
  return hash.digest("hex").slice(0, 8);
}

/** Writes the program `output`; `version` is what it says about itself. Throws `ToolchainError` when Go cannot build it. */
export async function buildOpenstackPlugin(output: string, version: string, attempt: Attempt): Promise<void> {
  const scratch = join(dirname(output), ".build");
  const build = {
    module: "openstack-plugin",
    title: `the Pulumi openstack plugin ${version}`,
    target: ".",
    version: { variable: "main.version", value: version },
    output,
    modFile: join(scratch, "go.mod"),
    prepare: (go: GoCommand) => prepare(scratch, go, attempt),
  };
  await goBuild(build, attempt);
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
