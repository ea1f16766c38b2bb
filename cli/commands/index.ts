/** All commands, in the order of the help. */
import type { Command } from "../command.ts";
import { connect, create, list, logs, remove, restart, show } from "./instances.ts";
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
  logs,
  create,
  remove,
  restart,
  userList,
  userShow,
  volumeList,
  volumeDelete,
  state,
  init,
  env,
  doctor,
  version,
];
