/** What the resources of a guest (server, databases, users, identity) are given, for tests of what the provider says of it. */
import { rootUser as administrator } from "../../engines/engine.ts";

export const guest = { target: "docker", name: "a", uuid: "u", container: "c" };
const inGuest = { guest, uuid: "u", engine: "mariadb" };
export const rootUser = { ...administrator, grants: [] };
export const app = { name: "app", host: "%", grants: [{ database: "shop", privileges: "all" }] };
export const bob = { name: "bob", host: "%", grants: [] };

export const serverInputs = {
  ...inGuest,
  machineId: "m",
  version: "10.11",
  memoryBytes: 2 ** 29,
  vcpus: 1,
  volumeBytes: 2 ** 30,
  parameters: {},
};
export const databaseInputs = { ...inGuest, databases: [{ name: "shop" }, { name: "old" }], drop: [] };
export const userInputs = { ...inGuest, users: [app], databases: ["shop"], given: {} };
export const identityInputs = {
  name: "a",
  target: "docker",
  datastore: "mariadb@10.11",
  active: true,
  portRoles: ["sql"],
  bind: ["127.0.0.1"],
  fixedPorts: {},
};
