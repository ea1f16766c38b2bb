/** What people complain about in Trove, and the traps of OpenStack that it met. */
import { by, type RuleRow, unit } from "./row.ts";

const replicas = "replicas and failover are later work";
const networks = unit("openstack-preflight-networks");

export const complaints: readonly RuleRow[] = [
  {
    trove: "stuck in BUILD for ever when the guest cannot reach the message queue; cannot be deleted",
    ours: "no message bus; every wait is bounded and names the stage that failed; always deletable",
    shownBy: [
      ...by(
        "test/openstack/faults-first.test.ts",
        "faults of the cloud during a first up > a flavor that no host has room for, and a volume that fails: both are told",
      ),
      ...by(
        "test/openstack/day2-removal.ts",
        "delete refuses what it cannot end cleanly; force-delete removes it and keeps the volume",
      ),
      ...by(unit("engines-shared"), "a wait ends with what it waited for, with an error, or with words"),
    ],
  },
  {
    trove: "credentials of RabbitMQ and Keystone sit in guests",
    ours: "none of a control plane is in a guest: Coffer comes in over SSH",
    shownBy: [
      ...by(
        "test/component/openstack-machine.test.ts",
        "user-data is a secret, names the public key, and holds no secret itself",
      ),
      ...by(
        "test/openstack/lifecycle.test.ts",
        "the demo on a cloud > no password and no private key is in clear in the state, the logs, the cloud or a guest",
      ),
    ],
  },
  {
    trove: "images must be built by hand, with many pitfalls",
    ours: "`up` builds and uploads them; `coffer image build` does it beforehand; a stock cloud image works, too",
    shownBy: [
      ...by("test/docker/images.test.ts", "an image that is there is not built again"),
      ...by(
        "test/component/openstack-machine.test.ts",
        "software is installed in machines of a stock image only, by engine and version, over the pinned connection",
      ),
      ...by("test/openstack/stock.test.ts", "a stock cloud image of {suite} > it serves"),
    ],
  },
  {
    trove: "container images are pulled at boot",
    ours: "everything is in the image: a guest needs no registry. Only `stock: true` installs at the first boot",
    shownBy: by(
      "test/component/openstack-machine.test.ts",
      "software is installed in machines of a stock image only, by engine and version, over the pinned connection",
    ),
  },
  {
    trove: "no automated failover; detached replicas cannot rejoin; clients must repoint",
    ours: "failover as code",
    missing: replicas,
  },
  {
    trove: "promote leaves replicas following the wrong primary",
    ours: "every replica is seen to follow",
    missing: replicas,
  },
  {
    trove: 'creating a database or user answers "accepted" even when the guest then fails',
    ours: "the command ends when it is done, or fails with the server's own message and what to do",
    shownBy: by(
      "test/docker/remedies.test.ts",
      "MariaDB > a row that another session holds",
      "PostgreSQL > more sessions than there may be",
    ),
  },
  {
    trove: "WAL fills the disk; no restore to a point in time",
    ours: "an archive off the host",
    missing: "backups are later work; `list` and `metrics` tell how full a volume is",
  },
  {
    trove: "user input may run code",
    ours: "no string reaches a shell or SQL unquoted, and each is checked before anything is made",
    shownBy: [
      ...by(
        "test/docker/mariadb-names.test.ts",
        "any name and password is created exactly and works, or is refused by a rule",
      ),
      ...by(
        "test/docker/postgresql-users.test.ts",
        "any name and password is created exactly and logs in, or is refused by rule",
      ),
      ...by(unit("spec-hostile"), "whatever the bytes, loading ends in a SpecError or a model"),
    ],
  },
  {
    trove: "a major version change is refused only after it was stored; the instance ends in ERROR",
    ours: "refused in the preview; nothing is stored, the instance serves on",
    shownBy: by(unit("provider-kinds"), "check > {kind.token}: another version needs an upgrade, which up does not do"),
  },
  {
    trove: "as code, every argument but the configuration replaces the instance",
    ours: "volume, flavor, parameters, users, databases and grants change in place; a replacement is refused unless it is named",
    shownBy: [
      ...by("test/docker/lifecycle.test.ts", "{engine} > another flavor changes memory and CPU of the same container"),
      ...by(
        "test/openstack/day2-sizes.ts",
        "resize-instance gives both another flavor; the rows are there, and memory is used",
      ),
      ...by(unit("operations-plan"), "refusals: a server with data is not replaced unasked"),
    ],
  },
  {
    trove: "ingress is open to 0.0.0.0/0 by default",
    ours: "closed by default; the whole internet needs an exception with a last day",
    shownBy: [
      ...by(unit("openstack-ingress"), "ingress: nothing is named: nothing is open"),
      ...by(
        "test/openstack/day2-seeing.ts",
        "the whole internet is not let to a database, and the spec stays as it is",
      ),
    ],
  },
];

export const traps: readonly RuleRow[] = [
  {
    trove: "servers of one group that are made side by side end on one host",
    ours: "members of a set one after the other",
    missing: replicas,
  },
  {
    trove: "rules of one security group that are made side by side can conflict",
    ours: "each instance has a group of its own, whose rules take turns in the plugin",
    shownBy: by(
      "test/openstack/lifecycle.test.ts",
      "the demo on a cloud > everything real is marked, and there is nothing more than is needed",
    ),
  },
  {
    trove: "a lookup by name gives none, one or several",
    ours: "each has its own error, with the nearest name or the ids",
    shownBy: by(
      networks,
      "{title}: no network of that name: what there is and the nearest",
      "{title}: several networks of one name: their ids, and whose they are",
      "{title}: two of one name in the network",
    ),
  },
  {
    trove: "the plugin waits 30 minutes by itself",
    ours: "limits of our own for each object of the cloud",
    missing:
      "the plugin's limits hold for what it makes; Coffer's own waits (guests, sizes, databases) have shorter ones",
  },
  {
    trove: "growing a volume online needs its switch, and then the guest must grow its file system",
    ours: "Coffer asks Cinder itself, and grows the file system; one that was left behind is seen by the next `up`",
    shownBy: [
      ...by(
        "test/openstack/day2-sizes.ts",
        "resize-volume grows the volumes of both, in one apply, while clients are connected",
      ),
      ...by(unit("provider-volume"), "diff: a file system that did not grow with it"),
    ],
  },
];
