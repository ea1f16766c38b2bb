/** Keystone and Placement. */
import { join } from "node:path";
import { management, ports } from "../layout.ts";
import { database, type Files, type Setup, tokenChecks } from "./common.ts";
import { ini } from "./ini.ts";

export const identityFiles = (setup: Setup): Files => ({
  "keystone/keystone.conf": ini({
    DEFAULT: { use_stderr: true, log_file: "", max_token_size: 255 },
    database: database("keystone", setup),
    cache: {
      enabled: true,
      backend: "dogpile.cache.pymemcache",
      memcache_servers: `${management.address}:${ports.cache}`,
    },
    token: { provider: "fernet", expiration: 86400 },
    fernet_tokens: { key_repository: keys(setup, "fernet-keys"), max_active_keys: 3 },
    // Never issued here, but Keystone does not start where their folder is missing: Debian's package makes none.
    fernet_receipts: { key_repository: keys(setup, "fernet-keys"), max_active_keys: 3 },
    credential: { key_repository: keys(setup, "credential-keys") },
    // Every password is a random one of 128 bits: a slow hash would protect nothing and cost 0.3 s for each login.
    identity: { password_hash_rounds: 4 },
    oslo_middleware: { enable_proxy_headers_parsing: true },
  }),
  "placement/placement.conf": ini({
    DEFAULT: { use_stderr: true },
    placement_database: database("placement", setup),
    api: { auth_strategy: "keystone" },
    ...tokenChecks("placement", setup),
  }),
});

const keys = ({ at }: Setup, name: string): string => join(at.state, "keystone", name);
