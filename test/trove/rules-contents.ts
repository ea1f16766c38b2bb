/** Trove's rules on configuration groups, databases, users, root, and on what is kept of data. */
import { by, type RuleRow, unit } from "./row.ts";

const configurations = unit("operations-configurations");
const parameters = unit("mariadb-parameters");
const names = { mariadb: unit("mariadb-names"), postgresql: unit("postgresql-names") };
const rootVerbs = "test/docker/root-verbs.test.ts";
const backups = "backups are later work";
const replicas = "replicas are later work";

export const configurationRules: readonly RuleRow[] = [
  {
    trove: "unknown key, wrong type, below min, above max: error",
    ours: "the same, against the list of the real server of that version; sizes and times with units, and buffers against the flavor's memory",
    shownBy: by(
      parameters,
      "values that are refused > {name} = {value}: below the minimum",
      "values that are refused > {name} = {value}: above the maximum",
      "values that are refused > {name} = {value}: text for a number",
      "values that are refused > {name} = {value}: above 80% of 2 GiB",
      "all problems are returned, and buffers are summed",
    ),
  },
  {
    trove: "a rule file for each datastore version: name, type, restart_required, min, max",
    ours: "read from the server itself; some are Coffer's own (durability, paths, commands) and refused with the reason",
    shownBy: [
      ...by("test/docker/mariadb-server.test.ts", "the table of parameters is that of this server"),
      ...by(parameters, "what safety needs is owned by name"),
    ],
  },
  {
    trove: "attach: same datastore version",
    ours: "the same",
    shownBy: by(configurations, "verb refused: a group of another version"),
  },
  {
    trove: "attach: none is attached yet",
    ours: "another one is replaced, in one step; the one that it has is refused",
    shownBy: by(
      configurations,
      "verb: a group is attached in the place of another",
      "verb refused: a group that it has",
    ),
  },
  {
    trove: "attach: the instance is ACTIVE",
    ours: "on a stopped one the change waits for `start`, and is told as an error",
    shownBy: by(
      unit("operations-stopped"),
      "held: parameters are set inside",
      "the error names each instance once, every change, and the way out",
    ),
  },
  {
    trove: "dynamic parameters apply live",
    ours: "the same",
    shownBy: by(
      "test/docker/lifecycle.test.ts",
      "{engine} > a dynamic parameter changes in the running server, and nothing else does",
    ),
  },
  {
    trove: "other parameters put the instance into RESTART_REQUIRED",
    ours: "with `restart: hold` at the instance; without it the server restarts, and the preview says so",
    shownBy: [
      ...by(
        "test/docker/restart-hold.test.ts",
        "MariaDB {version}: what needs a restart waits for it, and then is gone again",
      ),
      ...by(
        "test/docker/restart-hold.test.ts",
        "PostgreSQL {version}: what needs a restart waits for it, and then is gone again",
      ),
      ...by(
        "test/docker/lifecycle.test.ts",
        "{engine} > a static parameter is announced as a restart, and is in effect afterwards",
      ),
    ],
  },
  {
    trove: "delete while attached: error",
    ours: "the same, with the instances named; also while a version gives it to its instances",
    shownBy: by(
      configurations,
      "verb refused: a group that instances have is not removed",
      "a group that a version gives is not removed, even when no instance has it",
    ),
  },
  {
    trove: "detach goes back to the defaults",
    ours: "the same; the instance's own `parameters` stay",
    shownBy: by(
      "test/openstack/day2-configurations.ts",
      "detached and deleted, it is back to the defaults; without `hold` the server is restarted for them",
    ),
  },
];

export const contentRules: readonly RuleRow[] = [
  {
    trove: "a database's name: MySQL 64 characters, PostgreSQL 63",
    ours: "MariaDB 64 characters, PostgreSQL 63 bytes: the server would cut the rest off in silence",
    shownBy: [
      ...by(names.mariadb, "names of databases and users > 64 characters is the longest database"),
      ...by(names.mariadb, "names of databases and users > 65 characters fits a user only"),
      ...by(names.postgresql, "name: 63 bytes", "name: 64 bytes would be cut silently"),
    ],
  },
  {
    trove: "charset and collation must match",
    ours: "the same",
    shownBy: [
      ...by(names.mariadb, "character sets and collations > {charset} {collation}: of another character set"),
      ...by(names.postgresql, "locale: latin1 in an order of UTF-8"),
    ],
  },
  {
    trove: "reserved databases: mysql, information_schema, performance_schema, sys; postgres, template0, template1",
    ours: "the same, in any case where the server knows no case",
    shownBy: [
      ...by(names.mariadb, "names of databases and users > system databases in any case"),
      ...by(names.postgresql, "the database template0 is PostgreSQL's own"),
    ],
  },
  {
    trove: "a user's name: MySQL 32 characters (Trove 16), PostgreSQL 63",
    ours: "MariaDB 80 characters, as the server has it; PostgreSQL 63 bytes",
    shownBy: [
      ...by(names.mariadb, "names of databases and users > 80 characters is the longest user"),
      ...by(names.mariadb, "names of databases and users > 81 characters fits nothing"),
      ...by(names.postgresql, "name: 64 bytes would be cut silently"),
    ],
  },
  {
    trove: "no space at either end of a name",
    ours: "the same, and no control characters; everything else is taken as it is written",
    shownBy: [
      ...by(
        names.mariadb,
        "names of databases and users > a leading space",
        "names of databases and users > a trailing space",
      ),
      ...by(names.postgresql, "name: a leading space", "name: a trailing space"),
    ],
  },
  {
    trove: "no space at either end of a password",
    ours: "the same; at most 256 characters in MariaDB, 1000 in PostgreSQL",
    shownBy: [
      ...by(names.mariadb, "passwords > Trove's rule on spaces", "passwords > too long"),
      ...by(names.postgresql, "password: a leading space", "password: 1001 characters"),
    ],
  },
  {
    trove: "host: `%`, or IP/CIDR with `%` wildcards (MySQL only)",
    ours: "the same; a network is written with its mask, which is what MariaDB reads. No names: it resolves none",
    shownBy: [
      ...by(
        names.mariadb,
        "hosts of users > {host}: a pattern",
        "hosts of users > {host}: MariaDB has no prefix lengths",
      ),
      ...by(names.postgresql, "a user has no host"),
    ],
  },
  {
    trove: "`--host H` says which of several users of a name is meant",
    ours: "the same with every command, or `NAME@H`",
    shownBy: by(
      unit("operations-user-names"),
      "a user is named: NAME@HOST",
      "a user is named: NAME and its host apart",
    ),
  },
  {
    trove: "reserved users: os_admin, root, postgres",
    ours: "the same, and each server's own",
    shownBy: [
      ...by(
        names.mariadb,
        "names of databases and users > reserved by Trove",
        "names of databases and users > system accounts in any case",
      ),
      ...by(names.postgresql, "the user os_admin is reserved", "the user postgres is reserved"),
    ],
  },
  {
    trove: "a user is addressed as user@host",
    ours: "the same; the name alone where it is the only one",
    shownBy: by(
      unit("operations-contents"),
      "edit: the one of two hosts that was named",
      "refused before anything is touched: one of several users of that name",
    ),
  },
  {
    trove: "generated passwords have 36 characters",
    ours: "the same: letters and digits",
    shownBy: by(unit("provider-passwords"), "passwords: a new user gets one"),
  },
  {
    trove: "root: enable returns the password once; disable",
    ours: "`root-enable`, `root-disable`; asked for again, it is another password. It administers everything in the server and is no superuser, so that no promise on data can be broken by it",
    shownBy: by(
      rootVerbs,
      "{engine} > it is made by one command, which prints its password",
      "{engine} > by the same command it gets another password",
    ),
  },
  {
    trove: "root: whether it was ever enabled is remembered",
    ours: "`root-show`; the data volume remembers it, so an instance that adopts it knows too",
    shownBy: by(
      rootVerbs,
      "{engine} > it is dropped, and that there was one is remembered",
      "{engine} > by an instance that takes its data over, too",
    ),
  },
];

export const setRules: readonly RuleRow[] = [
  { trove: "replica_of: the source passes the gate and is no replica", ours: "`replicaSets:`", missing: replicas },
  {
    trove: "replica_of together with flavor, datastore, volume, locality, users or databases: error",
    ours: "`replicaSets:` says them once for the set",
    missing: replicas,
  },
  { trove: "replica_count 1 to 3, names with -1 ...", ours: "`members:` names them", missing: replicas },
  {
    trove: "locality: affinity, anti-affinity, and soft ones; set when the set is created",
    ours: "`locality:`",
    missing: "replicas are later work, and so are groups of servers",
  },
  { trove: "detach: it becomes an instance by itself; not a replica: error", ours: "`detach`", missing: replicas },
  {
    trove: "promote: read-only, wait for the last transaction, writable, move the others; floating IPs follow",
    ours: "`promote`",
    missing: replicas,
  },
  {
    trove: "eject: refused without replicas, or while the primary's heartbeat is younger than 90 s",
    ours: "`eject`, with the old primary fenced first",
    missing: replicas,
  },
  {
    trove: "backup: NEW, BUILDING, SAVING, COMPLETED, FAILED; full and incremental; delete cascades",
    ours: "`dump` and `load`: one database, whole",
    missing: backups,
  },
  {
    trove: "restore: COMPLETED, size <= volume, same datastore",
    ours: "a kept volume is adopted by an instance of the same datastore and version",
    missing: backups,
  },
  { trove: "backup drivers: Swift, Cinder snapshots", ours: "`rebuild` keeps a snapshot", missing: backups },
  {
    trove: "quotas of instances, volume GB, backups, RAM for each project",
    ours: "the cloud's own, checked before anything is made; limits of size are policies",
    shownBy: by(
      unit("openstack-preflight-quotas"),
      "quotas: one too few: the third does not fit",
      "a fault exactly where the sum of what is new first passes what is left",
    ),
  },
  {
    trove: "clusters: Galera from 3 nodes on (not working)",
    ours: "none",
    missing: "replicas come first",
  },
];
