/**
 * A plain Debian cloud image for the tests: cloud-init, SSH and sudo, and no database. Guests of the development cloud
 * have no names of the world, so its apt asks a proxy that the test runs on this machine.
 */
import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import { join } from "node:path";
import type { Cloud } from "../../access/openstack/cloud.ts";
import { uploadImage } from "../../access/openstack/images.ts";
import { external } from "../../devcloud/layout.ts";
import { buildDisk } from "../../images/disk-build.ts";
import type { DiskPlan } from "../../images/plan.ts";
import { removeTree } from "../../images/remove.ts";
import { cacheFolders } from "../../toolchain/cache.ts";

/** Fixed, since the address is in the image. */
const proxyPort = 3142;

export type Suite = "bookworm" | "trixie";

const packages = [
  ...["apt", "debian-archive-keyring", "gpgv", "unattended-upgrades", "linux-image-cloud-amd64", "initramfs-tools"],
  ...["zstd", "systemd-sysv", "systemd-resolved", "udev", "dbus", "kmod", "netbase", "iproute2", "procps", "e2fsprogs"],
  ...["fdisk", "cloud-init", "cloud-guest-utils", "isc-dhcp-client", "openssh-server", "sudo", "ca-certificates"],
];

const uuid = "5d1f5c0e-8a35-4d0c-9d55-3a1f6a9be001";
const here = join(import.meta.dirname, "stock-image");
const vm = join(import.meta.dirname, "../../images/vm");

const planOf = (suite: Suite): DiskPlan => ({
  suite,
  packages: [
    "--variant=essential",
    "--format=tar",
    '--aptopt=APT::Install-Recommends "false"',
    "--dpkgopt=force-unsafe-io",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    `--include=${packages.join(",")}`,
  ],
  hooks: [
    { stage: "essential", script: join(vm, "essential.sh"), words: [join(vm, "early"), uuid] },
    {
      stage: "customize",
      script: join(here, "customize.sh"),
      words: [uuid, `http://${external.gateway}:${proxyPort}`, suite],
    },
  ],
  uuid,
  signature: 0x0c0ffe17,
});

/** Built once for each plan, in the folder that Coffer's own images lie in. Its file. */
export async function stockDisk(suite: Suite, onProgress: (line: string) => void): Promise<string> {
  const plan = planOf(suite);
  const script = readFileSync(join(here, "customize.sh"));
  const hash = createHash("sha256")
    .update(JSON.stringify([plan.packages, plan.hooks[1]?.words]))
    .update(script);
  const cacheDir = join(cacheFolders(process.env).root, "images");
  const stem = join(cacheDir, `test-stock-${suite}-${hash.digest("hex").slice(0, 12)}`);
  const file = `${stem}.qcow2`;
  if (existsSync(file)) return file;
  await mkdir(cacheDir, { recursive: true });
  const folder = `${stem}.build-${process.pid}`;
  try {
    await rename(await buildDisk(plan, { folder, logFile: `${stem}.log`, onProgress }), file);
  } finally {
    await removeTree(folder);
  }
  return file;
}

/** The image's id. `name` is in the spec. */
export async function uploadStock(cloud: Cloud, path: string, name: string): Promise<string> {
  const hash = createHash("sha512");
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  const image = { path, size: (await stat(path)).size, sha512: hash.digest("hex") };
  const body = { name, min_disk: 2, os_type: "linux", os_distro: "debian", hw_rng_model: "virtio" };
  return uploadImage(cloud, image, { body });
}

export interface AptProxy {
  /** Addresses of packages and indexes that were asked for. */
  asked: readonly string[];
  /** From now on every request is answered with this status; undefined: they are passed on. */
  refuse(status: number | undefined): void;
  close(): Promise<void>;
}

/** An HTTP proxy for apt, on the address that every guest of the development cloud reaches. */
export async function aptProxy(): Promise<AptProxy> {
  const asked: string[] = [];
  let refusal: number | undefined;
  const server: Server = createServer((incoming, outgoing) => {
    const { method, url = "", headers } = incoming;
    asked.push(url);
    if (refusal !== undefined || !url.startsWith("http://")) {
      outgoing.writeHead(refusal ?? 400).end();
      return;
    }
    const { "proxy-connection": _, connection: __, ...kept } = headers;
    const passed = request(url, { method, headers: kept }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on("error", () => outgoing.writeHead(502).end());
    outgoing.on("close", () => passed.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(proxyPort, external.gateway, listening);
  });
  return {
    asked,
    refuse(status) {
      refusal = status;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
