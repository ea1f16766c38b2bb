/** Tables, sheets, JSON and YAML: how the command line shows what there is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parameterTable, versionTables } from "../../cli/configuration-tables.ts";
import { serialize, sheet, table } from "../../cli/output.ts";
import { keptWords, listTable } from "../../cli/tables.ts";
import type { InstanceRow } from "../../operations/rows.ts";

const row: InstanceRow = {
  name: "orders",
  kind: "instance",
  datastore: "mariadb",
  datastoreVersion: "10.11",
  datastoreActive: true,
  status: "ACTIVE",
  operatingStatus: "HEALTHY",
  role: "single",
  address: "127.0.0.1",
  port: 20001,
  flavor: "small",
  volume: 2,
  volumeUsed: 402_653_184,
  volumeSize: 2 * 1024 ** 3,
  connections: 3,
  maxConnections: 60,
  configuration: null,
  certificateExpires: null,
};
const silent = { volumeUsed: null, volumeSize: null, connections: null, maxConnections: null };

test("an instance of an inactive version is marked as such", () => {
  assert.match(listTable([{ ...row, datastoreActive: false }]), /^orders {2}mariadb {4}10\.11 \(inactive\) {2}ACTIVE/m);
});

test("versions that the spec does not declare stand apart", () => {
  const declared = {
    datastore: "shop",
    engine: "mariadb",
    version: "10.11",
    default: true,
    active: false,
    image: "",
    configuration: null,
    instances: ["orders"],
    declared: true,
  };
  const other = { ...declared, version: "11.8", default: false, instances: [], declared: false };
  assert.equal(
    versionTables([declared, other]),
    [
      "DATASTORE  ENGINE   VERSION  DEFAULT  ACTIVE  IMAGE            CONFIGURATION  INSTANCES",
      "shop       mariadb  10.11    yes      no      Coffer's recipe  -              orders",
      "",
      "served by Coffer, and not declared in the spec:",
      "  shop@11.8",
      "",
    ].join("\n"),
  );
});

test("parameters: what a change of each takes", () => {
  const rule = { name: "a", type: "integer", unit: "s", min: 1, max: 9, default: "5", dynamic: true } as const;
  assert.equal(
    parameterTable([rule, { name: "b", type: "enum", values: ["x", "y"], dynamic: false }, { ...rule, owned: "why" }]),
    [
      "NAME  TYPE     UNIT  RANGE   DEFAULT  CHANGES",
      "a     integer  s     1 .. 9  5        live",
      "b     enum     -     x, y    -        restart",
      "a     integer  s     1 .. 9  5        owned",
      "",
    ].join("\n"),
  );
});

test("the table of instances", () => {
  assert.equal(
    listTable([
      { ...row, certificateExpires: "2027-11-24T05:00:00.000Z" },
      { ...row, name: "b", status: "BUILD", address: "", port: 0, ...silent, configuration: "oltp" },
    ]),
    [
      "NAME    DATASTORE  VERSION  STATUS  OPERATING STATUS  ROLE    ADDRESS          FLAVOR  VOLUME  USED  CONNECTIONS  CONFIGURATION  CERTIFICATE UNTIL",
      "orders  mariadb    10.11    ACTIVE  HEALTHY           single  127.0.0.1:20001  small   2 GiB   19%   3/60         -              2027-11-24",
      "b       mariadb    10.11    BUILD   HEALTHY           single  -                small   2 GiB   -     -            oltp           -",
      "",
    ].join("\n"),
  );
  assert.equal(listTable([]), "no instances\n");
});

test("tables: numbers to the right, wide characters counted once, nothing that moves the cursor", () => {
  const rows = [
    { name: "é\u001b[31m", size: 5 },
    { name: "long name", size: 1000 },
  ];
  const text = table(
    rows,
    [
      { title: "name", value: (one) => one.name },
      { title: "size", value: (one) => one.size },
    ],
    "none",
  );
  assert.equal(text, "NAME       SIZE\né?[31m        5\nlong name  1000\n");
});

test("a sheet gives each item of a list its line", () => {
  assert.equal(
    sheet([
      ["name", "orders"],
      ["databases", ["a", "b"]],
      ["users", []],
      ["configuration", null],
    ]),
    "name           orders\ndatabases      a\n               b\nusers          -\nconfiguration  -\n",
  );
});

test("JSON and YAML carry every field with its name", () => {
  assert.deepEqual(JSON.parse(serialize([row], "json")), [row]);
  assert.match(serialize([row], "yaml"), /^- name: orders\n {2}kind: instance\n/);
});

test("words for a kept volume bring its data back or delete it", () => {
  const volume = { id: "v1", stack: "demo", instance: "orders", attachedTo: [], created: "" };
  assert.equal(
    keptWords(
      [
        { ...volume, state: "retained" },
        { ...volume, id: "v2", state: "in-use" },
      ],
      { orders: "mariadb" },
    ),
    [
      'kept: data volume v1 of "orders"',
      "  use its data again: coffer create orders FLAVOR --size N --datastore mariadb --adopt v1",
      "  delete it for good: coffer volume-delete v1 --yes-delete-data orders",
      "",
    ].join("\n"),
  );
});
