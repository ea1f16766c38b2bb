/**
 * Where things lie on the disk of a virtual machine: the boot record in the first sector, the boot loader behind it up
 * to the first mebibyte, then one partition with the root file system to the end. Sizes are bytes.
 */
const sector = 512;
const mebibyte = 1 << 20;

export const layoutOf = {
  /** Room for all of the smallest flavors: the root file system grows to the flavor's disk at the first boot. */
  size: 1900 * mebibyte,
  loaderAt: sector,
  partitionAt: mebibyte,
  partitionSize: 1899 * mebibyte,
} as const;

/** Linux; the type of the one partition. */
const partitionType = 0x83;

/**
 * The first sector: 440 bytes of the boot loader's `boot.img`, the disk's signature, and the partition, marked bootable. Throws when the boot loader's core does not fit in front of the partition.
 */
export function bootRecord(signature: number, bootImage: Uint8Array, coreSize: number): Buffer {
  const room = layoutOf.partitionAt - layoutOf.loaderAt;
  if (coreSize > room) throw new Error(`the boot loader has ${coreSize} bytes; there is room for ${room}`);
  const record = Buffer.alloc(sector);
  record.set(bootImage.subarray(0, 440));
  record.writeUInt32LE(signature, 440);
  const entry = 446;
  record.writeUInt8(0x80, entry);
  // Addresses as cylinder, head and sector end where such disks end; the largest values say: see the sector numbers.
  record.set([0xfe, 0xff, 0xff], entry + 1);
  record.writeUInt8(partitionType, entry + 4);
  record.set([0xfe, 0xff, 0xff], entry + 5);
  record.writeUInt32LE(layoutOf.partitionAt / sector, entry + 8);
  record.writeUInt32LE(layoutOf.partitionSize / sector, entry + 12);
  record.set([0x55, 0xaa], 510);
  return record;
}
