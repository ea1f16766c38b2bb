/** What to do about what Pulumi, the Docker engine, an OpenStack cloud and the file system say. Data: the first that fits. */

export interface Remedy {
  when: RegExp;
  /** Replaces the message where the original one would not be understood. */
  say?: string;
  /** `again`: how the user goes on with what was not done, as in "run up again". */
  remedy: string | ((again: string) => string);
}

const ownPassphrase = "PULUMI_CONFIG_PASSPHRASE(_FILE) if you set one, else the file that `coffer doctor` names";

/** What may be wrong with a stack's state, whichever command of Pulumi stumbles over it. */
export const stateProblems: readonly { when: RegExp; say: string; remedy: string }[] = [
  {
    when: /incorrect passphrase/i,
    say: "the passphrase does not fit this stack's state",
    remedy: `bring the right one back: ${ownPassphrase}`,
  },
  {
    when: /passphrase must be set|unable to read PULUMI_CONFIG_PASSPHRASE_FILE/i,
    say: "there is no passphrase for this stack's state",
    remedy: `bring it back: ${ownPassphrase}`,
  },
  {
    when: /failed to load checkpoint|snapshot integrity|unmarshal/i,
    say: "the state of the stack is damaged",
    remedy: "put a good copy of the state in its place; a local backend keeps earlier ones in .pulumi/backups/",
  },
];

/** Nova, Cinder, Neutron, Glance and Keystone, from their own words and gophercloud's. Before those of a machine: they are narrower. */
const cloud: readonly Remedy[] = [
  {
    when: /No valid host was found|NoValidHost/i,
    remedy: (again) =>
      `no host has room for that flavor in that zone: take a smaller flavor or another zone in the spec, or ask the cloud's people for more, then ${again}`,
  },
  {
    when: /quota exceeded|OverQuota|exceeds allowed .*quota|VolumeLimitExceeded|SnapshotLimitExceeded|maximum number of \w+ allowed/i,
    remedy: (again) => `free something of the project, or ask the cloud's people for a larger quota, then ${again}`,
  },
  {
    when: /image \S+ is not active|Image .* is (?:unacceptable|not active)|ImageNotActive|image status.*(?:queued|saving|deactivated)/i,
    remedy: (again) => `wait until the image is active (\`coffer image list\`) or name another one, then ${again}`,
  },
  {
    when: /Flavor's disk is too small|FlavorDiskSmallerThan|Flavor's memory is too small|FlavorMemoryTooSmall/i,
    remedy: "take a larger flavor in the spec: the image needs more disk or memory than this one has",
  },
  {
    when: /Flavor \S+ could not be found|FlavorNotFound/i,
    remedy: "name a flavor that the cloud has: openstack flavor list",
  },
  {
    when: /No more IP addresses available|IpAddressGenerationFailure/i,
    remedy: "the subnet is full: free ports in it, or name another network or subnet in the spec",
  },
  {
    when: /ExternalIpAddressExhausted|No more (?:floating )?IP addresses|no available IP addresses/i,
    remedy: "the external network has no address left: release a floating IP, or name another network under `external`",
  },
  {
    when: /SecurityGroupRuleExists|Security group rule already exists/i,
    remedy: (again) =>
      `somebody made the same rule by hand: delete that one (\`coffer drift\` lists it), then ${again}`,
  },
  {
    when: /is in use by|VolumeInUse|InUseError|already attached/i,
    remedy: (again) => `detach it from what uses it (openstack volume show ID, openstack port show ID), then ${again}`,
  },
  {
    // As Keystone and gophercloud write it: a database's `password authentication failed` is something else.
    when: /[Tt]oken .*expired|The request you have made requires authentication|\bAuthentication (?:failed|required)|Could not find token|Token is not valid|invalid_token/,
    remedy: (again) =>
      `log in to the cloud anew (a fresh token, or a password or application credential), then ${again}`,
  },
  {
    when: /Policy doesn't allow|Policy does not allow|disallowed by policy|You are not authorized/i,
    remedy: "the project's role lacks that right: ask the cloud's people for it, or use another user",
  },
  {
    when: /BuildAbortException|Exceeded maximum number of retries|Failed to allocate the network/i,
    remedy: (again) => `the cloud could not build it: ask its people if that goes on; ${again}`,
  },
  {
    when: /status(?: is)? (?:')?error(?:')?|unexpected state 'ERROR'|went to error/i,
    remedy: (again) =>
      `look at what the cloud says of it (openstack server show, openstack volume show), then ${again}`,
  },
];

const docker: readonly Remedy[] = [
  {
    when: /port is already allocated|address already in use|EADDRINUSE/i,
    remedy:
      "end the program that listens on that port, or give the instance another one in the spec (ports:), then run up again",
  },
  {
    when: /cannot assign requested address/i,
    remedy: "name addresses of this machine under target.docker.bind",
  },
  {
    when: /permission denied.*docker(?:\.sock| daemon)|docker\.sock.*(?:permission denied|EACCES)/i,
    remedy: "let this user use Docker (the group docker, or rootless Docker), then log in again",
  },
  {
    when: /cannot connect to the docker daemon|ECONNREFUSED.*docker|docker\.sock|is the docker daemon running/i,
    remedy: (again) =>
      `start Docker (\`coffer doctor\` says how it was looked for), then ${again}: it goes on where it stopped`,
  },
  {
    when: /toomanyrequests|pull rate limit/i,
    remedy: (again) => `log in to the registry (docker login) or wait, then ${again}`,
  },
  {
    when: /no such image|pull access denied|manifest unknown|image .* not found/i,
    remedy: "name an image that exists in the spec (datastores: ... image:), or leave `image` out to have it built",
  },
  {
    when: /no matching manifest for|exec format error/i,
    remedy: "the image is for another processor: name one for this machine, or leave `image` out to have it built",
  },
  {
    when: /could not find an available.*address pool|all predefined address pools/i,
    remedy: (again) => `Docker has no network left: remove unused ones (docker network prune), then ${again}`,
  },
  {
    when: /container name .* is already in use|network with name .* already exists/i,
    remedy: (again) => `\`coffer orphans --all\` says whose it is; rename or remove that, then ${again}`,
  },
  {
    when: /minimum memory limit|memory limit .* (?:too|lower|small)|range of cpus is from/i,
    remedy: "give the flavor sizes in the spec that this machine has",
  },
];

const machine: readonly Remedy[] = [
  {
    when: /no space left on device|disk quota|ENOSPC/i,
    remedy: (again) => `free some space there and ${again}`,
  },
  {
    when: /read-only file system|EROFS/i,
    remedy: "put the checkout on a file system that can be written",
  },
  {
    when: /cannot allocate memory|ENOMEM|oom-?killed/i,
    remedy: (again) => `end other programs or give the machine more memory, then ${again}`,
  },
  {
    when: /too many open files|EMFILE|ENFILE/i,
    remedy: (again) => `raise the limit of open files (ulimit -n), then ${again}`,
  },
  {
    when: /certificate has expired|certificate is not yet valid|x509: certificate has expired/i,
    remedy: "look at this machine's clock, and at the certificate of what was asked",
  },
  {
    when: /certificate signed by unknown authority|self[- ]signed certificate|unable to verify the first certificate/i,
    remedy: "name the authority's certificate: OS_CACERT, `cacert` in clouds.yaml, or the system's store",
  },
  {
    when: /no such host|ENOTFOUND|EAI_AGAIN|temporary failure in name resolution/i,
    remedy: (again) => `look at the name and at this machine's DNS, then ${again}`,
  },
];

/** The first that fits. Messages of Pulumi 3.259, the Docker engine, OpenStack and the file system. */
const remedies: readonly Remedy[] = [
  ...stateProblems,
  ...cloud,
  ...docker,
  ...machine,
  {
    when: /stack is currently locked/i,
    remedy: "wait until the other run has ended; `coffer up` removes the lock of one that died",
  },
];

/** What is known about any of these texts. Pure. */
export function knownRemedy(texts: readonly string[]): Remedy | undefined {
  return remedies.find(({ when }) => texts.some((text) => when.test(text)));
}
