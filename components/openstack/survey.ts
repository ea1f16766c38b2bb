/** What only the cloud knows of a spec: its flavors. Read without loading Pulumi. */
import { openCloud } from "../../access/openstack/cloud-session.ts";
import { engineOf } from "../../engines/index.ts";
import { loadSpec } from "../../spec/index.ts";
import type { SpecSource } from "../source.ts";
import type { Survey } from "../survey.ts";
import { ingressRules } from "./ingress.ts";
import { flavorSizes, readFlavors } from "./preflight/index.ts";

export async function surveyOpenstack({ bytes, file, spec }: SpecSource): Promise<Survey> {
  if (spec.target.kind !== "openstack") throw new Error(`a spec for ${spec.target.kind} has no cloud`);
  const flavors = await readFlavors({ cloud: openCloud({ cloud: spec.target.openstack.cloud }), signal: undefined });
  return {
    spec: loadSpec(bytes, file, { flavors: flavorSizes({ flavors }) }),
    flavors: new Map(flavors.map(({ id, name }) => [id, name])),
    ingress: ({ access, engine }) => ingressRules(access, engineOf(engine).ports),
  };
}
