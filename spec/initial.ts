/** The spec that `coffer init` begins with. */
import type { Target } from "./model.ts";

/** A commented starter spec: valid, and without instances. */
export function initialSpec(target: Target["kind"]): string {
  return `# A Coffer stack: the databases that should be there. Edit it, then \`coffer preview\` and \`coffer up\`.
coffer: 1 # the version of this language
target: ${target}

# What an instance may use. Memory has a unit: K, M or G.
flavors:
  small: { vcpus: 1, memory: 512M }

# What there is to choose from. Versions are quoted: 10.10 without quotes is the number 10.1.
datastores:
  mariadb:
    default: "10.11"
    versions:
      "10.11": {}
  postgresql:
    default: "15"
    versions:
      "15": {}

# The databases. An example, to copy:
#
#   orders:
#     datastore: mariadb
#     flavor: small
#     volume: 1 # GiB; it can grow later
#     parameters: { max_connections: 50 }
#     databases: [shop]
#     users:
#       - { name: app, databases: [shop] } # the password is generated: coffer user-show orders app --password
instances: {}
`;
}
