/** How full a data volume is, in real guests: as a file system of its own, and as a directory of this machine. */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import Docker from "dockerode";
import { type Guest, volumeRoot } from "../../access/guest.ts";
import { openGuest } from "../../access/index.ts";
import { volumeUse } from "../../access/volume-use.ts";
import { MiB } from "../../engines/shared/units.ts";
import { ensureImage, recipeOf } from "../../images/index.ts";

const docker = new Docker();
const room = 64 * MiB;

/** A guest with a data volume of that kind, for as long as `act` works. */
async function withGuest(mount: Docker.MountSettings | undefined, act: (guest: Guest) => Promise<void>): Promise<void> {
  const recipe = recipeOf("mariadb", "10.11");
  const image = await ensureImage(docker, recipe, { cacheDir: join(homedir(), ".cache", "coffer", "images") });
  const uuid = randomUUID();
  const name = `coffer-test-use-${randomBytes(4).toString("hex")}`;
  const container = await docker.createContainer({
    name,
    Image: image.id,
    Labels: { "coffer.instance": uuid },
    Entrypoint: ["sleep", "600"],
    HostConfig: { Init: true, Mounts: mount ? [mount] : [] },
  });
  try {
    await container.start();
    const guest = await openGuest({ target: "docker", name, uuid, container: name });
    await act(guest);
    await guest.close();
  } finally {
    await container.remove({ force: true, v: true });
  }
}

const write = async (guest: Guest) => {
  const before = await volumeUse(guest);
  await guest.must(["dd", "if=/dev/zero", `of=${volumeRoot}/file`, "bs=1M", "count=8", "conv=fsync"]);
  const after = await volumeUse(guest);
  assert.ok(before && after);
  assert.equal(after.used - before.used, 8 * MiB);
  return after;
};

test("a file system of its own says how full it is, and how much room there is", async () => {
  const mount = {
    Type: "tmpfs",
    Source: "",
    Target: volumeRoot,
    TmpfsOptions: { SizeBytes: room, Mode: 0o755 },
  } as const;
  await withGuest(mount, async (guest) => assert.equal((await write(guest)).size, room));
});

test("a directory of this machine is counted: how full the machine is says nothing of it", async () => {
  await withGuest({ Type: "volume", Source: "", Target: volumeRoot }, async (guest) =>
    assert.equal((await write(guest)).size, undefined),
  );
});

test("where no volume is mounted, nothing is said", async () => {
  await withGuest(undefined, async (guest) => {
    await guest.must(["mkdir", "-p", volumeRoot]);
    assert.equal(await volumeUse(guest), undefined);
  });
});
