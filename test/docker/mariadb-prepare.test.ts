/** Making a data directory, cut off at any moment: the next try ends as an undisturbed one would. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { layout } from "../../access/guest.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { apply, startGuest, type TestGuest } from "./mariadb-guest.ts";

for (const version of mariadb.versions) describe(`MariaDB ${version}`, () => cases(version));

function cases(version: string): void {
  let server: TestGuest;

  before(async () => {
    server = await startGuest(version);
  });
  afterEach(async () => {
    await server.guest.service.stop();
    await server.guest.must([
      "sh",
      "-c",
      `rm -rf ${layout.data}* ${layout.marker} ${layout.conf}/*.cnf ${layout.root}/binlog`,
    ]);
  });
  after(async () => {
    await server?.remove();
  });

  const prepare = { kind: "prepare", from: { from: "blank" }, summary: "" } as const;

  /** What lies on the volume after each stage that a kill can leave behind. */
  const leftovers: { why: string; script: string; steps: string[] }[] = [
    {
      why: "a staging directory half filled",
      script: `mkdir -p ${layout.data}.preparing-0/mysql`,
      steps: ["prepare", "configure", "start"],
    },
    {
      why: "a marker half written",
      script: `printf '{"uu' > ${layout.marker}.new`,
      steps: ["prepare", "configure", "start"],
    },
    { why: "an empty data directory", script: `mkdir ${layout.data}`, steps: ["prepare", "configure", "start"] },
  ];

  for (const { why, script, steps } of leftovers)
    test(`left behind: ${why}`, async () => {
      await server.guest.must(["sh", "-c", script]);
      assert.deepEqual(
        (await apply(server)).map((step) => step.kind),
        steps,
      );
      assert.deepEqual(await apply(server), []);
      const { stdout } = await server.guest.must(["ls", "-A", layout.root]);
      assert.deepEqual(stdout.trim().split("\n").sort(), [".coffer", "binlog", "conf", "data"]);
    });

  test("cut off by a crash of the guest at growing moments", { timeout: 180_000 }, async () => {
    // The moments are told by what lies on the volume, not by a clock.
    for (const seen of [
      `ls -d ${layout.data}.preparing-*`,
      `ls -d ${layout.data}.preparing-*/mysql`,
      `ls ${layout.marker}`,
    ]) {
      const cut = mariadb.executeServer(server.guest, prepare, server.spec).catch(() => undefined);
      await server.guest.must(["sh", "-c", `until ${seen} >/dev/null 2>&1; do sleep 0.01; done`]);
      await server.crash();
      await cut;
      await apply(server);
      assert.deepEqual(await apply(server), [], seen);
      await server.guest.service.stop();
      await server.guest.must(["sh", "-c", `rm -rf ${layout.data} ${layout.marker}`]);
    }
  });

  test("two at once: one works, the other waits and finds it done", async () => {
    const both = [1, 2].map(() => mariadb.executeServer(server.guest, prepare, server.spec));
    await Promise.all(both);
    assert.deepEqual(
      (await apply(server)).map((step) => step.kind),
      ["configure", "start"],
    );
  });
}
