/** The nested inputs of a container, and the rules for its texts. */

import { type Field, type Fields, LABELS } from "../schema.ts";
import { isDuration } from "./duration.ts";

export { LABELS };

type Rule = NonNullable<Field["matches"]>;

export const CPU_SET: Rule = {
  rule: (text) => /^\d+([,-]\d+)*$/.test(text),
  words: 'a list of CPUs such as "0-2" or "0,3"',
};

export const DECIMAL: Rule = {
  rule: (text) => /^(\d+(\.\d{0,9})?|\.\d{1,9})$/.test(text),
  words: 'a number of CPUs as a decimal text such as "1.0" or "0.5"',
};

const DURATION: Rule = { rule: isDuration, words: 'a duration such as "30s" or "1m0s"' };

const PERMISSIONS: Rule = { rule: (text) => /^0[0-7]{3}$/.test(text), words: 'four octal digits such as "0644"' };

const BASE64: Rule = {
  rule: (text) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text.replace(/[\r\n]/g, "")),
  words: "base64 with its padding",
};

const ABSOLUTE: Rule = {
  rule: (text) => text.startsWith("/") || /^[A-Za-z]:\\/.test(text),
  words: "an absolute path",
};

export const PORTS: Fields = {
  internal: { type: "int", required: true },
  external: { type: "int", computed: true },
  ip: { type: "string", default: "0.0.0.0" },
  protocol: { type: "string", default: "tcp" },
};

export const NETWORKS_ADVANCED: Fields = {
  name: { type: "string", required: true },
  aliases: { type: "set" },
  ipv4Address: { type: "string" },
  ipv6Address: { type: "string" },
  linkLocalIps: { type: "set" },
  macAddress: { type: "string" },
  driverOpts: { type: "set" },
  gwPriority: { type: "int", min: 0 },
};

export const HOSTS: Fields = {
  host: { type: "string", required: true },
  ip: { type: "string", required: true },
};

export const VOLUMES: Fields = {
  containerPath: { type: "string" },
  hostPath: { type: "string", matches: ABSOLUTE },
  volumeName: { type: "string" },
  fromContainer: { type: "string" },
  readOnly: { type: "bool" },
  selinuxRelabel: { type: "string", oneOf: ["z", "Z"] },
};

export const MOUNTS: Fields = {
  target: { type: "string", required: true },
  type: { type: "string", required: true, oneOf: ["bind", "volume", "tmpfs"] },
  source: { type: "string" },
  readOnly: { type: "bool" },
  bindOptions: {
    type: "object",
    of: {
      propagation: { type: "string", oneOf: ["private", "rprivate", "shared", "rshared", "slave", "rslave"] },
    },
  },
  volumeOptions: {
    type: "object",
    of: {
      noCopy: { type: "bool" },
      labels: { type: "set", of: LABELS },
      driverName: { type: "string" },
      driverOptions: { type: "map" },
      subpath: { type: "string" },
    },
  },
  tmpfsOptions: { type: "object", of: { sizeBytes: { type: "int" }, mode: { type: "int" } } },
};

export const UPLOADS: Fields = {
  file: { type: "string", required: true },
  content: { type: "string" },
  contentBase64: { type: "string", matches: BASE64 },
  source: { type: "string" },
  sourceHash: { type: "string" },
  executable: { type: "bool", default: false },
  permissions: { type: "string", matches: PERMISSIONS },
};

export const CAPABILITIES: Fields = { adds: { type: "set" }, drops: { type: "set" } };

export const DEVICES: Fields = {
  hostPath: { type: "string", required: true },
  containerPath: { type: "string" },
  permissions: { type: "string", default: "rwm" },
};

export const DEVICE_REQUESTS: Fields = {
  driver: { type: "string", default: "cdi" },
  count: { type: "int", default: 0 },
  deviceIds: { type: "set" },
  capabilities: { type: "set" },
  options: { type: "map" },
};

export const RATES: Fields = {
  path: { type: "string", required: true },
  rate: { type: "int", required: true, min: 0 },
};

export const ULIMITS: Fields = {
  name: { type: "string", required: true },
  soft: { type: "int", required: true },
  hard: { type: "int", required: true },
};

export const HEALTHCHECK: Fields = {
  tests: { type: "list" },
  interval: { type: "string", default: "0s", matches: DURATION },
  timeout: { type: "string", default: "0s", matches: DURATION },
  startPeriod: { type: "string", default: "0s", matches: DURATION },
  startInterval: { type: "string", default: "0s", matches: DURATION },
  retries: { type: "int", default: 0, min: 0 },
};

export const NETWORK_DATAS: Fields = {
  networkName: { type: "string" },
  ipAddress: { type: "string" },
  ipPrefixLength: { type: "int" },
  gateway: { type: "string" },
  globalIpv6Address: { type: "string" },
  globalIpv6PrefixLength: { type: "int" },
  ipv6Gateway: { type: "string" },
  macAddress: { type: "string" },
};
