/** A checkout of Coffer and the places in it; nothing here depends on the process's own folder or environment. */
import { mkdir, readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { fileError, isSystemError } from "./errors.ts";

export interface Workspace {
  /** The checkout: where Pulumi.yaml lies. */
  root: string;
  /** The caller's environment variables. */
  environment: Readonly<Record<string, string | undefined>>;
}

/** Pulumi's name of the project (Pulumi.yaml). */
export const project = "coffer";

export function places(workspace: Workspace) {
  const own = join(workspace.root, ".coffer");
  return {
    own,
    /** One file for each stack: `Pulumi.STACK.yaml` (stackConfigDir in Pulumi.yaml). */
    config: join(own, "config"),
    state: join(own, "state"),
    logs: join(own, "logs"),
    backups: join(own, "backups"),
    locks: join(own, "locks"),
    scratch: join(own, "tmp"),
    /** What was applied last, for each stack. */
    applied: join(own, "applied"),
    actions: join(own, "actions.log"),
    specs: join(workspace.root, "stacks"),
    passphrases: join(configHome(workspace), "coffer"),
  };
}

/** Makes the folders that Coffer writes to; the first error says why the checkout cannot be used. */
export async function makePlaces(workspace: Workspace): Promise<void> {
  const { own, config, state, logs, backups, locks, scratch, applied } = places(workspace);
  for (const folder of [own, config, state, logs, backups, locks, scratch, applied]) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw fileError(error, "make the folder", folder);
    }
  }
}

/** The user's own backend, else the local files in `.coffer/state`. */
export function backendUrl(workspace: Workspace): string {
  return workspace.environment.PULUMI_BACKEND_URL || pathToFileURL(places(workspace).state).href;
}

/** The folder of a backend of local files; undefined when the backend is elsewhere. */
export function localBackend(workspace: Workspace): string | undefined {
  const url = backendUrl(workspace);
  if (!url.startsWith("file://")) return undefined;
  const path = url.slice("file://".length).split("?")[0] ?? "";
  if (path === "~" || path.startsWith("~/")) return join(homeOf(workspace), path.slice(1));
  return isAbsolute(path) ? fileURLToPath(`file://${path}`) : resolve(workspace.root, path);
}

/** How a spec file is recorded: relative to the checkout when it lies inside, else absolute. */
export function recordedSpec(workspace: Workspace, file: string): string {
  const inside = relative(workspace.root, file);
  return inside.startsWith("..") || isAbsolute(inside) ? file : inside;
}

export function absoluteSpec(workspace: Workspace, recorded: string): string {
  return resolve(workspace.root, recorded);
}

/** Names in a folder; none when there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return [];
    throw fileError(error, "read the folder", folder);
  }
}

const homeOf = (workspace: Workspace): string => workspace.environment.HOME || homedir();
const configHome = (workspace: Workspace): string =>
  workspace.environment.XDG_CONFIG_HOME || join(homeOf(workspace), ".config");
