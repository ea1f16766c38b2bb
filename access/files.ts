/** Files of a guest, written and read by commands in it: the same on every target. */
import { type FileOptions, type Guest, GuestError } from "./guest.ts";

type Runner = Pick<Guest, "name" | "run">;

/**
 * Writes stdin to a file whole or not at all. The size tells a complete content from one cut by a lost connection. A shell
 * that a signal ends forgets its EXIT trap, hence the second one.
 */
const putFileScript = `set -eu
path=$1 mode=$2 owner=$3 size=$4
folder=$(dirname -- "$path")
umask 077
new=$(mktemp -- "$folder/.coffer.XXXXXXXX")
trap 'rm -f -- "$new"' EXIT
trap 'exit 1' HUP INT PIPE TERM
cat >"$new"
received=$(wc -c <"$new")
if [ "$received" -ne "$size" ]; then
  echo "received $received of $size bytes" >&2
  exit 1
fi
chown -- "$owner" "$new"
chmod -- "$mode" "$new"
sync -- "$new"
mv -fT -- "$new" "$path"
trap - EXIT
sync -- "$folder"`;

/** Tells a missing file (exit code 3) from one that cannot be read. */
const readFileScript = `[ -e "$1" ] || exit 3; exec cat -- "$1"`;
const missingFileCode = 3;

/** As `Guest.putFile` says. */
export async function putFile(guest: Runner, path: string, content: string, options: FileOptions = {}): Promise<void> {
  const mode = (options.mode ?? 0o644).toString(8);
  const size = String(Buffer.byteLength(content));
  const argv = ["sh", "-c", putFileScript, "putFile", path, mode, options.owner ?? "root:root", size];
  const result = await guest.run(argv, { stdin: content });
  if (result.code !== 0) {
    throw new GuestError("failed", `${path} in ${guest.name} could not be written: ${result.stderr.trim()}`);
  }
}

/** As `Guest.readFile` says. */
export async function readFile(guest: Runner, path: string): Promise<string | undefined> {
  const result = await guest.run(["sh", "-c", readFileScript, "readFile", path]);
  if (result.code === missingFileCode) return undefined;
  if (result.code !== 0) {
    throw new GuestError("failed", `${path} in ${guest.name} could not be read: ${result.stderr.trim()}`);
  }
  return result.stdout;
}
