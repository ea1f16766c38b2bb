/** How Coffer's own SSH connections get to a guest. */
export type Reach = { by: "fixed-address" } | { by: "floating-ip" } | { by: "bastion"; bastion: Bastion };

export interface Bastion {
  host: string;
  /** Default 22. */
  port: number;
  user: string;
  /** The bastion's public host key, `ssh-ed25519 AAAA...`, checked and without a comment. */
  hostKey: string;
  /**
   * The private key to log in with: a file, as it was written (`~/` is the home directory's), or a variable that holds
   * the key itself; undefined: the SSH agent's.
   */
  key?: { file: string } | { env: string };
}
