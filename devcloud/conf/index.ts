/** Every configuration file of the cloud, by its path below `etc/`. */
import type { Shape } from "../shape.ts";
import { cephFiles } from "./ceph.ts";
import type { Files, Setup } from "./common.ts";
import { computeFiles } from "./compute.ts";
import { databaseFiles } from "./database.ts";
import { identityFiles } from "./identity.ts";
import { imageFiles } from "./image.ts";
import { networkFiles } from "./network.ts";
import { orchestrationFiles } from "./orchestration.ts";
import { volumeFiles } from "./volume.ts";

export function configurationFiles(setup: Setup, shape: Shape): Files {
  return {
    ...databaseFiles(setup),
    ...cephFiles(setup),
    ...identityFiles(setup),
    ...imageFiles(setup),
    ...computeFiles(setup, shape),
    ...networkFiles(setup, shape),
    ...volumeFiles(setup),
    ...(shape.heat ? orchestrationFiles(setup) : {}),
  };
}
