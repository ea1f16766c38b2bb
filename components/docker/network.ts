/** What the machines of one stack share on Docker: a network, on which instances know each other by name. */
import * as docker from "@pulumi/docker";
import type { DockerTarget } from "../../spec/model.ts";
import { urnOf } from "../names.ts";
import { rebuildOf } from "../rebuilds.ts";
import type { Machine, MachineArgs, Shared, StackIdentity } from "../target.ts";
import { dockerMachine } from "./machine.ts";
import { labels, networkName } from "./names.ts";

export class DockerNetwork implements Shared {
  private readonly network: docker.Network;
  private readonly target: DockerTarget;
  private readonly identity: StackIdentity;

  constructor(target: DockerTarget, identity: StackIdentity) {
    this.target = target;
    this.identity = identity;
    const urn = urnOf("docker:index/network:Network", "network");
    this.network = new docker.Network("network", {
      name: networkName(identity),
      labels: labels(identity, "network", urn),
    });
  }

  machine(args: MachineArgs): Machine {
    const { identity: stack, target, network } = this;
    const rebuild = rebuildOf(args.spec.name) !== undefined;
    return dockerMachine({ ...args, stack, target, network: network.name, rebuild });
  }
}
