/**
 * The demo's life on a real cloud, from the first `up` to `destroy`: one stack with both engines side by side, each in an image of
 * another Debian release, and each command on it in turn. Guests without hardware help boot for a minute, so no step makes guests of its own.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closeAll } from "../../access/index.ts";
import { withClient } from "../support/clients.ts";
import { shown } from "../support/cloud.ts";
import { accessIsChanged, Doors } from "./day2-access.ts";
import { attachedConfiguration, configurationsAreChanged, detachedConfiguration } from "./day2-configurations.ts";
import { droppedDatabases, dynamicParameters, newUsersAndDatabases, staticParameters } from "./day2-contents.ts";
import { Drift } from "./day2-drift.ts";
import { guestsAreReached } from "./day2-guests.ts";
import { powerIsSwitched, serverIsRestarted } from "./day2-power.ts";
import { guestsAreRebuilt } from "./day2-rebuild.ts";
import { instancesAreRemoved } from "./day2-removal.ts";
import { madeAdministrator, removedAdministrator } from "./day2-root.ts";
import { stackIsSeen } from "./day2-seeing.ts";
import { grow, grownVolumes, moveAll, otherFlavors, sizesAreRefused } from "./day2-sizes.ts";
import { connectionsAreEncrypted } from "./day2-tls.ts";
import { databasesAndUsersAreChanged, guestsAreUsed } from "./day2-verbs.ts";
import { both, Life } from "./demo.ts";
import { inOneApply } from "./one-apply.ts";

const life = new Life();
const doors = new Doors(life);
const drift = new Drift(life);

describe("the demo on a cloud", () => {
  // Without it nothing else can be tested.
  before(async () => {
    await life.begin();
    await life.stack.does("up");
  });
  after(async () => {
    doors.end();
    await closeAll();
    await life.end();
  });

  test("the first up made both: an ordinary client writes and reads rows through the floating IP", async () => {
    const rows = await life.healthyRows();
    assert.equal(rows.length, both.length);
    for (const one of both) {
      const row = rows.find(({ name }) => name === one.name);
      assert.ok(row);
      assert.deepEqual([row.status, row.port], ["ACTIVE", one.port]);
      const floating = await life.stack.object(one.name, "floating-ip");
      assert.equal(row.address, floating.name);
      await withClient(one.engine, await life.login(one), async (query) => {
        await query("CREATE TABLE item (id int PRIMARY KEY)");
        await query("INSERT INTO item VALUES (1), (2)");
      });
      await life.rowsAreThere(one);
    }
  });

  test("a reader reads and cannot write", async () => {
    for (const one of both) {
      assert.equal((await life.ask(one, "SELECT id FROM item", one.reader)).length, 2);
      await assert.rejects(life.ask(one, "INSERT INTO item VALUES (3)", one.reader), one.denied);
    }
  });

  test("everything real is marked, and there is nothing more than is needed", async () => {
    const roles = (await life.stack.objects()).map(({ role, instanceName }) => `${instanceName} ${role}`).sort();
    const each = ["data", "floating-ip", "port", "rule", "rule", "security-group", "server"];
    assert.deepEqual(roles, both.flatMap(({ name }) => each.map((role) => `${name} ${role}`)).sort());
  });

  test("a second up changes nothing", async () => {
    const ids = async () => (await life.stack.objects()).map(({ id }) => id).sort();
    const before = await ids();
    type Up = { applied: boolean; changes: readonly unknown[] };
    const { applied, changes } = await life.stack.json<Up>(["up", "--stack", life.stack.stack]);
    assert.deepEqual({ applied, changes }, { applied: false, changes: [] });
    assert.deepEqual(await ids(), before);
  });

  test("no password and no private key is in clear in the state, the logs, the cloud or a guest", async () => {
    const addresses = await life.stack.addresses();
    const logins = await Promise.all(both.flatMap((one) => [life.login(one), life.login(one, one.reader)]));
    const keys = both.map(({ name }) => addresses[name]?.key ?? "");
    assert.match(keys[0] ?? "", /PRIVATE KEY/);
    // The lines of a key that are its own.
    const secrets = [...logins.map(({ password }) => password), ...keys.map((key) => key.split("\n")[2] ?? "")];
    assert.ok(secrets.every((secret) => secret.length > 30));
    const state = life.stack.stateText();
    assert.deepEqual(shown(state, [...secrets, "#cloud-config"]), [], "the state");
    assert.deepEqual(shown(life.stack.logText(), secrets), [], "Coffer's logs");
    for (const { name } of both) {
      const { id } = await life.stack.object(name, "server");
      const server = JSON.stringify(await life.stack.cloud.call("compute", `/servers/${id}`));
      assert.deepEqual(shown(server, secrets), [], "what Nova shows");
      const guest = await life.stack.guest(name);
      const places =
        "cat /var/lib/cloud/instance/user-data.txt; ps axwwe; journalctl --no-pager -b; cat /var/log/*.log";
      const { stdout } = await guest.run(["sh", "-c", `${places} 2>&1`], { timeout: 120_000 });
      assert.match(stdout, /#cloud-config/);
      assert.deepEqual(shown(stdout, secrets), [], `the guest of ${name}`);
    }
  });

  stackIsSeen(life);
  connectionsAreEncrypted(life);
  guestsAreReached(life);
  inOneApply(life, "one apply changes what needs no restart", () => grow(life), [
    dynamicParameters(life),
    newUsersAndDatabases(life),
    attachedConfiguration(life),
    madeAdministrator(life),
    grownVolumes(life),
    doors.closed(),
  ]);
  serverIsRestarted(life);
  configurationsAreChanged(life);
  inOneApply(life, "one apply restarts both servers, and takes back what was added", () => life.stack.does("up"), [
    staticParameters(life),
    detachedConfiguration(life),
    removedAdministrator(life),
    doors.opened(),
    droppedDatabases(life),
  ]);
  databasesAndUsersAreChanged(life);
  guestsAreUsed(life);
  sizesAreRefused(life);
  accessIsChanged(life);
  drift.isTold();
  inOneApply(life, "one apply moves both to other flavors", () => moveAll(life), [
    drift.adoptedRule(),
    otherFlavors(life),
  ]);
  powerIsSwitched(life);
  guestsAreRebuilt(life);
  instancesAreRemoved(life);
});
