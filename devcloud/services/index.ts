/** All parts of a cloud of this shape. */
import { join } from "node:path";
import type { Setup } from "../conf/common.ts";
import { ports } from "../layout.ts";
import { type Part, quick } from "../parts.ts";
import type { Shape } from "../shape.ts";
import { baseParts, emptyDatabases, task } from "./base.ts";
import { computeParts } from "./compute.ts";
import { api, apiTask, controlParts } from "./control.ts";

export function partsOf(setup: Setup, shape: Shape): Part[] {
  return [
    ...baseParts(setup),
    ...controlParts(setup),
    ...computeParts(setup, shape),
    ...(shape.heat ? heatParts(setup) : []),
  ];
}

function heatParts({ at }: Setup): Part[] {
  const conf = ["--config-file", join(at.etc, "heat/heat.conf")];
  return [
    task(
      "heat-database",
      ["database-user"],
      [emptyDatabases(at, "heat"), { argv: ["heat-manage", ...conf, "db_sync"] }],
    ),
    apiTask("heat-catalogue", ["catalogue"], "heat-catalogue"),
    {
      kind: "service",
      name: "heat-engine",
      needs: ["heat-database", "heat-catalogue", "rabbitmq"],
      argv: ["heat-engine", ...conf],
      stop: quick,
    },
    api("heat-api", ["heat-database", "heat-catalogue", "rabbitmq"], ports.orchestration, ["heat-api", ...conf]),
  ];
}
