/**
 * A guest that was given its first host key in its user-data gets one of its own: it makes the key itself, says the public
 * half over a connection to the given one, and later puts it in the given one's place. The private half never leaves it.
 * Both halves may be repeated and interrupted: what is to be expected is recorded before anything is switched.
 */
import { AnotherHostKey, type Guest } from "../access/guest.ts";

/** Runs `act` in the guest whose host key is this one. Throws AnotherHostKey when something else answers. */
export type Reach = <T>(hostKey: string, act: (guest: Guest) => Promise<T>) => Promise<T>;

export interface SshServer {
  /** The private host key that it presents. */
  keyFile: string;
  /** What makes it read its keys again. */
  restart: readonly string[];
}

export const guestSshServer: SshServer = {
  keyFile: "/etc/ssh/ssh_host_ed25519_key",
  restart: ["systemctl", "restart", "ssh.service"],
};

/** Usage: KEYFILE. The public half is there before the private one, which says that both are. */
const makeScript = `set -eu
next=$1.coffer-next
if [ ! -s "$next" ]; then
  rm -f "$next.new" "$next.new.pub"
  ssh-keygen -q -t ed25519 -N "" -C "" -f "$next.new"
  mv "$next.new.pub" "$next.pub"
  mv "$next.new" "$next"
  sync "$next" "$next.pub" "$(dirname "$next")"
fi
cat "$next.pub"
`;

/** Usage: KEYFILE EXPECTED RESTART...; EXPECTED is the public half as it is recorded. */
const turnScript = `set -eu
key=$1 expected=$2 next=$1.coffer-next
shift 2
half() { ssh-keygen -y -f "$1" | cut -d ' ' -f 1,2; }
if [ -s "$next" ] && [ "$(half "$next")" = "$expected" ]; then
  cp "$next.pub" "$key.pub"
  mv "$next" "$key"
  rm -f "$next.pub"
  sync "$key" "$key.pub" "$(dirname "$key")"
fi
if [ "$(half "$key")" != "$expected" ]; then
  echo "the host key that this guest said it would take is not here any more" >&2
  exit 1
fi
"$@"
`;

/** The public half of the key that the guest is going to have, \`TYPE BASE64\`. */
export async function makeOwnKey(guest: Guest, server: SshServer = guestSshServer): Promise<string> {
  const { stdout } = await guest.must(["sh", "-s", "--", server.keyFile], { stdin: makeScript });
  return keyOf(stdout);
}

/** Done when the guest presents its own key, and the given one no longer. */
export async function turnToOwnKey(
  reach: Reach,
  { given, own }: { given: string; own: string },
  server: SshServer = guestSshServer,
): Promise<void> {
  if (!(await presents(reach, own))) {
    const argv = ["sh", "-s", "--", server.keyFile, keyOf(own), ...server.restart];
    await reach(given, (guest) => guest.must(argv, { stdin: turnScript }));
    await reach(own, (guest) => guest.must(["true"]));
  }
  if (await presents(reach, given)) {
    throw new Error(
      "the guest still presents the SSH host key of its user-data, which others may have read; the same command tries again",
    );
  }
}

async function presents(reach: Reach, hostKey: string): Promise<boolean> {
  try {
    await reach(hostKey, (guest) => guest.must(["true"]));
    return true;
  } catch (error) {
    if (error instanceof AnotherHostKey) return false;
    throw error;
  }
}

/** Without the comment. */
const keyOf = (line: string): string => line.trim().split(/\s+/).slice(0, 2).join(" ");
