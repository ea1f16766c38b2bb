/** What the machines of one stack share on Docker: a network, on which instances know each other by name. */
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { DockerTarget, InstanceSpec } from "../../spec/model.ts";
import type { Identity } from "../resources.ts";
import type { Image, Machine, Shared, StackIdentity } from "../target.ts";
import { dockerMachine } from "./machine.ts";
import { labels, networkName, urnOf } from "./names.ts";

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

  machine(
    spec: InstanceSpec,
    identity: Identity,
    image: Image,
    portRoles: readonly { role: string; port: number }[],
    parent: pulumi.Resource,
  ): Machine {
    return dockerMachine({
      spec,
      identity,
      image,
      portRoles,
      parent,
      stack: this.identity,
      target: this.target,
      network: this.network.name,
    });
  }
}
