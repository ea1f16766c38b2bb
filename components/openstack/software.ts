/** What a machine of a stock cloud image needs before it is a guest. */
import * as pulumi from "@pulumi/pulumi";
import { recipeOf } from "../../images/index.ts";
import { softwareOf } from "../../images/stock.ts";
import { byImage } from "../../provider/software-plan.ts";
import { Software, type SoftwareArgs } from "../resources.ts";
import type { MachineArgs } from "../target.ts";

/** Undefined where the image has everything. */
export function softwareFor(
  { spec, image, parent }: Pick<MachineArgs, "spec" | "image" | "parent">,
  place: Pick<SoftwareArgs, "guest" | "machineId">,
  dependsOn: readonly pulumi.Resource[],
): Software | undefined {
  if (!image.stock) return undefined;
  const { engine, version } = spec;
  const options = { parent, dependsOn: [...dependsOn] };
  const software = new Software(`${spec.name}-software`, { ...place, engine, version }, options);
  if (pulumi.runtime.isDryRun()) noteOlderRecipe(software, spec.name, softwareOf(recipeOf(engine, version)).hash);
  return software;
}

/** As with an image: no apply installs anything in a machine that has data; whoever looks at a preview is told. */
function noteOlderRecipe(software: Software, name: string, current: string): void {
  software.recipe.apply((has) => {
    if (!has || has === byImage || has === current) return undefined;
    return pulumi.log.info(`was installed from recipe ${has}; ${current} is current: coffer rebuild ${name}`, software);
  });
}
