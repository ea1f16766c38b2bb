/** Trove's verbs on databases, users, configuration groups, and what is kept of data. */
import { by, unit, type VerbRow } from "./row.ts";

const contents = "test/docker/contents.test.ts";
const configurations = unit("operations-configurations");
const backups = "backups are later work; until then `dump` and `load` keep one database as a file";
const rootVerbs = "test/docker/root-verbs.test.ts";
const quotas = "quotas are the cloud's own (`openstack quota show`); `up` checks them before anything is made";
const clusters = "Trove's do not work either; replicas come first";

export const contentVerbs: readonly VerbRow[] = [
  {
    trove: "database-create",
    today: "database db create",
    line: "database-create orders shop reports --charset utf8mb4",
    words: "or `databases:`",
    shownBy: by(contents, "{engine} > a database and a reader of it are made, and can be used"),
  },
  {
    trove: "database-list",
    today: "database db list",
    line: "database-list orders",
    words: "what the server really has, managed or not",
    shownBy: by(contents, "{engine} > what is made by hand is seen, and users go when the instance is exclusive"),
  },
  {
    trove: "database-delete",
    today: "database db delete",
    line: "database-delete orders shop --yes",
    words: "asks; in the spec `drop:` has to name it",
    shownBy: by(contents, "{engine} > a database is dropped when that is confirmed, and listed again it is a new one"),
  },
  {
    trove: "user-create",
    today: "database user create",
    line: "user-create orders app@10.% --databases shop --privileges write",
    words:
      "or `users:`. No password on the command line: it is generated, or comes from `--password-env` or `--password-file`",
    shownBy: by(contents, "{engine} > a database and a reader of it are made, and can be used"),
  },
  {
    trove: "user-list",
    today: "database user list",
    line: "user-list orders",
    words: "of all instances when none is named",
    shownBy: by("test/docker/lifecycle.test.ts", "{engine} > user-list names users with host and databases"),
  },
  {
    trove: "user-show",
    today: "database user show",
    line: "user-show orders app --password",
    words: "with its password, when that is asked for",
    shownBy: by(
      contents,
      "{engine} > a renamed user keeps its password and grants; a new password replaces the old one",
    ),
  },
  {
    trove: "user-delete",
    today: "database user delete",
    line: "user-delete orders app --yes",
    shownBy: by(contents, "{engine} > a user is dropped when that is confirmed"),
  },
  {
    trove: "user-update-attributes",
    today: "database user update attributes",
    line: "user-update orders app --new-name shop",
    words: "another name, host or password; grants stay",
    shownBy: by(
      contents,
      "{engine} > a renamed user keeps its password and grants; a new password replaces the old one",
    ),
  },
  {
    trove: "user-show-access",
    today: "database user show access",
    line: "user-show-access orders app",
    words: "what the server lets the user do: read, write, all, or partial",
    shownBy: by(contents, "{engine} > a database and a reader of it are made, and can be used"),
  },
  {
    trove: "user-grant-access",
    today: "database user grant access",
    line: "user-grant-access orders app shop --privileges read",
    words: "levels in place of all or nothing; all when none is named",
    shownBy: by(unit("operations-contents"), "edit: the one of two hosts that was named"),
  },
  {
    trove: "user-revoke-access",
    today: "database user revoke access",
    line: "user-revoke-access orders app shop",
    shownBy: by(contents, "{engine} > access that was revoked is gone"),
  },
  {
    trove: "root-enable",
    today: "database root enable",
    line: "root-enable orders",
    words: "or `root: true`; an administrator that is no superuser",
    shownBy: by(
      rootVerbs,
      "{engine} > it is made by one command, which prints its password",
      "{engine} > by the same command it gets another password",
    ),
  },
  {
    trove: "root-show",
    today: "database root show",
    line: "root-show orders",
    shownBy: by(rootVerbs, "{engine} > it is dropped, and that there was one is remembered"),
  },
  {
    trove: "root-disable",
    today: "database root disable",
    line: "root-disable orders",
    shownBy: by(rootVerbs, "{engine} > it is dropped, and that there was one is remembered"),
  },
];

export const configurationVerbs: readonly VerbRow[] = [
  {
    trove: "configuration-create",
    today: "database configuration create",
    line: "configuration-create oltp --datastore mariadb max_connections=200",
    words: "or `configurations:`; KEY=VALUE in place of JSON",
    shownBy: by(configurations, "verb: a group is made"),
  },
  {
    trove: "configuration-list",
    today: "database configuration list",
    line: "configuration-list",
    shownBy: by(configurations, "configurations, with who has them"),
  },
  {
    trove: "configuration-show",
    today: "database configuration show",
    line: "configuration-show oltp",
    shownBy: by(configurations, "configurations, with who has them"),
  },
  {
    trove: "configuration-patch",
    today: "database configuration parameter set",
    line: "configuration-patch oltp max_connections=300 --unset long_query_time",
    words: "`--unset` takes a parameter out",
    shownBy: by(configurations, "verb: a group is patched"),
  },
  {
    trove: "configuration-update",
    today: "database configuration set",
    words: "edit the group in the spec, and `coffer up`",
    shownBy: by(
      "test/docker/lifecycle.test.ts",
      "{engine} > a dynamic parameter changes in the running server, and nothing else does",
    ),
  },
  {
    trove: "configuration-attach",
    today: "database configuration attach",
    line: "configuration-attach orders oltp",
    words: "or `configuration:` at the instance",
    shownBy: by(
      "test/openstack/day2-configurations.ts",
      "a configuration is attached: under `restart: hold` what needs a restart waits, and is told",
    ),
  },
  {
    trove: "configuration-detach",
    today: "database configuration detach",
    line: "configuration-detach orders",
    shownBy: by(
      "test/openstack/day2-configurations.ts",
      "detached and deleted, it is back to the defaults; without `hold` the server is restarted for them",
    ),
  },
  {
    trove: "configuration-delete",
    today: "database configuration delete",
    line: "configuration-delete oltp",
    shownBy: by(configurations, "verb: a group that nobody has goes"),
  },
  {
    trove: "configuration-default",
    today: "database configuration default",
    line: "configuration-default orders",
    words: "and says what comes from the flavor; `configuration-default mariadb@11.8` needs no instance and no stack",
    shownBy: by(configurations, "the defaults follow the sizes, and what each instance has of its own is not invented"),
  },
  {
    trove: "configuration-instances",
    today: "database configuration instances",
    line: "configuration-instances oltp",
    shownBy: by(configurations, "configurations, with who has them"),
  },
  {
    trove: "configuration-parameter-list",
    today: "database configuration parameter list",
    line: "configuration-parameter-list mariadb@11.8 innodb_*",
    shownBy: by(configurations, "every parameter of every version is listed with what may be written"),
  },
  {
    trove: "configuration-parameter-show",
    today: "database configuration parameter show",
    line: "configuration-parameter-show mariadb max_connections",
    shownBy: by(configurations, "every parameter of every version is listed with what may be written"),
  },
];

export const otherVerbs: readonly VerbRow[] = [
  { trove: "backup-create", today: "database backup create", missing: backups },
  { trove: "backup-list", today: "database backup list", missing: backups },
  { trove: "backup-show", today: "database backup show", missing: backups },
  { trove: "backup-delete", today: "database backup delete", missing: backups },
  { trove: "backup-strategy-create", today: "database backup strategy create, list, delete", missing: backups },
  { trove: "quota-show, quota-update", today: "database quota show, update", missing: quotas },
  { trove: "limit-list", today: "database limit list", missing: quotas },
  {
    trove: "flavor-list, flavor-show",
    today: "database flavor list, show",
    words:
      "`flavors:` of the spec on Docker; Nova's on OpenStack: `openstack flavor list`. A wrong name is told with the nearest",
    shownBy: by(unit("openstack-preflight-machines"), "{title}: unknown, with the nearest"),
  },
  { trove: "cluster-create, -list, -show, -grow, -shrink, -delete", today: "database cluster ...", missing: clusters },
];
