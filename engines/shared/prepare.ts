/**
 * A new data directory on a blank volume, made so that a kill at any moment is mended by running it again, and so that
 * data is never written over. The engine gives the command that fills a directory; everything else is shared.
 *
 * Order: lock; look; remove what an earlier try left; fill a staging directory; sync; marker; rename; sync. Only the
 * rename makes the data directory exist, so one that exists is complete. The marker is written before it, so data
 * never lies there without saying whose it is.
 */
import type { Guest, Marker } from "../../access/guest.ts";
import { layout } from "../../access/guest.ts";
import { markerText } from "./marker.ts";

/** Exit codes of the script, for refusals that have words of their own. */
const exit = { foreign: 41, locked: 42, notEmpty: 43, noVolume: 44 } as const;

/** Seconds that a second prepare waits for the first, for example one whose coffer was killed. */
const lockSeconds = 120;

/**
 * Parameters: the marker as JSON, the owner, the number of further directories, these, then the command; in the
 * command `{}` stands for the staging directory. It is read from stdin and its parameters are argv, so
 * nothing is quoted by hand. The command inherits the lock: while it works, even with its shell gone, no second prepare
 * removes what it writes.
 */
const script = `
set -eu
umask 022
marker=$1; owner=$2; directories=$3; shift 3
root=${layout.root}; data=${layout.data}; meta=${layout.meta}
mountpoint -q "$root" || exit ${exit.noVolume}
mkdir -p "$meta"
exec 9>"$meta/prepare.lock"
flock -w ${lockSeconds} 9 || exit ${exit.locked}

if [ -e ${layout.marker} ]; then
  for key in uuid engine version; do
    line=$(printf '%s\\n' "$marker" | grep '^  "'$key'": ')
    grep -qF -e "\${line%,}" ${layout.marker} || { cat ${layout.marker} >&2; exit ${exit.foreign}; }
  done
fi
if [ -d "$data" ] && [ -n "$(ls -A "$data")" ]; then
  [ -e ${layout.marker} ] && exit 0
  exit ${exit.notEmpty}
fi

rm -rf "$data".preparing-*
while [ "$directories" -gt 0 ]; do
  mkdir -p "$1"
  chmod 0750 "$1"
  chown "$owner" "$1"
  shift; directories=$((directories - 1))
done
staging="$data.preparing-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \\n')"
mkdir -m 0700 "$staging"
chown "$owner" "$staging"
words=$#
while [ "$words" -gt 0 ]; do
  word=$1; shift; words=$((words - 1))
  case $word in *"{}"*) word=\${word%%"{}"*}$staging\${word#*"{}"} ;; esac
  set -- "$@" "$word"
done
"$@" </dev/null >&2
chown -R "$owner" "$staging"
sync -f "$staging"

if ! [ -e ${layout.marker} ]; then
  printf '%s\\n' "$marker" > ${layout.marker}.new
  sync ${layout.marker}.new
  mv -f ${layout.marker}.new ${layout.marker}
  sync "$meta"
fi
mv -T "$staging" "$data"
sync "$root"
`;

export interface PrepareCommand {
  /** Fills an empty directory that `owner` owns; `{}` stands for its path. Runs as root. */
  argv: readonly string[];
  /** `user:group` of the data directory. */
  owner: string;
  marker: Marker;
  /** Further directories on the volume that the server needs; made before the data directory, with the same owner. */
  directories?: readonly string[];
  /** Milliseconds; default 300_000. */
  timeout?: number;
}

/**
 * Makes the data directory. Does nothing when it is there and the marker is this instance's; throws, touching
 * nothing, when the volume has data of another instance or data without a marker.
 */
export async function prepareBlank(guest: Guest, command: PrepareCommand): Promise<void> {
  const marker = markerText(command.marker).trimEnd();
  const directories = command.directories ?? [];
  const argv = ["sh", "-s", "--", marker, command.owner, String(directories.length), ...directories, ...command.argv];
  const result = await guest.run(argv, { stdin: script, timeout: command.timeout ?? 300_000 });
  if (result.code === 0) return;
  const words = result.stderr.trim().split("\n").slice(-12).join("\n");
  if (result.code === exit.noVolume)
    throw new Error(
      `${guest.name}: no volume is mounted at ${layout.root}, and data never goes to the system's own disk`,
    );
  if (result.code === exit.foreign)
    throw new Error(
      `${guest.name}: the data volume belongs to another instance or engine, and data is never written over; ` +
        `its marker says: ${words}`,
    );
  if (result.code === exit.notEmpty)
    throw new Error(
      `${guest.name}: ${layout.data} has files but the volume has no marker that says whose they are; ` +
        "data is never written over: move the files away, or use another volume",
    );
  if (result.code === exit.locked)
    throw new Error(`${guest.name}: an earlier prepare of this volume is still at work; wait for it and run again`);
  throw new Error(`${guest.name}: making the data directory failed (exit code ${result.code}): ${words}`);
}
