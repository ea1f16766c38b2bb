/**
 * The machine around a guest, seen from the target's own API: what can be known and done when the guest itself does not
 * answer. On Docker a container is little more than its guest; on OpenStack this is Nova and Cinder.
 */
import type { GuestAddress } from "./guest.ts";

/** The part of a guest's address that the target needs to find the machine; no key is needed. */
export type MachineAddress = Pick<GuestAddress, "target" | "name"> & { server: string; cloud?: string };

/** Something that the target should have is not there. */
export class MissingError extends Error {
  override name = "MissingError";
}

export interface MachineState {
  /** `other`: between two states, or in error. */
  power: "running" | "stopped" | "absent" | "other";
  /** The target's own words, for example `ACTIVE` or `ERROR: No valid host was found`. */
  words: string;
}

export interface BoundedOptions {
  /** Milliseconds. */
  timeout: number;
  signal?: AbortSignal;
}

/** Errors are GuestErrors or the target's own, with words for the user. */
export interface Machine {
  state(): Promise<MachineState>;
  /** The public host key that the guest printed on its console, `ssh-ed25519 AAAA...`. */
  hostKey(options: BoundedOptions): Promise<string>;
  /** The last lines of the console. */
  console(lines: number): Promise<string>;
  /** A clean shutdown of the operating system; nothing is killed. */
  stop(options: BoundedOptions): Promise<void>;
  start(options: BoundedOptions): Promise<void>;
  /** Through the operating system. */
  reboot(options: BoundedOptions): Promise<void>;
  /** What the machine is now, and whether a resize waits for its confirmation. */
  flavor(): Promise<{ id: string; unconfirmed: boolean }>;
  /** To another flavor; done when it waits for its confirmation. */
  resize(flavor: string, options: BoundedOptions): Promise<void>;
  confirmResize(options: BoundedOptions): Promise<void>;
  revertResize(options: BoundedOptions): Promise<void>;
  /** The id of the image that its system disk was made from; undefined: none that is known. */
  image(): Promise<string | undefined>;
  /** A new system disk. The machine keeps its id, its volumes and its addresses. */
  rebuild(image: string, options: BoundedOptions): Promise<void>;
  /** What a volume of this machine is, as far as the target has words for it. */
  volume(volume: string): Promise<{ bytes: number; type?: string; zone?: string }>;
  /** Grows a volume, attached or not, and sees that it grew. */
  growVolume(volume: string, bytes: number, options: BoundedOptions): Promise<void>;
  /** A snapshot of a volume, attached or not; its id. */
  snapshot(volume: string, labels: Readonly<Record<string, string>>, options: BoundedOptions): Promise<string>;
}
