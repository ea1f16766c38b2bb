/** What a target adds to the words of a spec, so that they can be held against what is really there. Adding a target is a line here. */
import type { InstanceSpec, StackSpec } from "../spec/model.ts";
import type { SpecSource } from "./source.ts";

export interface Survey {
  /** With the sizes of flavors, as far as the target has them. */
  spec: StackSpec;
  /** The names of flavors, by the id that a real machine bears; empty where machines have limits of their own. */
  flavors: ReadonlyMap<string, string>;
  /** What the spec lets in; undefined: the target has no rules for that. */
  ingress(instance: InstanceSpec): readonly WantedIngress[] | undefined;
}

export interface WantedIngress {
  /** TCP. */
  port: number;
  cidr: string;
}

const targets: Readonly<Record<string, (source: SpecSource) => Promise<Survey>>> = {
  docker: async ({ spec }) => ({ spec, flavors: new Map(), ingress: () => undefined }),
  openstack: async (source) => (await import("./openstack/survey.ts")).surveyOpenstack(source),
};

/** Makes nothing. On OpenStack one question to the cloud; a SpecError where a spec names a flavor that it does not have. */
export async function surveyOf(source: SpecSource): Promise<Survey> {
  const { kind } = source.spec.target;
  const survey = targets[kind];
  if (!survey) throw new Error(`no target named "${kind}"; there are: ${Object.keys(targets).join(", ")}`);
  return survey(source);
}
