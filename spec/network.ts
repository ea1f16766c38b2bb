/** Networks in CIDR notation, IPv4 and IPv6. */
import { isIP } from "node:net";

export interface Network {
  /** As it is written best: host bits zero, IPv6 in its short form, always with a prefix length. */
  canonical: string;
  /** The address as it was given, as a network of its own: for what to say when host bits are set. */
  alone: string;
  /** True when bits beyond the prefix are set: the text names a host and not a network. */
  hostBits: boolean;
  /** Every address there is: 0.0.0.0/0 or ::/0. */
  everywhere: boolean;
}

export const networkWords = "a network such as 10.0.0.0/8 or 2001:db8::/32, or a single address";

/** A network, or an address, which is a network of one; undefined for any other text. */
export function readNetwork(text: string): Network | undefined {
  const [address = "", prefix, ...more] = text.split("/");
  const family = address.includes("%") ? 0 : isIP(address);
  if (family === 0 || more.length > 0) return undefined;
  const bytes = family === 4 ? address.split(".").map(Number) : bytesOfIPv6(address);
  const bits = bytes.length * 8;
  if (prefix !== undefined && !/^(0|[1-9][0-9]{0,2})$/.test(prefix)) return undefined;
  const length = prefix === undefined ? bits : Number(prefix);
  // Packets to an IPv4 address never show up as IPv6 ones: such a rule would let nobody in.
  if (length > bits || isMapped(bytes)) return undefined;
  const masked = bytes.map((byte, index) => byte & maskOf(length - index * 8));
  return {
    canonical: `${format(masked)}/${length}`,
    alone: `${format(bytes)}/${bits}`,
    hostBits: masked.some((byte, index) => byte !== bytes[index]),
    everywhere: length === 0,
  };
}

/** The first `bits` of a byte. */
function maskOf(bits: number): number {
  return (0xff00 >> Math.min(Math.max(bits, 0), 8)) & 0xff;
}

function isMapped(bytes: readonly number[]): boolean {
  return (
    bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  );
}

function bytesOfIPv6(address: string): number[] {
  // The URL parser writes every form, a dotted tail too, as groups of hexadecimal digits.
  const [head = "", tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
  const before = groupsOf(head);
  const after = groupsOf(tail ?? "");
  const gap = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...gap, ...after].flatMap((group) => [group >> 8, group & 0xff]);
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

function format(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}
