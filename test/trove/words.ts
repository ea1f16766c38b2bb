/** Options of Trove's `create`, columns of its `list`, and its statuses. */
import { by, type RuleRow, unit } from "./row.ts";

const create = unit("operations-create");
const look = unit("operations-look");
const table = by(unit("cli-tables"), "the table of instances");
const replicas = "replicas are later work";

export const createOptions: readonly RuleRow[] = [
  {
    trove: "`NAME FLAVOR`",
    ours: "the same; a flavor of the spec on Docker, of Nova on OpenStack",
    shownBy: by(unit("cli-arguments"), "arguments reach the command as they were written"),
  },
  {
    trove: "`--size N`",
    ours: "`--size N`, `volume: N`: GiB, needed",
    shownBy: by(create, "create: no version: the datastore's default, with its configuration"),
  },
  {
    trove: "`--volume_type T`",
    ours: "`volume: { size: N, type: T }`, or `target.openstack.volumeType` for all",
    shownBy: by(
      unit("spec"),
      "every word of the language becomes the model, with anchors and merges resolved: full-openstack",
    ),
  },
  {
    trove: "`--datastore D`",
    ours: "`--datastore D`: one that the spec declares",
    shownBy: by(create, "create refused: a datastore that there is not"),
  },
  {
    trove: "`--datastore_version V`",
    ours: "`--datastore-version V`, or `--datastore D@V`",
    shownBy: by(create, "create: a version", "create: a version behind the datastore's name"),
  },
  {
    trove: "`--databases A B`",
    ours: "the same",
    shownBy: by(create, "create: databases"),
  },
  {
    trove: "`--users u:p`",
    ours: "`--users u`, `u@HOST`: a password on a command line can be read by everybody on the machine, so `u:p` is refused and one is generated",
    shownBy: by(unit("cli-main"), "exit codes: create takes no password, and does not repeat it"),
  },
  { trove: "`--configuration C`", ours: "the same", shownBy: by(create, "create: a configuration") },
  {
    trove: "`--availability_zone Z`",
    ours: "`zone: Z` at the instance, or `target.openstack.zone`",
    shownBy: by(unit("openstack-preflight-machines"), "{title}: an instance's own zone"),
  },
  {
    trove: "`--nic net-id=N,subnet-id=S`",
    ours: "`target.openstack.network` and `subnet`: one choice for the stack; several networks are several ports",
    shownBy: by(unit("openstack-preflight-networks"), "{title}: by id, which is no name"),
  },
  {
    trove: "`--nic ip-address=A`",
    ours: "an address of the instance's choice",
    missing:
      "Neutron chooses the address; it outlives the server. To choose it takes a word of the spec and checks in the cloud",
  },
  {
    trove: "`--is-public`",
    ours: "`access: { public: true }`, or `coffer access NAME --public`",
    shownBy: by(unit("operations-verbs"), "edit: public is set beside the lists"),
  },
  {
    trove: "`--allowed-cidr C`",
    ours: "`access: { allow: [C] }`, or `coffer access NAME --allow C`; closed when absent",
    shownBy: by(unit("openstack-ingress"), "ingress: nothing is named: nothing is open"),
  },
  { trove: "`--replica_of I`", ours: "`replicaSets:`", missing: replicas },
  { trove: "`--replica_count N`", ours: "`replicaSets:`", missing: replicas },
  { trove: "`--locality L`", ours: "`replicaSets:`", missing: `${replicas}, and so are groups of servers` },
  {
    trove: "`--backup B`",
    ours: "a restore into a new instance",
    missing: "backups are later work. `--adopt VOLUME` makes an instance of a kept volume",
  },
];

export const listColumns: readonly RuleRow[] = [
  {
    trove: "ID",
    ours: "none: within a stack the name is the identity. `show` and `-o json` of it have `uuid`",
    shownBy: by(look, "the sheet of an instance has its addresses, image and snapshots"),
  },
  { trove: "Name", ours: "NAME", shownBy: table },
  { trove: "Datastore", ours: "DATASTORE", shownBy: table },
  {
    trove: "Datastore Version",
    ours: "VERSION, with `(inactive)` behind one that is deprecated",
    shownBy: by(unit("cli-tables"), "an instance of an inactive version is marked as such"),
  },
  { trove: "Status", ours: "STATUS", shownBy: table },
  { trove: "Operating Status", ours: "OPERATING STATUS", shownBy: table },
  {
    trove: "Public",
    ours: "none: `show` has the addresses, with the floating one marked",
    shownBy: by(look, "the sheet of an instance has its addresses, image and snapshots"),
  },
  { trove: "Addresses", ours: "ADDRESS: the one to connect to, with its port", shownBy: table },
  { trove: "Flavor", ours: "FLAVOR", shownBy: table },
  { trove: "Size", ours: "VOLUME, and USED: how full it is", shownBy: table },
  { trove: "Role", ours: "ROLE: `single` so far", shownBy: table },
];

const sets = "belongs to replicas, which are later work";

export const statuses: readonly RuleRow[] = [
  {
    trove: "computed from the task, a running backup, and Nova",
    ours: "computed from the machine and the guest when somebody looks; nothing can be left behind in it",
    shownBy: by(look, "guest and machine together: all is well"),
  },
  {
    trove: "BUILD",
    ours: "its first apply has not ended, or its machine is being built",
    shownBy: by(look, "guest and machine together: a machine that is built anew"),
  },
  { trove: "ACTIVE", ours: "the same", shownBy: by(look, "guest and machine together: all is well") },
  { trove: "REBOOT", ours: "the same", shownBy: by(look, "guest and machine together: a reboot") },
  {
    trove: "RESIZE",
    ours: "the same",
    shownBy: by(look, "guest and machine together: a resize that waits for its confirmation serves"),
  },
  { trove: "UPGRADE", ours: "an upgrade under way", missing: "version upgrades are later work" },
  {
    trove: "RESTART_REQUIRED",
    ours: "the same, where the instance says `restart: hold`",
    shownBy: by(look, "guest and machine together: parameters wait for a restart"),
  },
  { trove: "PROMOTE, EJECT, DETACH", ours: "a set that is being changed", missing: sets },
  { trove: "BACKUP", ours: "a backup under way", missing: "backups are later work" },
  {
    trove: "SHUTDOWN",
    ours: "the database server or its machine is stopped",
    shownBy: by(look, "guest and machine together: a stopped machine explains the silence"),
  },
  {
    trove: "ERROR",
    ours: "it should serve and does not, or its machine is in error",
    shownBy: by(look, "guest and machine together: a machine in error"),
  },
  {
    trove: "operating status: a heartbeat every 10 s, which expires after 90 s",
    ours: "HEALTHY, UNHEALTHY, STOPPED, GONE, UNREACHABLE: the guest is asked when somebody looks, for 15 s at most",
    shownBy: by(look, "a look is bounded", "guest and machine together: a database that runs and does not answer"),
  },
];
