/** The environment of every Pulumi process: the same for `coffer up`, the provider, and `eval "$(./coffer env)"`. */
import { accessSync, constants, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Cache, cacheFolders, checkout, readStamp } from "./cache.ts";
import { ToolchainError } from "./errors.ts";

export interface EnvironmentRequest {
  /** The folder with Pulumi.yaml: the checkout, but for tests. */
  root: string;
  /** Where the state is when the user's environment does not say; defaults to `<root>/.coffer/state`. */
  backendUrl?: string;
  /** Used when the user's environment has no passphrase of its own. */
  passphraseFile?: string;
  /** The Docker engine's address, when it is not the default one. */
  dockerHost?: string;
  /** The user's environment; defaults to this process's. */
  env?: NodeJS.ProcessEnv;
}

/**
 * The variables to add to the user's own. What the user has set about state, passphrase and credentials stays. Throws `ToolchainError`
 * when the default state folder cannot be made or written.
 */
export function pulumiEnvironment(request: EnvironmentRequest): Record<string, string> {
  const env = request.env ?? process.env;
  const cache = cacheFolders(env);
  const backend = env.PULUMI_BACKEND_URL || request.backendUrl || stateUrl(request.root);
  const ownPassphrase = env.PULUMI_CONFIG_PASSPHRASE !== undefined || env.PULUMI_CONFIG_PASSPHRASE_FILE !== undefined;
  return {
    PATH: pathWith(cache, env),
    PULUMI_HOME: cache.pulumiHome,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE || cache.compileCache,
    COFFER_ROOT: checkout,
    COFFER_NODE: process.execPath,
    PULUMI_BACKEND_URL: backend,
    ...(/^https?:/.test(backend) && { PULUMI_CREDENTIALS_PATH: credentialsFolder(cache, env) }),
    ...(request.passphraseFile !== undefined &&
      !ownPassphrase && { PULUMI_CONFIG_PASSPHRASE_FILE: request.passphraseFile }),
    ...(request.dockerHost !== undefined && !env.DOCKER_HOST && { DOCKER_HOST: request.dockerHost }),
  };
}

/** The folder of the state when the user names no backend. */
export function stateFolder(root: string): string {
  return join(root, ".coffer", "state");
}

function stateUrl(root: string): string {
  const folder = stateFolder(root);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new ToolchainError(`The state cannot be kept in ${folder}: the folder cannot be written.`, {
      remedy:
        "make the checkout writable, or set PULUMI_BACKEND_URL to where the state is to be (for example file:///srv/coffer).",
      cause,
    });
  }
  return pathToFileURL(folder).href;
}

/** An installed Pulumi is on PATH already; ours goes first. */
function pathWith(cache: Cache, env: NodeJS.ProcessEnv): string {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "" && folder !== cache.pulumi);
  return (readStamp(cache.pulumi) === undefined ? folders : [cache.pulumi, ...folders]).join(delimiter);
}

/** A login to Pulumi Cloud lies in the user's own Pulumi home, not in Coffer's. */
function credentialsFolder(cache: Cache, env: NodeJS.ProcessEnv): string {
  if (env.PULUMI_CREDENTIALS_PATH) return env.PULUMI_CREDENTIALS_PATH;
  if (env.PULUMI_HOME && env.PULUMI_HOME !== cache.pulumiHome) return env.PULUMI_HOME;
  return join(env.HOME || homedir(), ".pulumi");
}
