/** The spec that `coffer init` begins with. */
import type { Target } from "./model.ts";

const openings: Readonly<Record<Target["kind"], { place: string; flavor: string }>> = {
  docker: {
    place: `target: docker

# What an instance may use. Memory has a unit: K, M or G.
flavors:
  small: { vcpus: 1, memory: 512M }
`,
    flavor: "small",
  },
  openstack: {
    place: `target:
  openstack: # the cloud is the one that OS_CLOUD or the OS_* variables name; or \`cloud:\` names one of clouds.yaml
    network: private # name or id: where the servers are
    # external: public # where floating IPs come from
    # reach: floating-ip # how coffer's SSH gets to the servers; without it: by their own addresses
    access:
      admin: [] # networks or addresses that coffer's SSH comes from, such as 198.51.100.7/32: needed for instances
      allow: [] # those that may use the databases; an instance can say its own
`,
    flavor: "m1.small # one of Nova's",
  },
};

/** A commented starter spec: valid, and without instances. */
export function initialSpec(target: Target["kind"]): string {
  const { place, flavor } = openings[target];
  return `# A Coffer stack: the databases that should be there. Edit it, then \`coffer preview\` and \`coffer up\`.
coffer: 1 # the version of this language
${place}
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
#     flavor: ${flavor}
#     volume: 1 # GiB; it can grow later
#     parameters: { max_connections: 50 }
#     databases: [shop]
#     users:
#       - { name: app, databases: [shop] } # the password is generated: coffer user-show orders app --password
instances: {}
`;
}
