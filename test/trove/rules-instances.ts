/** Trove's rules on datastore versions, instances and what is done to them. */
import { by, type RuleRow, unit } from "./row.ts";

const spec = unit("spec");
const specRules = unit("spec-rules");
const targets = unit("spec-openstack");
const create = unit("operations-create");
const verbs = unit("operations-verbs");
const machines = unit("openstack-preflight-machines");
const kinds = unit("provider-kinds");
const power = unit("operations-power");
const openstackProblems =
  "all problems are reported at once, in the order of the file, with position and value: many-problems-openstack";

const recipes = by(unit("images"), "every engine's every version has a recipe");

export const versionRules: readonly RuleRow[] = [
  { trove: "MariaDB 11.4, 11.8", ours: "10.11 and 11.8: those that Debian has packages of", shownBy: recipes },
  { trove: "PostgreSQL 16, 17, 18", ours: "15 and 17: those that Debian has packages of", shownBy: recipes },
  {
    trove: "MySQL 8.0, 8.4",
    ours: "MariaDB speaks its protocol",
    missing: "images are made of Debian's packages, and Debian has none of MySQL's server; MariaDB speaks its protocol",
  },
  {
    trove: "MongoDB, Redis, Cassandra, CouchDB, Couchbase, DB2, Vertica, Percona",
    ours: "none",
    missing: "Trove has lost what managed them, too",
  },
  {
    trove: "a version has a name, a version (the name when absent), a datastore and a manager",
    ours: "`datastores.D.versions.V`; the manager is `engine:` (the datastore's name when absent)",
    shownBy: by(spec, "every word of the language becomes the model, with anchors and merges resolved: full"),
  },
  {
    trove: "image by UUID",
    ours: "`image: { id: ID }`, or by name; without one Coffer builds its own",
    shownBy: by(machines, "{title}: no such id", "{title}: Coffer's own image is not there yet: it can be built"),
  },
  {
    trove: "0 to 5 image tags, matched as a set; the newest image wins",
    ours: "the same, from 1 on: without a tag there is nothing to look for",
    shownBy: [
      ...by(
        "test/openstack/preflight.test.ts",
        "by tags the newest is taken; it fits on the flavors that are large enough",
      ),
      ...by(
        targets,
        "spec: six tags are one too many for Trove, too",
        "spec: a stack without tags on an image has none to look for",
      ),
    ],
  },
  {
    trove: "a tag has 1 to 20 characters",
    ours: "the same, without comma and slash, which Glance's lists and paths cannot hold",
    shownBy: by(spec, openstackProblems),
  },
  {
    trove: "no image found: error",
    ours: "the same, before anything is made, with the nearest name; several of one name are an error, too",
    shownBy: by(
      machines,
      "{title}: none of that name: what there is and the nearest",
      "{title}: nothing has the tags",
      "{title}: several of that name",
    ),
  },
  {
    trove: "packages",
    ours: "the recipe of each engine and version names them; `stock: true` installs them at the first boot",
    shownBy: by(
      unit("provider-software"),
      "every recipe can be put into a stock image, and names the server's package first",
    ),
  },
  {
    trove: "duplicate (name, version): error",
    ours: "the same",
    shownBy: by(specRules, "spec: a version that is declared twice"),
  },
  {
    trove: "delete while an instance or a configuration uses it: error",
    ours: "the same",
    shownBy: by(
      specRules,
      "spec: a version that is taken out while an instance has it",
      "spec: a version that is taken out while a configuration is for it",
    ),
  },
  {
    trove: "delete while a backup uses it: error",
    ours: "the same",
    missing: "backups are later work",
  },
  {
    trove: "the default version is that of instances that name none",
    ours: "the same; needed where there are several",
    shownBy: by(create, "create: no version: the datastore's default, with its configuration"),
  },
  {
    trove: "deprecated (active = false): create is refused",
    ours: "`active: false`: the same, in the preview, with those that are active; instances that exist live on",
    shownBy: by(
      kinds,
      "check > {kind.token}: a new instance of an inactive version",
      "check > {kind.token}: an existing instance lives on",
    ),
  },
  {
    trove: "deprecated: configuration groups are still allowed",
    ours: "the same",
    shownBy: by(unit("operations-configurations"), "verb: a group for an inactive version is made"),
  },
];

export const instanceRules: readonly RuleRow[] = [
  {
    trove: "a name has 1 to 255 characters, one of them alphanumeric",
    ours: "1 to 63 of a-z, 0-9 and `-`, not at an end: it becomes the name of containers, hosts and certificates. It is unique in its stack",
    shownBy: by(
      create,
      "create: a name of 63 characters",
      "create refused: a name without a letter or digit",
      "create refused: a name of 64 characters",
      "create refused: a name that is taken",
    ),
  },
  {
    trove: "a volume has at least 1 GiB",
    ours: "the same, and at most 65536",
    shownBy: by(create, "create refused: a volume of nothing", "create refused: a volume beyond the limit"),
  },
  {
    trove: "at most one NIC {network, subnet, ip}",
    ours: "a list of networks: the first carries the database, the subnet is one of its own",
    shownBy: by(unit("openstack-preflight-networks"), "{title}: of another network"),
  },
  {
    trove: "initial users may name only databases of the same request",
    ours: "a user's databases are among the instance's `databases:`, whenever that has a list",
    shownBy: by(
      unit("operations-contents"),
      "refused before anything is touched: a grant on a database that there is not",
    ),
  },
  {
    trove: "duplicate databases: error",
    ours: "the same",
    shownBy: by(create, "create refused: a database twice"),
  },
  {
    trove: "duplicate (user, host): error",
    ours: "the same; in PostgreSQL a user has no host",
    shownBy: by(create, "create refused: a user twice", "create: one name at two hosts is two users"),
  },
  {
    trove:
      "the action gate: most actions are refused unless Nova says ACTIVE, no task runs, the guest reports and no backup runs",
    ours: "one change of a stack at a time: a second one waits, and says for whom. A machine that is being built, rebooted or resized is left alone",
    shownBy: [
      ...by(
        power,
        "{verb}: a machine that is being built is left alone",
        "{verb}: a resize is not disturbed, not even by force",
      ),
      ...by(unit("operations-lock"), "whoever comes second is told who has it, and waits no longer than its patience"),
    ],
  },
  {
    trove: "the action gate: a guest that does not answer",
    ours: "`stop` and `reboot` refuse, because the database could not be ended; `--force` goes on",
    shownBy: by(
      power,
      "{verb}: a silent guest cannot end its database",
      "{verb}: force cuts the power of a silent guest",
    ),
  },
  {
    trove: "the action gate: an instance in BUILD",
    ours: "verbs refuse it and name `coffer up`, which goes on where the first apply stopped",
    shownBy: by(unit("operations-look"), "a verb on an instance whose first apply has not ended says how that goes on"),
  },
  {
    trove: "the action gate: a stopped instance",
    ours: "stays stopped; what can be changed from outside is, the rest waits for `start`",
    shownBy: by(unit("operations-stopped"), "held: parameters are set inside", "held: removing needs no living guest"),
  },
  {
    trove: "`delete` is refused in BUILD",
    ours: "it is not. Where the guest cannot be asked to end its database, `delete` refuses and names `force-delete`; one that failed is finished by the same command",
    shownBy: [
      ...by(
        "test/openstack/closed-console.test.ts",
        "a closed console > a spec that needs the console is told what to write instead",
      ),
      ...by(
        "test/docker/faults.test.ts",
        "around a first up > a delete that failed is finished by the same command, a create by up",
      ),
    ],
  },
  { trove: "`delete` is refused while it has replicas", ours: "the same", missing: "replicas are later work" },
  {
    trove: "`force-delete` always works",
    ours: "the same; it keeps the data volume",
    shownBy: by(
      "test/openstack/day2-removal.ts",
      "delete refuses what it cannot end cleanly; force-delete removes it and keeps the volume",
    ),
  },
  {
    trove: "a volume must grow",
    ours: "the same; the size that it has is refused, too",
    shownBy: by(
      verbs,
      "refused before anything is touched: a volume that would shrink",
      "refused before anything is touched: the size that it has",
      "refused before anything is touched: a volume beyond the limit",
    ),
  },
  {
    trove: "a volume grows online",
    ours: "the same, the file system with it",
    shownBy: by(
      "test/openstack/day2-sizes.ts",
      "resize-volume grows the volumes of both, in one apply, while clients are connected",
    ),
  },
  {
    trove: "a volume has at most the configured maximum",
    ours: "65536 GiB; a lower one is a policy (`limits: { volume: N }` in policies.yaml), and Cinder's quotas are asked first",
    shownBy: [
      ...by(create, "create refused: a volume beyond the limit"),
      ...by(
        unit("openstack-preflight-quotas"),
        "a volume type's own quota counts its volumes only, by whichever word the spec names it",
      ),
    ],
  },
  { trove: "a resize of the volume is one of all replicas", ours: "the same", missing: "replicas are later work" },
  {
    trove: "the new flavor must differ",
    ours: "the same",
    shownBy: by(verbs, "refused before anything is touched: the flavor that it has"),
  },
  {
    trove: "a resize of the flavor that fails is reverted",
    ours: "the same; also one after which the database does not start",
    shownBy: [
      ...by(
        unit("provider-resize"),
        "no host has room: the database serves on the old flavor",
        "the database does not start on the new flavor: it is reverted, and the old one serves",
      ),
      ...by(
        "test/openstack/faults-sizes.ts",
        "a resize for which no host has room leaves the database running on the old flavor",
        "a resize to a flavor on which the database does not start is reverted",
      ),
    ],
  },
  {
    trove: "`restart` restarts the database service, not the machine",
    ours: "the same",
    shownBy: by("test/openstack/day2-power.ts", "restart ends the database server and starts it, on the same boot"),
  },
  {
    trove: "`rebuild`: a new OS image; data and configuration are kept",
    ours: "the same, with a snapshot before",
    shownBy: by(
      verbs,
      "a rebuild never takes a disk from a machine that was neither asked nor stopped, and always keeps a snapshot",
    ),
  },
  {
    trove: "upgrade: another version, data kept",
    ours: "an upgrade within a major version",
    missing: "version upgrades are later work",
  },
  {
    trove: "upgrade: majors are refused",
    ours: "every change of version is, in the preview",
    shownBy: by(kinds, "check > {kind.token}: another version needs an upgrade, which up does not do"),
  },
  {
    trove: "access: is_public is a floating IP",
    ours: "`access.public`; it needs a list of who may connect, and a network that is named",
    shownBy: by(
      targets,
      "spec: a public database for nobody",
      "spec: a public database without a network to be public in",
    ),
  },
  {
    trove: "access: allowed_cidrs are rules of a security group",
    ours: "`access.allow`: a group for each instance, closed but for that list",
    shownBy: by(unit("openstack-ingress"), "ingress: clients reach the database and no shell"),
  },
  {
    trove: "TLS: basic, enforced, mtls",
    ours: "`tls:` with the same words; enforced is the default, and a change is live",
    shownBy: by(
      "test/docker/tls.test.ts",
      "{engine.title} > basic to enforced is live: plain connections are refused from then on",
      "{engine.title} > mtls is live: only a user's own certificate of the stack's authority lets it in",
    ),
  },
  {
    trove: "logs: general, slow_query, error, guest",
    ours: "general, slow, error; what the guest itself says is in its journal (on OpenStack: `coffer exec NAME -- journalctl`)",
    shownBy: by(unit("logs"), "there are three logs, and each has a place in every engine"),
  },
];
