/** All commands by their subject, in the order of the help: first steps first. */
import type { CommandGroup } from "../command.ts";
import { completion } from "../completion.ts";
import { access } from "./access.ts";
import { ca, userCertificate } from "./ca.ts";
import { parameterList, parameterShow } from "./configuration-parameters.ts";
import * as configurations from "./configurations.ts";
import { databaseCreate, databaseDelete, databaseList } from "./databases.ts";
import { datastoreList, datastoreVersionList } from "./datastores.ts";
import { devcloud } from "./devcloud.ts";
import { adopt, drift } from "./drift.ts";
import { dump, exec, load, ssh } from "./guest.ts";
import { image } from "./images.ts";
import { connect, create, list, remove, restart, show } from "./instances.ts";
import { logDisable, logEnable, logList, logs } from "./logs.ts";
import { orphans } from "./orphans.ts";
import { reboot, start, stop } from "./power.ts";
import { forceDelete, rebuild } from "./rebuild.ts";
import { resizeInstance, resizeVolume } from "./resize.ts";
import { rootDisable, rootEnable, rootShow } from "./root.ts";
import { graph, metrics, watch } from "./seeing.ts";
import { doctor, version } from "./setup.ts";
import { destroy, env, init, preview, up, validate } from "./stack.ts";
import { state } from "./state.ts";
import { userCreate, userDelete, userGrantAccess, userRevokeAccess, userUpdate } from "./user-edits.ts";
import { userList, userShow, userShowAccess } from "./users.ts";
import { volumeDelete, volumeList } from "./volumes.ts";

export const groups: readonly CommandGroup[] = [
  {
    title: "First steps",
    commands: [init, validate, preview, up, list, connect, doctor],
  },
  {
    title: "The whole stack",
    commands: [drift, adopt, destroy, graph, state, env],
  },
  {
    title: "Instances",
    commands: [
      show,
      create,
      resizeInstance,
      resizeVolume,
      access,
      restart,
      stop,
      start,
      reboot,
      rebuild,
      remove,
      forceDelete,
    ],
  },
  {
    title: "Databases and users",
    commands: [
      databaseCreate,
      databaseList,
      databaseDelete,
      userCreate,
      userList,
      userShow,
      userUpdate,
      userDelete,
      userShowAccess,
      userGrantAccess,
      userRevokeAccess,
      rootEnable,
      rootShow,
      rootDisable,
    ],
  },
  {
    title: "Configurations and datastores",
    commands: [
      configurations.create,
      configurations.list,
      configurations.show,
      configurations.patch,
      configurations.attach,
      configurations.detach,
      configurations.remove,
      configurations.instances,
      configurations.defaults,
      parameterList,
      parameterShow,
      datastoreList,
      datastoreVersionList,
    ],
  },
  {
    title: "Data and volumes",
    commands: [dump, load, volumeList, volumeDelete, orphans],
  },
  {
    title: "Logs and monitoring",
    commands: [logs, logList, logEnable, logDisable, watch, metrics],
  },
  {
    title: "Guests and certificates",
    commands: [exec, ssh, ca, userCertificate],
  },
  {
    title: "Images, clouds and Coffer itself",
    commands: [image, devcloud, version, completion],
  },
];

export const commands = groups.flatMap((group) => group.commands);
