/** What tests need on the machine, set up as `coffer up` does it, with progress. */
import { join } from "node:path";
import { ensureImage, recipes } from "../../images/index.ts";
import { cacheFolders } from "../../toolchain/cache.ts";
import { ensureToolchain, stepLine, type ToolchainEvent } from "../../toolchain/index.ts";

/** `pulumi`: the CLI alone. `docker`: everything, and all images. What is there already costs next to nothing. */
export async function setUp(what: "pulumi" | "docker"): Promise<void> {
  const steps = await ensureToolchain(what === "pulumi" ? ["pulumi"] : ["pulumi", "docker-plugin", "docker"], {
    onEvent: tell,
  });
  if (what === "pulumi") return;
  const address = steps.find((step) => step.name === "docker")?.path;
  if (address !== undefined) process.env.DOCKER_HOST = address;
  const { docker } = await import("./checkout.ts");
  // The folder that `coffer up` uses: one lock for all who build the same image.
  const cacheDir = join(cacheFolders(process.env).root, "images");
  for (const recipe of recipes) {
    const image = await ensureImage(docker, recipe, {
      cacheDir,
      onProgress: (line) => process.stdout.write(`${line}\n`),
    });
    process.stdout.write(`image ${image.name}: ${image.built ? "built" : "there already"}\n`);
  }
}

function tell(event: ToolchainEvent): void {
  if (event.kind === "progress") process.stdout.write(`${event.title}: ${event.text}\n`);
  else if (event.step.state !== "working") process.stdout.write(`${stepLine(event.step)}\n`);
}
