/** The development cloud's configuration: golden files, and what every one of them must keep. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { cloudsFile } from "../../devcloud/conf/clouds.ts";
import { configurationFiles } from "../../devcloud/conf/index.ts";
import { ini } from "../../devcloud/conf/ini.ts";
import { setup } from "./devcloud-fixture.ts";

const golden = join(import.meta.dirname, "fixtures", "devcloud");
const files = configurationFiles(setup, { hypervisors: 2, fake: 2, heat: true });

for (const [path, content] of Object.entries({ ...files, "clouds.yaml": cloudsFile(setup.secrets) })) {
  test(`etc/${path} is as in its golden file`, () => {
    const file = join(golden, path);
    if (process.env.COFFER_GOLDEN === "write") {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    assert.ok(existsSync(file), `no ${file}; COFFER_GOLDEN=write makes it`);
    assert.equal(content, readFileSync(file, "utf8"));
  });
}

const promises: readonly { why: string; file: string; has: RegExp }[] = [
  { why: "a volume's flushes reach the disk", file: "nova/ctl.conf", has: /^disk_cachemodes = .*network=writeback$/m },
  {
    why: "guests that ran run again after a restart",
    file: "nova/nova-compute.conf",
    has: /^resume_guests_state_on_host_boot = true$/m,
  },
  { why: "a killed MariaDB loses no commit", file: "mysql/my.cnf", has: /^innodb_flush_log_at_trx_commit=2$/m },
  { why: "MariaDB listens on its socket only", file: "mysql/my.cnf", has: /^skip-networking$/m },
  {
    why: "Keystone looks for no folder that Debian's package does not make",
    file: "keystone/keystone.conf",
    has: /^\[fernet_receipts\]\nkey_repository = (?!\/etc\/)/m,
  },
  { why: "libvirt does not listen on the network", file: "libvirt/ctl.conf", has: /^listen_tcp = 0$/m },
  {
    why: "RabbitMQ listens inside only",
    file: "rabbit/rabbitmq.conf",
    has: /^listeners\.tcp\.1 = 10\.200\.0\.1:5672$/m,
  },
];

for (const { why, file, has } of promises) {
  test(why, () => assert.match(files[file] ?? "", has));
}

test("a hypervisor has no database", () => {
  assert.doesNotMatch(files["nova/nova-compute.conf"] ?? "", /\[(api_)?database\]|mysql/);
});

test("nothing listens on all addresses", () => {
  for (const [path, content] of Object.entries(files)) assert.doesNotMatch(content, /0\.0\.0\.0|bind.*\*/, path);
});

test("clouds.yaml has both clouds, with passwords of their own", () => {
  const { clouds } = parse(cloudsFile(setup.secrets)) as { clouds: Record<string, { auth: Record<string, string> }> };
  assert.deepEqual(Object.keys(clouds), ["devcloud", "devcloud-admin"]);
  assert.equal(clouds.devcloud?.auth.project_name, "demo");
  assert.equal(clouds.devcloud?.auth.password, setup.secrets.demo);
  assert.equal(clouds["devcloud-admin"]?.auth.password, setup.secrets.admin);
});

test("sections and values: empty ones are kept, since they overrule a default", () => {
  assert.equal(ini({ a: { b: "", c: 1 }, d: { e: true } }), "[a]\nb =\nc = 1\n\n[d]\ne = true\n");
});
