/** Trove's verbs on instances, logs and datastores, and `trove-manage`. */
import { by, unit, type VerbRow } from "./row.ts";

const replicas = "replicas are later work: an instance is one server so far";

export const instanceVerbs: readonly VerbRow[] = [
  {
    trove: "list",
    today: "database instance list",
    line: "list",
    words: "asks the guests and the target when it runs, so nothing in it is old; `watch` goes on looking",
    shownBy: by(unit("cli-tables"), "the table of instances"),
  },
  {
    trove: "show",
    today: "database instance show",
    line: "show orders",
    words: "with what the cloud says of a machine that cannot be reached",
    shownBy: by(unit("operations-look"), "the sheet of an instance has its addresses, image and snapshots"),
  },
  {
    trove: "create",
    today: "database instance create",
    line: "create orders small --size 2 --datastore mariadb",
    words: "or an entry under `instances:`. It ends when the database answers, or with the stage that failed",
    shownBy: by(unit("operations-create"), "create: no version: the datastore's default, with its configuration"),
  },
  {
    trove: "update",
    today: "database instance update",
    line: "access orders --allow 10.0.0.0/8",
    words:
      "who may connect: `access`; the configuration: `configuration-attach`. The name is for life: it is the instance's identity in the spec",
    shownBy: by(unit("operations-verbs"), "edit: a list is replaced whole; the rest of access stays"),
  },
  {
    trove: "restart",
    today: "database instance restart",
    line: "restart orders",
    words: "the database server only; starts its machine when that is stopped",
    shownBy: by("test/openstack/day2-power.ts", "restart ends the database server and starts it, on the same boot"),
  },
  {
    trove: "reboot",
    today: "database instance reboot",
    line: "reboot orders",
    words: "the machine; the database is ended cleanly before",
    shownBy: by(unit("operations-power"), "{verb}: the database ends before a reboot"),
  },
  {
    trove: "rebuild",
    today: "database instance rebuild",
    line: "rebuild orders",
    words: "a new system disk from the datastore's current image; a snapshot of the data volume is taken before",
    shownBy: by(
      "test/openstack/day2-rebuild.ts",
      "rebuild gives {one.name} a new disk and a new host key, and keeps everything else",
    ),
  },
  {
    trove: "delete",
    today: "database instance delete",
    line: "delete orders --yes",
    words:
      "**the data volume stays**, and the words to use or delete it are printed; `--with-data --yes-delete-data NAME`",
    shownBy: by(
      "test/docker/lifecycle.test.ts",
      "{engine} > delete keeps the volume, and create --adopt brings its rows back",
    ),
  },
  {
    trove: "force-delete",
    today: "database instance force delete",
    line: "force-delete orders --yes",
    words: "for one that is half made, in error or unreachable; the data volume always stays",
    shownBy: by(
      "test/openstack/day2-removal.ts",
      "delete refuses what it cannot end cleanly; force-delete removes it and keeps the volume",
    ),
  },
  {
    trove: "reset-status",
    today: "database instance reset status",
    line: "up",
    words:
      "there is no status to reset: it is read from the machine and the guest each time. `up` goes on with what failed",
    shownBy: by(
      "test/docker/faults.test.ts",
      "around a first up > an engine that stops in the middle is a clear error, and the next up mends it",
    ),
  },
  {
    trove: "resize-volume",
    today: "database instance resize volume",
    line: "resize-volume orders 4",
    words: "or `volume:`; online",
    shownBy: by(unit("operations-verbs"), "edit: a volume written as a number"),
  },
  {
    trove: "resize-instance",
    today: "database instance resize flavor",
    line: "resize-instance orders large",
    words: "or `flavor:`; confirmed only after the database answers",
    shownBy: by(unit("operations-verbs"), "edit: a flavor; its comment stays"),
  },
  {
    trove: "upgrade",
    today: "database instance upgrade",
    missing:
      "version upgrades are later work; another version is refused in the preview. `dump` and `load` move data between versions",
  },
  { trove: "detach-replica", today: "database instance detach", missing: replicas },
  { trove: "promote-to-replica-source", today: "database instance promote", missing: replicas },
  { trove: "eject-replica-source", today: "database instance eject", missing: replicas },
  {
    trove: "log-list",
    today: "database log list",
    line: "log-list orders",
    shownBy: by(unit("logs"), "there are three logs, and each has a place in every engine"),
  },
  {
    trove: "log-show",
    today: "database log show",
    line: "log-list orders",
    words: "one command has all of them",
    shownBy: by(unit("logs"), "the limits that are told are those that hold"),
  },
  {
    trove: "log-enable",
    today: "database log set --enable",
    line: "log-enable orders slow --after 500ms",
    words: "or `logs:`; without a restart",
    shownBy: by(
      "test/docker/logs.test.ts",
      "logs > {engine}: on without a restart; each statement is where it belongs",
    ),
  },
  {
    trove: "log-disable",
    today: "database log set --disable",
    line: "log-disable orders slow",
    shownBy: by("test/docker/logs.test.ts", "logs > {engine}: off again, and never restarted"),
  },
  {
    trove: "log-tail",
    today: "database log tail",
    line: "logs orders --type slow --follow",
    shownBy: by(
      "test/docker/logs.test.ts",
      "logs > {engine}: bounded under more than fits, and followed over a rotation",
    ),
  },
  {
    trove: "log-save",
    today: "database log save",
    line: "logs orders --type slow --lines 2000",
    words: "to standard output: send it to a file",
    shownBy: by(unit("operations-log-reading"), "a log in a stream: as deep as it takes, and no deeper"),
  },
  {
    trove: "log-publish",
    today: "database log set --publish",
    missing: "a guest sends nothing anywhere by itself: `logs` reads what is on it",
  },
];

const declared =
  "a version of `datastores:`; `image` by name, id or tags. A spec in git takes the place of the administrator's call";

export const datastoreVerbs: readonly VerbRow[] = [
  {
    trove: "datastore-list",
    today: "datastore list",
    line: "datastore-list",
    words: "of the spec; without a stack what Coffer serves",
    shownBy: by(
      "test/openstack/day2-seeing.ts",
      "datastores are listed with both versions of each, and with who uses which",
    ),
  },
  {
    trove: "datastore-show",
    today: "datastore show",
    line: "datastore-version-list mariadb",
    shownBy: by(unit("operations-configurations"), "versions: what is declared, then what Coffer serves beyond"),
  },
  {
    trove: "datastore-version-list",
    today: "datastore version list",
    line: "datastore-version-list",
    shownBy: by(unit("operations-configurations"), "versions: what is declared, then what Coffer serves beyond"),
  },
  {
    trove: "datastore-version-show",
    today: "datastore version show",
    line: "datastore-version-list mariadb",
    words: "one row for each version",
    shownBy: by(unit("cli-tables"), "versions that the spec does not declare stand apart"),
  },
  {
    trove: "trove-manage datastore_update",
    words: "`datastores.D.default`: the version of instances that name none",
    shownBy: by(unit("operations-create"), "create: no version: the datastore's default, with its configuration"),
  },
  {
    trove: "trove-manage datastore_version_update",
    today: "datastore version create, set",
    words: declared,
    shownBy: by(
      "test/openstack/preflight.test.ts",
      "by tags the newest is taken; it fits on the flavors that are large enough",
    ),
  },
  {
    trove: "trove-manage datastore_version_delete",
    today: "datastore version delete",
    words: "take the version out of `datastores:`",
    shownBy: by(unit("spec-rules"), "spec: a version that is taken out while an instance has it"),
  },
  {
    trove: "trove-manage db_load_datastore_config_parameters",
    line: "configuration-parameter-list mariadb",
    words: "nothing to load: Coffer brings the list of the real server of each version",
    shownBy: by("test/docker/mariadb-server.test.ts", "the table of parameters is that of this server"),
  },
  {
    trove: "trove-manage db_sync",
    words: "there is no database of Coffer's own to migrate: the record is Pulumi's state",
    shownBy: by(
      "test/component/cli-state.test.ts",
      "a stack moves to another checkout whole, with what opens its secrets",
    ),
  },
];
