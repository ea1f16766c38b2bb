/** All commands, in the order of the help. */
import type { Command } from "../command.ts";
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

export const commands: readonly Command[] = [
  up,
  preview,
  drift,
  adopt,
  destroy,
  validate,
  graph,
  list,
  show,
  watch,
  metrics,
  connect,
  exec,
  ssh,
  dump,
  load,
  ca,
  logs,
  logList,
  logEnable,
  logDisable,
  create,
  remove,
  forceDelete,
  resizeInstance,
  resizeVolume,
  access,
  rebuild,
  restart,
  stop,
  start,
  reboot,
  databaseCreate,
  databaseList,
  databaseDelete,
  userCreate,
  userList,
  userShow,
  userUpdate,
  userDelete,
  userCertificate,
  userShowAccess,
  userGrantAccess,
  userRevokeAccess,
  rootEnable,
  rootShow,
  rootDisable,
  datastoreList,
  datastoreVersionList,
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
  volumeList,
  volumeDelete,
  orphans,
  image,
  devcloud,
  state,
  init,
  env,
  doctor,
  version,
];
