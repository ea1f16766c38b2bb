/** The OpenStack target: a server with a data volume, a port and a security group for each instance. */
import * as openstack from "@pulumi/openstack";
import * as pulumi from "@pulumi/pulumi";
import { CloudError } from "../../access/openstack/cloud.ts";
import type { OpenstackTarget } from "../../spec/model.ts";
import { rebuildOf } from "../rebuilds.ts";
import { LoginKey } from "../resources.ts";
import type { SpecSource } from "../source.ts";
import type { Machine, MachineArgs, OpenTarget, Shared, StackIdentity, Target } from "../target.ts";
import { type CloudFacts, readFacts } from "./facts.ts";
import { openstackMachine } from "./machine.ts";

export async function openOpenstack(source: SpecSource): Promise<OpenTarget> {
  const { target } = source.spec;
  if (target.kind !== "openstack") throw new Error(`the OpenStack target was given a spec for ${target.kind}`);
  const { spec, facts } = await readFacts(source).catch((error: unknown) => {
    // Its words are for people; of anything else Pulumi shows the stack trace too.
    throw error instanceof CloudError ? new pulumi.RunError(error.message) : error;
  });
  return { spec, target: openstackTarget(target.openstack, facts) };
}

/** Exported for tests, which have no cloud to settle the facts with. */
export const openstackTarget = (options: OpenstackTarget, facts: CloudFacts): Target => ({
  bind: [],
  ...(options.cloud === undefined ? {} : { cloud: options.cloud }),

  image({ datastore, version, image }) {
    const found = facts.images.get(`${datastore}@${version}`);
    return { reference: pulumi.output(found?.id ?? ""), stock: image?.stock ?? false };
  },

  shared: (identity) => new OpenstackShared(options, facts, identity),
});

class OpenstackShared implements Shared {
  private readonly target: OpenstackTarget;
  private readonly facts: CloudFacts;
  private readonly stack: StackIdentity;
  private readonly provider: openstack.Provider;
  private readonly loginKey: LoginKey;

  constructor(target: OpenstackTarget, facts: CloudFacts, stack: StackIdentity) {
    this.target = target;
    this.facts = facts;
    this.stack = stack;
    // Under one name for ever: a renamed provider would replace everything below it.
    this.provider = new openstack.Provider("cloud", target.cloud === undefined ? {} : { cloud: target.cloud });
    this.loginKey = new LoginKey("login-key", { comment: `coffer-${stack.stackId}` }, {});
  }

  machine(args: MachineArgs): Machine {
    const { target, facts, stack, provider, loginKey } = this;
    const rebuild = rebuildOf(args.spec.name);
    return openstackMachine({
      ...args,
      target,
      facts,
      stack,
      provider,
      loginKey,
      ...(rebuild === undefined ? {} : { rebuild }),
    });
  }
}
