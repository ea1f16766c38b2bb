/** How a machine is logged in to: which host key it has to have, and where it is reached. */
import type * as openstack from "@pulumi/openstack";
import * as pulumi from "@pulumi/pulumi";
import type { GuestAddress } from "../../access/guest.ts";
import type { OpenstackTarget } from "../../spec/model.ts";
import { BootKey, HostKey, type LoginKey, OwnHostKey } from "../resources.ts";
import type { MachineArgs } from "../target.ts";
import { loginUser } from "./user-data.ts";

export interface LoginArgs extends Pick<MachineArgs, "spec" | "identity" | "parent"> {
  target: OpenstackTarget;
  loginKey: LoginKey;
  /** A rebuild of this instance is asked for: the number of it. */
  rebuild?: string;
}

/** The host key that the machine's user-data gives it for its first connection; undefined where its console tells one. */
export function bootKeyOf({ spec, target, parent }: LoginArgs): BootKey | undefined {
  if (target.hostKey === "console") return undefined;
  return new BootKey(`${spec.name}-boot-key`, { comment: `coffer-${spec.name}` }, { parent });
}

export interface Login {
  guest: pulumi.Output<GuestAddress>;
  hostKey: pulumi.Output<string>;
}

/** `reachable`: what has to be there before the machine can be reached. */
export function loginOf(
  args: LoginArgs,
  server: openstack.compute.Instance,
  bootKey: BootKey | undefined,
  reachable: readonly pulumi.Resource[],
): Login {
  const { spec, target, parent, rebuild } = args;
  const learnt = new HostKey(
    `${spec.name}-host-key`,
    {
      target: "openstack",
      cloud: target.cloud,
      name: spec.name,
      server: server.id,
      image: server.imageId,
      rebuilt: rebuild,
      way: target.hostKey,
      bootKey: bootKey?.publicKey,
      guest: guestAddress(args, server, ""),
    },
    // A console can be read before the machine is reachable.
    { parent, ignoreChanges: rebuild === undefined ? ["rebuilt"] : [], dependsOn: bootKey ? [...reachable] : [] },
  );
  if (!bootKey) return { hostKey: learnt.hostKey, guest: guestAddress(args, server, learnt.hostKey) };
  const own = new OwnHostKey(
    `${spec.name}-own-host-key`,
    { guest: guestAddress(args, server, learnt.hostKey), hostKey: learnt.hostKey, bootKey: bootKey.publicKey },
    { parent },
  );
  return { hostKey: own.hostKey, guest: guestAddress(args, server, own.hostKey) };
}

/** No address: it is looked up at each connection, because it may change. */
function guestAddress(
  { spec, identity, target, loginKey }: LoginArgs,
  server: openstack.compute.Instance,
  hostKey: pulumi.Input<string>,
): pulumi.Output<GuestAddress> {
  const address = pulumi
    .all([identity.uuid, server.id, loginKey.privateKey, hostKey])
    .apply(([uuid, id, key, host]) => ({
      target: "openstack",
      name: spec.name,
      uuid,
      ...(target.cloud === undefined ? {} : { cloud: target.cloud }),
      server: id,
      user: loginUser,
      key,
      hostKey: host,
      reach: target.reach,
    }));
  // Pulumi's types unwrap the index signature of GuestAddress; the value is the same.
  return pulumi.secret(address) as pulumi.Output<unknown> as pulumi.Output<GuestAddress>;
}
