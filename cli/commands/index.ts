/** All commands, in the order of the help. */
import type { Command } from "../command.ts";
import { access } from "./access.ts";
import { ca } from "./ca.ts";
import { devcloud } from "./devcloud.ts";
import { image } from "./images.ts";
import { connect, create, list, logs, remove, restart, show } from "./instances.ts";
import { orphans } from "./orphans.ts";
import { reboot, start, stop } from "./power.ts";
import { forceDelete, rebuild } from "./rebuild.ts";
import { resizeInstance, resizeVolume } from "./resize.ts";
import { doctor, version } from "./setup.ts";
import { destroy, env, init, preview, up, validate } from "./stack.ts";
import { state } from "./state.ts";
import { userList, userShow } from "./users.ts";
import { volumeDelete, volumeList } from "./volumes.ts";

export const commands: readonly Command[] = [
  up,
  preview,
  destroy,
  validate,
  list,
  show,
  connect,
  ca,
  logs,
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
  userList,
  userShow,
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
