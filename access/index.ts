/** Reaching guests, whatever their target. Nothing else names a target. */

import { connectDocker } from "./docker/engine.ts";
import { DockerGuest } from "./docker/guest.ts";
import { DockerInventory } from "./docker/inventory.ts";
import { dockerLimits } from "./docker/limits.ts";
import type { Guest, GuestAddress } from "./guest.ts";
import type { ImageStore } from "./image-store.ts";
import type { Inventory } from "./inventory.ts";
import type { Machine, MachineAddress } from "./machine.ts";
import type { MachineLimits } from "./machine-limits.ts";
import { openstackGuest } from "./openstack/guest.ts";
import { openstackImages } from "./openstack/image-store.ts";
import { openstackInventory } from "./openstack/inventory.ts";
import { openstackMachine } from "./openstack/machine.ts";

/** Which of several places of one kind is meant; each target knows its own words. */
export interface PlaceChoice {
  /** A cloud of clouds.yaml. */
  cloud?: string;
}

/** What a target has to offer here. */
interface Target {
  openGuest(address: GuestAddress): Guest;
  openInventory(choice: PlaceChoice): Inventory;
  /** Where limits are not part of the machine itself. */
  openLimits?(address: GuestAddress): MachineLimits;
  /** Where a machine is more than its guest. */
  openMachine?(address: MachineAddress): Machine;
  /** Where machines start from disk images that the target keeps. */
  openImageStore?(choice: PlaceChoice): ImageStore;
}

const targets: Readonly<Record<string, Target>> = {
  docker: {
    openGuest: (address) => new DockerGuest(connectDocker(), address),
    openInventory: () => new DockerInventory(connectDocker()),
    openLimits: dockerLimits,
  },
  openstack: {
    openGuest: openstackGuest,
    openInventory: openstackInventory,
    openMachine: openstackMachine,
    openImageStore: openstackImages,
  },
};

/** The names of the targets that can be reached. */
export const targetNames: readonly string[] = Object.keys(targets);

const open = new Map<string, { address: string; guest: Guest }>();

/**
 * The guest at an address. One connection per uuid is kept and used again, until `closeAll` or until the address of
 * that uuid changes. Opening does not touch the guest; the first use says whether it is there.
 */
export async function openGuest(address: GuestAddress): Promise<Guest> {
  const written = JSON.stringify(Object.entries(address).sort(([a], [b]) => (a < b ? -1 : 1)));
  const known = open.get(address.uuid);
  if (known?.address === written) return known.guest;
  await known?.guest.close();
  const guest = targetOf(address.target).openGuest(address);
  open.set(address.uuid, { address: written, guest });
  return guest;
}

/** What exists for real on a target. */
export function openInventory(target: string, choice: PlaceChoice = {}): Inventory {
  return targetOf(target).openInventory(choice);
}

/** The limits of the guest at an address. */
export function openLimits(address: GuestAddress): MachineLimits {
  const { openLimits: open } = targetOf(address.target);
  if (!open) throw new Error(`the target "${address.target}" has no limits beside its machines`);
  return open(address);
}

/** The machine of a guest, where the target has more to it than its guest. */
export function openMachine(address: MachineAddress): Machine {
  const { openMachine: open } = targetOf(address.target);
  if (!open) throw new Error(`on the target "${address.target}" a machine is no more than its guest`);
  return open(address);
}

/** The disk images that a target keeps; undefined where it keeps none. The only target that does is the default. */
export function openImageStore(choice: PlaceChoice, target = "openstack"): ImageStore | undefined {
  return targetOf(target).openImageStore?.(choice);
}

/** Closes every connection that `openGuest` made. */
export async function closeAll(): Promise<void> {
  const guests = [...open.values()];
  open.clear();
  await Promise.all(guests.map(({ guest }) => guest.close()));
}

function targetOf(name: string): Target {
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (!target) throw new Error(`no target named "${name}"; there are: ${targetNames.join(", ")}`);
  return target;
}
