import assert from "node:assert/strict";
import { test } from "node:test";
import { containerSchema } from "../../toolchain/docker-plugin/container/schema.ts";
import { networkSchema } from "../../toolchain/docker-plugin/network/schema.ts";
import {
  created,
  planned,
  rebuiltInputs,
  refreshed,
  renewedInputs,
  updated,
} from "../../toolchain/docker-plugin/state.ts";
import { DEFAULTS, UNKNOWN } from "../../toolchain/docker-plugin/values.ts";
import { volumeSchema } from "../../toolchain/docker-plugin/volume/schema.ts";

test("planned: what Docker fills in is unknown in a preview, null or empty after a failure", () => {
  const inputs = { image: "i", command: ["x"], envs: [] };
  const preview = planned(containerSchema, inputs, UNKNOWN);
  assert.deepEqual(
    [preview.image, preview.command, preview.entrypoints, preview.envs, preview.networkDatas, preview.memory],
    ["i", ["x"], UNKNOWN, UNKNOWN, UNKNOWN, null],
  );
  const failed = planned(containerSchema, inputs, null);
  assert.deepEqual([failed.command, failed.entrypoints, failed.envs, failed.exitCode], [["x"], null, [], null]);
});

test("created: sets as given without duplicates, scalars and lists as Docker answered, unmentioned maps null", () => {
  const outputs = created(
    containerSchema,
    { image: "i", envs: ["A", "B", "A"], dns: [], cpus: "1" },
    { image: "i", command: ["sh"], cpus: "1.0", sysctls: {}, dns: [], memory: 0, cpuSet: "" },
    "id1",
  );
  const { envs, cpus, command, sysctls, dns, hosts, memory, cpuSet, id } = outputs;
  assert.deepEqual(
    { envs, cpus, command, sysctls, dns, hosts, memory, cpuSet, id },
    {
      envs: ["A", "B"],
      cpus: "1.0",
      command: ["sh"],
      sysctls: null,
      dns: null,
      hosts: [],
      memory: 0,
      cpuSet: "",
      id: "id1",
    },
  );
});

test("created: what Docker chose for a computed set is recorded", () => {
  const chosen = [{ subnet: "10.0.0.0/24", gateway: "10.0.0.1" }];
  assert.deepEqual(created(networkSchema, { name: "n" }, { ipamConfigs: chosen }, "i").ipamConfigs, chosen);
});

test("refreshed: Docker's answer, the record where it gives none, and no change of order in a set", () => {
  const recorded = { envs: ["A"], labels: [{ label: "b", value: "2" }], dns: ["b", "a"], groupAdds: ["x"], memory: 1 };
  const outputs = refreshed(containerSchema, recorded, { dns: ["a", "b"], groupAdds: ["y"], memory: 2 }, "i");
  assert.deepEqual(outputs, { ...recorded, groupAdds: ["y"], memory: 2, id: "i" });
});

test("updated: new inputs on the old record; computed values stay, and what the program left out is emptied", () => {
  const recorded = { id: "i", hostname: "h", memory: 64, memorySwap: 128, command: ["sh"], bridge: "", envs: ["A"] };
  const outputs = updated(containerSchema, recorded, { memory: 32, mustRun: true });
  const { id, hostname, memory, memorySwap, command, envs, mustRun } = outputs;
  assert.deepEqual(
    { id, hostname, memory, memorySwap, command, envs, mustRun },
    { id: "i", hostname: "h", memory: 32, memorySwap: null, command: ["sh"], envs: ["A"], mustRun: true },
  );
});

test("renewed inputs: only what was given is renewed, what is gone is dropped, a default changed outside is none any more", () => {
  const inputs = {
    [DEFAULTS]: ["restart", "tty"],
    restart: "no",
    tty: false,
    cpus: "1",
    domainname: "d",
    ports: [{ internal: 80, ip: "0.0.0.0", [DEFAULTS]: ["ip"] }],
  };
  const outputs = {
    restart: "always",
    tty: false,
    cpus: "1.0",
    memory: 5,
    ports: [{ internal: 80, external: 32768, ip: "0.0.0.0", protocol: "tcp" }],
  };
  assert.deepEqual(renewedInputs(containerSchema, inputs, outputs), {
    [DEFAULTS]: ["tty"],
    tty: false,
    restart: "always",
    cpus: "1.0",
    ports: [{ internal: 80, ip: "0.0.0.0", [DEFAULTS]: ["ip"] }],
  });
});

test("imported inputs: every input that is not zero, and no outputs", () => {
  const outputs = {
    id: "v",
    name: "v",
    driver: "local",
    driverOpts: {},
    labels: [{ label: "a", value: "" }],
    mountpoint: "/m",
  };
  assert.deepEqual(rebuiltInputs(volumeSchema, outputs), {
    [DEFAULTS]: [],
    name: "v",
    driver: "local",
    labels: [{ [DEFAULTS]: [], label: "a" }],
  });
});
