/**
 * What a guest is told at its first boot: who may log in. User-data can be read by whoever may look at the server, and by
 * every program in it: public keys only, and where no console tells the host key, one for the first connection alone.
 */

/** The login user of every guest. */
export const loginUser = "coffer";

/** Never changes for a server: other user-data would mean another server. JSON is YAML, and needs no quoting by hand. */
export function userData(options: {
  hostname: string;
  publicKey: string;
  bootKey?: { publicHalf: string; privateHalf: string };
}): string {
  const { bootKey } = options;
  const config = {
    hostname: options.hostname,
    preserve_hostname: false,
    disable_root: true,
    ssh_pwauth: false,
    users: [
      {
        name: loginUser,
        gecos: "Coffer",
        shell: "/bin/bash",
        lock_passwd: true,
        // Preparing a volume, service control and SQL as the server's own user each need another user's rights.
        sudo: "ALL=(ALL) NOPASSWD:ALL",
        ssh_authorized_keys: [options.publicKey.trim()],
      },
    ],
    ...(bootKey
      ? { ssh_keys: { ed25519_private: bootKey.privateHalf, ed25519_public: bootKey.publicHalf.trim() } }
      : {}),
  };
  return `#cloud-config\n${JSON.stringify(config, null, 2)}\n`;
}
