/** Dumps of real servers: what goes in comes out, what is not whole is refused, and a hostile one has no rights. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { after, before, describe, test } from "node:test";
import { dumpFrom, loadInto } from "../../operations/dumps.ts";
import { cases, type DumpServer, into, login } from "./dumps-fixture.ts";

for (const its of cases) {
  const { from } = its;
  for (const version of its.engine.versions) {
    describe(`${its.engine.title} ${version}`, () => {
      let server: DumpServer;
      let whole: Buffer;
      let before_: unknown;

      before(async () => {
        server = await its.start(version);
        await server.query(from, ...its.fill);
      });
      after(() => server?.remove());

      const dumped = async (database: string): Promise<Buffer> => {
        const output = new PassThrough();
        const chunks: Buffer[] = [];
        output.on("data", (chunk: Buffer) => chunks.push(chunk));
        const { bytes } = await dumpFrom(server.guest, its.engine, { name: "one", database, what: "the dump", output });
        const all = Buffer.concat(chunks);
        assert.equal(all.length, bytes);
        return all;
      };
      const loaded = (bytes: Buffer | string, options: { replace?: boolean; pieces?: number } = {}) => {
        const all = Buffer.from(bytes);
        const length = options.pieces ?? all.length;
        const pieces = Array.from({ length: Math.ceil(all.length / length) }, (_, i) =>
          all.subarray(i * length, (i + 1) * length),
        );
        return loadInto(server.guest, its.engine, {
          name: "one",
          database: into,
          what: "the load",
          input: Readable.from(pieces),
          replace: options.replace ?? false,
          login,
        });
      };
      const all = async (database: string) => {
        const rows: unknown[] = [];
        for (const reading of its.readings) rows.push(await server.query(database, reading));
        return rows;
      };
      const objects = async (database: string) => {
        const open = await its.engine.open(server.guest);
        try {
          return await open.objects(database);
        } finally {
          await open.close();
        }
      };

      /** To every process of the dumping program; fails when there is none. */
      const signal = (name: string) =>
        server.guest.must(["sh", "-s", "--", its.dumper, name], {
          stdin:
            'set --  "$1" "$2" $(grep -lx "$1" /proc/[0-9]*/comm | cut -d/ -f3)\nname=$2; shift 2; kill -s "$name" "$@"',
        });

      test("everything that goes in comes out in another database", async () => {
        assert.equal(await objects(into), 0);
        whole = await dumped(from);
        before_ = await all(from);
        assert.deepEqual([its.engine.dumps.begins(whole), its.engine.dumps.ends(whole)], [true, true]);
        const { bytes } = await loaded(whole, { pieces: 999 });
        assert.equal(bytes, whole.length);
        assert.deepEqual(await all(into), before_);
        assert.equal(await objects(into), await objects(from));
      });

      test("a database that has something is loaded only with the word for it", async () => {
        await server.query(into, "DELETE FROM heard", "INSERT INTO heard VALUES (5), (6)");
        await assert.rejects(loaded(whole), { reason: "input", message: /is not empty: it has \d+ tables/ });
        assert.equal((await server.query(into, "SELECT n FROM heard")).length, 2);
        await loaded(whole, { replace: true });
        assert.deepEqual(await all(into), before_);
      });

      test("a dump that was cut off is refused, wherever that was", async () => {
        for (const part of [0.2, 0.5, 0.9, 1 - 60 / whole.length, 1 - 1 / whole.length]) {
          const cut = whole.subarray(0, Math.floor(whole.length * part));
          // The mark of SQL is whole without its newline.
          if (its.engine.dumps.ends(cut) && !its.engine.dumps.atomic) continue;
          await assert.rejects(loaded(cut, { replace: true }), { reason: "failed" }, `${part}`);
          if (its.engine.dumps.atomic) assert.equal((await server.query(into, "SELECT n FROM heard")).length, 0);
        }
      });

      for (const { why, dump } of its.hostile) {
        test(`a hostile dump is refused: ${why}`, async () => {
          await assert.rejects(loaded(dump, { replace: true }), { reason: "failed" });
          assert.equal((await server.guest.run(["test", "-e", "/tmp/trace"])).code, 1);
        });
      }

      test("a failure says what the program said, and none of the rows", async () => {
        const bad = its.engine.dumps.atomic
          ? loaded(whole)
          : loaded("-- MariaDB dump 1\nINSERT INTO none VALUES ('secret row');\n-- Dump completed\n", {
              replace: true,
            });
        const error = await bad.then(
          () => assert.fail("it was loaded"),
          (failure: Error) => failure,
        );
        assert.doesNotMatch(error.message, /secret row/);
        assert.match(error.message, /not empty|doesn't exist/);
      });

      test("a dump whose program is killed fails", async () => {
        await server.query(from, its.many);
        const output = new PassThrough({ highWaterMark: 1 });
        const work = dumpFrom(server.guest, its.engine, { name: "one", database: from, what: "the dump", output });
        const failed = assert.rejects(work, { problem: "failed" });
        await once(output, "readable");
        // Stopped first, so that it cannot end while what it wrote so far is taken.
        await signal("STOP");
        output.resume();
        await signal("KILL");
        await failed;
      });
    });
  }
}
