/** Trove's verbs that are no commands of Coffer, each with what there is in its place. The rest of docs/trove.md has the same names. */

export interface TroveAnswer {
  /** What Coffer has or does not have; follows the verb's name and a colon. */
  instead: string;
  /** What to do. */
  remedy: string;
}

const dumps = "coffer dump NAME > FILE, and coffer load NAME < FILE";

const replicas: TroveAnswer = {
  instead: "there are no replicas yet; an instance is one server",
  remedy: "copy a database to another instance meanwhile: coffer dump ONE | coffer load OTHER",
};
const backups: TroveAnswer = {
  instead: "there are no backups yet",
  remedy: `keep a database as a file meanwhile, on a schedule with cron: ${dumps}`,
};
const clusters: TroveAnswer = {
  instead: "there are no clusters yet",
  remedy: "make instances one by one: coffer create NAME FLAVOR --size N --datastore D",
};
const quotas: TroveAnswer = {
  instead: "quotas and limits are the cloud's own; coffer up checks them before it makes anything",
  remedy: "openstack quota show",
};
const flavors: TroveAnswer = {
  instead: "flavors are those of the spec on Docker, and Nova's on OpenStack",
  remedy: "look under flavors: in the spec, or ask the cloud: openstack flavor list",
};
const volumeTypes: TroveAnswer = {
  instead: "volume types are Cinder's; an instance names one with volume: { size: N, type: T }",
  remedy: "openstack volume type list",
};
const metadata: TroveAnswer = {
  instead: "instances have no metadata; what is known of one stands in the spec, in its comments too",
  remedy: "coffer show NAME",
};
const modules: TroveAnswer = {
  instead: "there are no modules; the image has what a guest needs, and a database lists its extensions: in the spec",
  remedy: "coffer exec NAME -- PROGRAM runs something in a guest",
};
const securityGroups: TroveAnswer = {
  instead: "each instance has a security group of its own, and the spec says whom it lets in",
  remedy: "coffer access NAME --allow CIDR; coffer drift shows rules that somebody made by hand",
};
const versions: TroveAnswer = {
  instead: "one row for each version is in the list",
  remedy: "coffer datastore-version-list DATASTORE",
};
const declared: TroveAnswer = {
  instead: "datastores and their versions are declared in the spec, under datastores:",
  remedy: "edit the spec, then: coffer up",
};
const onGuest: TroveAnswer = {
  instead: "a guest sends its logs nowhere by itself; they are read where they are",
  remedy: "coffer logs NAME --type slow --lines 2000 > FILE",
};
const unified: TroveAnswer = {
  instead: "the words of the openstack client are one word here: openstack database instance list is coffer list",
  remedy: "coffer --help; docs/trove.md has each of them",
};

const several = (head: string, ...tails: string[]): string[] => tails.map((tail) => `${head}-${tail}`);

const groups: readonly (readonly [readonly string[], TroveAnswer])[] = [
  [["promote-to-replica-source", "eject-replica-source", "detach-replica"], replicas],
  [several("backup", "create", "list", "list-instance", "show", "delete"), backups],
  [several("backup-strategy", "create", "list", "delete"), backups],
  [several("schedule", "create", "list", "show", "delete"), backups],
  [several("execution", "list", "delete"), backups],
  [several("cluster", "create", "list", "show", "instances", "grow", "shrink", "delete", "force-delete"), clusters],
  [several("cluster", "reset-status", "upgrade", "modules"), clusters],
  [["quota-show", "quota-update", "limit-list"], quotas],
  [["flavor-list", "flavor-show"], flavors],
  [["volume-type-list", "volume-type-show"], volumeTypes],
  [several("metadata", "list", "show", "edit", "update", "create", "delete"), metadata],
  [several("module", "list", "show", "create", "update", "reapply", "delete", "list-instance", "instances"), modules],
  [several("module", "instance-count", "apply", "remove", "query", "retrieve"), modules],
  [several("secgroup", "list", "show", "add-rule", "list-rules", "delete-rule"), securityGroups],
  [["datastore-show", "datastore-version-show"], versions],
  [["datastore_update", "datastore_version_update", "datastore_version_delete", "trove-manage"], declared],
  [["log-publish", "log-discard", "log-save"], onGuest],
  [["database", "datastore"], unified],
];

const single: Readonly<Record<string, TroveAnswer>> = {
  upgrade: {
    instead: "no version upgrades yet; an instance keeps its version",
    remedy: "move the data to an instance of the other version: coffer dump OLD | coffer load NEW",
  },
  update: {
    instead: "the name of an instance is for life; what else it changes has commands of its own",
    remedy: "coffer access NAME says who may connect; coffer configuration-attach NAME CONFIGURATION",
  },
  "reset-status": {
    instead: "there is no status to reset; it is read from the machine and the guest each time",
    remedy: "coffer up goes on with what failed; coffer force-delete NAME removes what cannot be repaired",
  },
  "user-update-attributes": {
    instead: "it has a shorter name here",
    remedy: "coffer user-update NAME USER --new-name NAME --new-host HOST --new-password",
  },
  "configuration-update": {
    instead: "a configuration is changed parameter by parameter, or replaced in the spec",
    remedy: "coffer configuration-patch NAME KEY=VALUE --unset KEY",
  },
  "log-show": { instead: "one command has all logs of an instance", remedy: "coffer log-list NAME" },
  "log-tail": { instead: "one command reads all logs", remedy: "coffer logs NAME --type slow --follow" },
  db_load_datastore_config_parameters: {
    instead: "there is nothing to load; Coffer brings the parameters of each version's real server",
    remedy: "coffer configuration-parameter-list DATASTORE@VERSION",
  },
  db_sync: {
    instead: "there is no database of Coffer's own; the record is Pulumi's state",
    remedy: "nothing is to be done",
  },
};

const answers = new Map<string, TroveAnswer>([
  ...groups.flatMap(([verbs, answer]) => verbs.map((verb) => [verb, answer] as const)),
  ...Object.entries(single),
]);

/** Returns what there is in place of a verb of Trove; undefined for every other word. */
export const troveAnswer = (word: string): TroveAnswer | undefined => answers.get(word);
