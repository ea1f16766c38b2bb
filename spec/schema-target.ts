/** The shape of `target`, and of what an instance says about who may connect. */

import { isIP, SocketAddress } from "node:net";
import { z } from "zod";
import { publicKeyTypes, readPublicKey } from "../access/public-key.ts";
import { cloudName, object, tag, text } from "./schema-parts.ts";

const bindWords = "an IP address of this host, such as 127.0.0.1";
const everywhereWords =
  "single addresses of this host: Docker cannot filter by source and passes the host's firewall, so ports on all addresses would be open to anyone";
const bindAddress = z
  .string(bindWords)
  .refine((address) => isIP(address) !== 0 && !address.includes("%"), { error: bindWords, abort: true })
  .refine((address) => !isEverywhere(address), everywhereWords);

const docker = object(
  {
    bind: z
      .array(bindAddress, "a list of IP addresses of this host")
      .min(1, "at least one IP address of this host")
      .optional()
      .meta({ description: "Addresses of this host that ports are published on. Default: [127.0.0.1]." }),
  },
  "a mapping with bind",
);

const networks = z.array(
  text("a network such as 10.0.0.0/8, or an address"),
  "a list of networks, such as [10.0.0.0/8]",
);
const allow = networks.optional().meta({
  description: "Networks (CIDR, IPv4 or IPv6) or addresses that may use the database's port. Default: none.",
});
const admin = networks.optional().meta({
  description: "Networks or addresses that Coffer's SSH connections come from. Default: none.",
});
const floating = z.boolean("true or false").optional().meta({
  description: "A floating IP of its own for the database. Default: false.",
});

/** Who may connect to one instance. */
export const access = object({ allow, admin, public: floating }, "a mapping with allow, admin and public");

const host = z
  .string("a host's name or address")
  .max(253, "at most 253 characters")
  .refine((name) => isHost(name), { error: "a host's name or address" });

const portWords = "a port from 1 to 65535";
const loginWords = "a login name, such as debian";
const variableWords = "the name of an environment variable";
/** A key that was written here in place of its name would be shown by no message: problem.ts knows the place. */
const keyWords = "{ file: PATH } or { env: VARIABLE }; never the key itself; leave it out to use the SSH agent";
const key = z
  .union(
    [
      object({ file: text("the path of a file") }, keyWords),
      object({ env: z.string(keyWords).regex(/^[A-Za-z_][A-Za-z0-9_]*$/, variableWords) }, keyWords),
    ],
    keyWords,
  )
  .optional()
  .meta({ description: "The private key to log in with. Default: what the SSH agent has." });

const publicKeyWords = `an OpenSSH public key, "TYPE AAAA...", of type ${publicKeyTypes.join(", ")}`;

const bastion = object(
  {
    host,
    port: z.int(portWords).min(1, portWords).max(65535, portWords).optional().meta({ description: "Default: 22." }),
    user: z.string(loginWords).regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/, loginWords),
    hostKey: z
      .string(publicKeyWords)
      .refine((line) => readPublicKey(line) !== undefined, { error: publicKeyWords })
      .meta({ description: "The bastion's public host key, as `ssh-keyscan` prints it without the host." }),
    key,
  },
  "a mapping with host, user and hostKey",
);

const networkWords = "a network's name or id, or a list of them";
const network = z
  .union(
    [
      cloudName(networkWords),
      z.array(cloudName("a network's name or id"), networkWords).min(1, "at least one network"),
    ],
    networkWords,
  )
  .meta({ description: "Name or id, or a list of them: the first carries the database." });

const reachWords = "direct or floating-ip";
const hostKeyWords = "console or user-data";
const zone = () => cloudName("the name of an availability zone").optional();

const openstack = object(
  {
    cloud: cloudName("a cloud of clouds.yaml")
      .optional()
      .meta({ description: "A cloud of clouds.yaml. Default: OS_CLOUD, or what the OS_* variables name." }),
    network,
    subnet: cloudName("a subnet's name or id")
      .optional()
      .meta({ description: "Name or id of a subnet of the first network. Default: Neutron chooses." }),
    external: cloudName("a network's name or id")
      .optional()
      .meta({ description: "Name or id of the network that floating IPs come from." }),
    reach: z
      .enum(["direct", "floating-ip"], reachWords)
      .optional()
      .meta({ description: "How Coffer's SSH gets to the guests. Default: direct." }),
    bastion: bastion.optional().meta({ description: "A host to reach the guests through, in place of reach." }),
    hostKey: z.enum(["console", "user-data"], hostKeyWords).optional().meta({
      description: "How Coffer learns the SSH host key of a new guest. Default: console.",
    }),
    zone: zone().meta({ description: "Nova's availability zone of the servers. Default: Nova chooses." }),
    volumeType: cloudName("the name of a volume type").optional().meta({ description: "Default: Cinder's." }),
    volumeZone: zone().meta({ description: "Cinder's availability zone of the volumes. Default: Cinder's." }),
    tags: z
      .array(tag(60), "a list of tags")
      .max(50, "at most 50 tags")
      .optional()
      .meta({ description: "Tags on everything made, besides Coffer's own marks." }),
    access: object({ allow, admin }, "a mapping with allow and admin")
      .optional()
      .meta({ description: "For instances that say nothing themselves." }),
  },
  "a mapping with network",
);

const targetWords = "docker, { docker: { bind: [...] } }, or { openstack: { network: NAME, ... } }";
export const target = z
  .union(
    [z.literal("docker", targetWords), object({ docker }, targetWords), object({ openstack }, targetWords)],
    targetWords,
  )
  .meta({ description: "Where the stack runs." });

/** True for 0.0.0.0, ::, and the other ways to write them. */
function isEverywhere(address: string): boolean {
  if (isIP(address) === 4) return address === "0.0.0.0";
  if (isIP(address) !== 6) return false;
  const canonical = new SocketAddress({ address, family: "ipv6" }).address;
  return canonical === "::" || canonical === "::ffff:0.0.0.0";
}

function isHost(name: string): boolean {
  if (isIP(name) !== 0) return !name.includes("%");
  return name.split(".").every((label) => /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label));
}
