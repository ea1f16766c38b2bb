/** Makes a bootable disk image of a root file system, without loop devices and mounts. */
import { open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureDebianPackages } from "../toolchain/debian.ts";
import { type BuildOptions, buildRootFileSystem, runLogged } from "./build.ts";
import { bootRecord, layoutOf } from "./disk-layout.ts";
import type { DiskPlan } from "./plan.ts";

/** What a host needs beside mmdebstrap. */
const requiredPackages = ["e2fsprogs", "grub-common", "grub-pc-bin", "qemu-utils", "tar"];

const grubFolder = "/usr/lib/grub/i386-pc";
const grubModules = ["biosdisk", "part_msdos", "ext2", "search_fs_uuid", "search", "normal", "linux", "configfile"];

/** Stated, since the build host's own defaults may be newer than what the boot loader can read. */
const rootFeatures =
  "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum";

/** Builds and returns the qcow2 file's path. */
export async function buildDisk(plan: DiskPlan, options: BuildOptions): Promise<string> {
  const { folder, onProgress, signal } = options;
  await ensureDebianPackages(requiredPackages, { progress: onProgress, ...(signal ? { signal } : {}) });
  const tar = await buildRootFileSystem(plan, options);
  const { uuid, signature } = plan;

  onProgress("making the root file system");
  const raw = join(folder, "disk.raw");
  const root = join(folder, "root");
  // Whose files are whose is kept only in a user namespace where that is needed to say so.
  const asRoot = process.getuid?.() === 0 ? [] : ["unshare", "--user", "--map-root-user", "--map-auto"];
  await runLogged(
    "making the root file system",
    [...asRoot, "sh", "-euc", makeFileSystem, "sh", tar, root, raw, uuid, rootFeatures],
    { ...process.env, E2FSPROGS_FAKE_TIME: fakeTime },
    options,
  );

  onProgress("making the boot loader");
  const config = join(folder, "grub.cfg");
  await writeFile(config, `search.fs_uuid ${uuid} root\nset prefix=($root)/boot/grub\n`);
  const core = join(folder, "core.img");
  const grub = ["grub-mkimage", "--format=i386-pc", `--output=${core}`, `--config=${config}`, "--prefix=/boot/grub"];
  await runLogged("grub-mkimage", [...grub, ...grubModules], process.env, options);
  await writeLoader(signature, raw, core);

  onProgress("compressing the disk image");
  const image = join(folder, "disk.qcow2");
  // zlib, not zstd: any reader of qcow2 knows it.
  await runLogged(
    "qemu-img",
    ["qemu-img", "convert", "-c", "-O", "qcow2", "-m", "4", "-W", raw, image],
    process.env,
    options,
  );
  await rm(raw);
  return image;
}

/** Usage: TAR ROOT DISK UUID FEATURES. Device nodes are the kernel's to make, and cannot be made everywhere. */
const makeFileSystem = `
mkdir -m 0755 "$2"
tar --extract --file "$1" --directory "$2" --numeric-owner --same-permissions --same-owner --xattrs --xattrs-include='*' --exclude='./dev/*'
rm "$1"
truncate --size=${layoutOf.size} "$3"
mke2fs -q -F -t ext4 -L coffer-root -U "$4" -O "$5" -m 1 -J size=16 -d "$2" \\
  -E "offset=${layoutOf.partitionAt},hash_seed=$4,lazy_itable_init=0,lazy_journal_init=0,nodiscard" "$3" ${layoutOf.partitionSize / 1024}k
rm -r "$2"
`;

/** mke2fs's clock: a fixed time, so that a build can be repeated. */
const fakeTime = "1700000000";

async function writeLoader(signature: number, raw: string, core: string): Promise<void> {
  const loader = await readFile(core);
  const record = bootRecord(signature, await readFile(join(grubFolder, "boot.img")), loader.length);
  const file = await open(raw, "r+");
  try {
    await file.write(record, 0, record.length, 0);
    await file.write(loader, 0, loader.length, layoutOf.loaderAt);
  } finally {
    await file.close();
  }
}
