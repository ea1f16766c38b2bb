/** The configuration file of a server: as it was read over, sized by flavor and volume, and with nothing that adds a line. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import type { ServerSpec, TlsMode } from "../../engines/engine.ts";
import { optionValue } from "../../engines/mariadb/configuration.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { serverId, settings } from "../../engines/mariadb/settings.ts";
import { GiB, MiB } from "../../engines/shared/units.ts";
import { spec, withParameters } from "./mariadb-plan-fixture.ts";

for (const version of mariadb.versions)
  test(`the rendered configuration is the one that was read over: ${version}`, () => {
    const [file] = mariadb.renderConfiguration({ ...spec, version });
    const golden = new URL(`fixtures/mariadb/${version}.cnf`, import.meta.url);
    assert.equal(file?.content, readFileSync(golden, "utf8"));
    assert.equal(file?.path, "/srv/coffer/conf/mariadb.cnf");
  });

test("plain connections are taken under basic alone", () => {
  const line = (tls: TlsMode) =>
    /^require_secure_transport = (\w+)$/m.exec(mariadb.renderConfiguration({ ...spec, tls })[0]?.content ?? "")?.[1];
  assert.deepEqual((["basic", "enforced", "mtls"] as const).map(line), ["OFF", "ON", "ON"]);
});

test("sizes follow the flavor and the volume", () => {
  const value = (of: ServerSpec, name: string) => settings(of).find((s) => s.name === name)?.value;
  const small = withParameters({});
  assert.equal(value(small, "innodb_buffer_pool_size"), String(192 * MiB));
  assert.equal(value({ ...small, memoryBytes: 64 * MiB }, "innodb_buffer_pool_size"), String(32 * MiB));
  assert.equal(value({ ...small, memoryBytes: 64 * GiB }, "aria_pagecache_buffer_size"), String(128 * MiB));
  assert.equal(value(small, "max_binlog_size"), String(32 * MiB));
  assert.equal(value({ ...small, volumeBytes: 100 * GiB }, "max_binlog_size"), String(256 * MiB));
  assert.equal(value(withParameters({ character_set_server: "latin1" }), "collation_server"), "latin1_swedish_ci");
  assert.equal(value(withParameters({ collation_server: "latin1_bin" }), "character_set_server"), "latin1");
});

test("a server id is the instance's for life, one of its own, and in range", () => {
  // Those that servers have by now: another one would make a server drop its own binlog's events.
  assert.equal(serverId("6f1ed002-ab56-4c2b-a5a4-d4d1c2f3b4e5"), 4_195_817_708);
  assert.equal(serverId("00000000-0000-4000-8000-000000000000"), 3_682_620_897);
  const ids = fc.sample(fc.uuid(), { numRuns: 2000, seed: 1 }).map(serverId);
  assert.equal(new Set(ids).size, 2000, "two instances in 2000 share one");
  for (const id of ids) assert.ok(Number.isInteger(id) && id >= 1 && id < 2 ** 32, String(id));
});

test("no value of an option file can add a line, and quoting is the file's own", () => {
  assert.equal(optionValue("STRICT_ALL_TABLES,NO_ZERO_DATE"), "STRICT_ALL_TABLES,NO_ZERO_DATE");
  assert.equal(optionValue('a "b" \\ #c'), '"a \\"b\\" \\\\ #c"');
  assert.equal(optionValue(""), '""');
  assert.throws(() => optionValue("a\nb"));
});
