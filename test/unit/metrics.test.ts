/** What a monitoring system gets to read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { prometheusText } from "../../cli/prometheus.ts";
import type { InstanceLook } from "../../operations/instances.ts";
import { metricsOf } from "../../operations/metrics.ts";

const look: InstanceLook = {
  row: {
    name: "orders",
    kind: "instance",
    datastore: "shop",
    datastoreVersion: "10.11",
    datastoreActive: true,
    status: "ACTIVE",
    operatingStatus: "HEALTHY",
    role: "single",
    address: "127.0.0.1",
    port: 20001,
    flavor: "small",
    volume: 2,
    volumeUsed: 400,
    volumeSize: 2000,
    connections: 0,
    maxConnections: 60,
    configuration: "oltp",
    certificateExpires: "2027-11-24T05:00:00.000Z",
  },
  live: { operatingStatus: "HEALTHY", activity: { connections: 0, maxConnections: 60, uptimeSeconds: 77 } },
  serverVersion: "10.11.14",
};
const silent: InstanceLook = {
  row: {
    ...look.row,
    name: "ledger",
    status: "ERROR",
    operatingStatus: "UNREACHABLE",
    volumeUsed: null,
    volumeSize: null,
    connections: null,
    maxConnections: null,
    configuration: null,
    certificateExpires: null,
  },
  serverVersion: "",
};

test("the text of an instance that answers, and of one that does not: what is not known has no sample", () => {
  assert.equal(
    prometheusText(metricsOf("demo", [look, silent])),
    `# HELP coffer_instance_up 1 when the database answers queries, else 0.
# TYPE coffer_instance_up gauge
coffer_instance_up{stack="demo",instance="orders"} 1
coffer_instance_up{stack="demo",instance="ledger"} 0
# HELP coffer_instance_status 1 for the status that the instance has, 0 for the others.
# TYPE coffer_instance_status gauge
${statuses("orders", "ACTIVE")}
${statuses("ledger", "ERROR")}
# HELP coffer_instance_info What the instance is, in labels; always 1.
# TYPE coffer_instance_info gauge
coffer_instance_info{stack="demo",instance="orders",kind="instance",role="single",datastore="shop",datastore_version="10.11",server_version="10.11.14",flavor="small",configuration="oltp"} 1
coffer_instance_info{stack="demo",instance="ledger",kind="instance",role="single",datastore="shop",datastore_version="10.11",server_version="",flavor="small",configuration=""} 1
# HELP coffer_instance_connections Client connections open now, without that of this look.
# TYPE coffer_instance_connections gauge
coffer_instance_connections{stack="demo",instance="orders"} 0
# HELP coffer_instance_connections_max Client connections that the server lets in.
# TYPE coffer_instance_connections_max gauge
coffer_instance_connections_max{stack="demo",instance="orders"} 60
# HELP coffer_instance_volume_used_bytes Bytes used on the data volume.
# TYPE coffer_instance_volume_used_bytes gauge
coffer_instance_volume_used_bytes{stack="demo",instance="orders"} 400
# HELP coffer_instance_volume_size_bytes Bytes that the data volume has room for; where the target enforces no size, that of the spec.
# TYPE coffer_instance_volume_size_bytes gauge
coffer_instance_volume_size_bytes{stack="demo",instance="orders"} 2000
# HELP coffer_instance_uptime_seconds Seconds since the database server started.
# TYPE coffer_instance_uptime_seconds gauge
coffer_instance_uptime_seconds{stack="demo",instance="orders"} 77
# HELP coffer_instance_certificate_expires_timestamp_seconds When the server's certificate ends, in seconds since 1970; \`up\` renews it below a third of its life.
# TYPE coffer_instance_certificate_expires_timestamp_seconds gauge
coffer_instance_certificate_expires_timestamp_seconds{stack="demo",instance="orders"} 1827032400
`,
  );
});

function statuses(instance: string, is: string): string {
  return ["BUILD", "ACTIVE", "RESTART_REQUIRED", "REBOOT", "RESIZE", "SHUTDOWN", "ERROR"]
    .map(
      (status) =>
        `coffer_instance_status{stack="demo",instance="${instance}",status="${status}"} ${status === is ? 1 : 0}`,
    )
    .join("\n");
}

test("a stack without instances is an empty text, which is valid", () => {
  assert.equal(prometheusText(metricsOf("demo", [])), "");
});

/** As the format's description says a reader undoes it. */
function readLabels(line: string): Record<string, string> {
  const found = line.matchAll(/([a-z_]+)="((?:\\.|[^"\\\n])*)"/gu);
  const plain = (text: string) => text.replace(/\\(.)/gu, (_, one: string) => (one === "n" ? "\n" : one));
  return Object.fromEntries([...found].map(([, name = "", value = ""]) => [name, plain(value)]));
}

test("any text survives as the value of a label, on its one line", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (value) => {
      const text = prometheusText([
        { name: "n", help: "h", type: "gauge", samples: [{ labels: { value, other: "o" }, value: 1 }] },
      ]);
      const lines = text.split("\n");
      assert.equal(lines.length, 4);
      assert.deepEqual(readLabels(lines[2] ?? ""), { value, other: "o" });
    }),
  );
});
