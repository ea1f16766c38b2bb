/** How full the data volume of a guest is, from inside. */
import { type Guest, volumeRoot } from "./guest.ts";

export interface VolumeUse {
  /** Bytes. */
  used: number;
  /** Bytes that there is room for altogether; undefined where the volume is no file system of its own and has no limit. */
  size?: number;
}

/** Milliseconds; the command in the guest gives up before. */
const limitMs = 15_000;

/**
 * A volume that is a file system (a virtual machine's) is asked how full it is. One that is a directory of its host's
 * (Docker's) is counted instead: how full the host is says nothing of it.
 */
const script = `
root=
while read -r _ _ _ from at _; do
  if [ "$at" = "$1" ]; then root=$from; fi
done </proc/self/mountinfo
case $root in
'') exit 0 ;;
/) echo "filesystem $(df -B1 --output=used,avail "$1" | tail -n 1)" ;;
*) echo "directory $(timeout 10 du -sx -B1 "$1" 2>/dev/null)" ;;
esac
`;

/** One command. Undefined where it cannot be told in time; never throws for that. */
export async function volumeUse(guest: Pick<Guest, "run">): Promise<VolumeUse | undefined> {
  try {
    const { code, stdout } = await guest.run(["sh", "-s", "--", volumeRoot], { stdin: script, timeout: limitMs });
    return code === 0 ? parseVolumeUse(stdout) : undefined;
  } catch {
    return undefined;
  }
}

/** Room that only root may use counts as none: the server is not root. Pure. */
export function parseVolumeUse(text: string): VolumeUse | undefined {
  const found = /^(filesystem|directory)\s+(\d+)(?:\s+(\d+))?/.exec(text);
  if (!found) return undefined;
  const [, kind, used = "", free] = found;
  if (kind === "directory") return { used: Number(used) };
  return free === undefined ? undefined : { used: Number(used), size: Number(used) + Number(free) };
}
