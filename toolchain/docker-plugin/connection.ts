/** Configure: reads the configuration, reaches the engine once, and agrees on an API version. */

import type Dockerode from "dockerode";
import { Docker } from "../docker-client.ts";
import { type Config, readConfig } from "./config.ts";
import { connectionProblem, type Engine, unreachableWords } from "./operation.ts";
import { readCredentials } from "./registry-auth.ts";
import type { Props } from "./values.ts";

/** The newest API the official plugin's client speaks. */
const NEWEST = [1, 51] as const;
const PING_TIMEOUT_MS = 30_000;

/** @throws "failed to connect to any docker daemon", in previews too */
export async function connect(given: Props, env: NodeJS.ProcessEnv): Promise<Engine> {
  const config = await readConfig(given, env);
  const credentialsFor = await readCredentials(config.registries, env);
  const api = await agreedVersion(config);
  const docker = client(config, { version: `v${api.join(".")}` });
  return { docker, address: config.host, api, credentialsFor };
}

async function agreedVersion(config: Config): Promise<readonly [number, number]> {
  try {
    const signal = AbortSignal.timeout(PING_TIMEOUT_MS);
    const silent = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })), {
        once: true,
      });
    });
    const { ApiVersion } = await Promise.race([client(config, {}).version(), silent]);
    const [major = 1, minor = 0] = ApiVersion.split(".").map(Number);
    return major > NEWEST[0] || minor > NEWEST[1] ? NEWEST : [major, minor];
  } catch (error) {
    const problem = connectionProblem(error) ?? (error instanceof Error ? error.message : String(error));
    throw new Error(unreachableWords(config.host, problem));
  }
}

function client(config: Config, options: Dockerode.DockerOptions): Docker {
  const [, scheme = "", rest = ""] = /^([a-z]+):\/\/(.*)$/.exec(config.host) ?? [];
  if (scheme === "unix") return new Docker({ ...options, socketPath: rest });
  if (scheme === "npipe") return new Docker({ ...options, socketPath: rest });
  if (!["tcp", "http", "https"].includes(scheme))
    throw new Error(`host is "${config.host}"; allowed: unix:///path, npipe:////./pipe/name, tcp://name:port`);
  const url = new URL(`http://${rest}`);
  const secure = config.tls !== undefined || scheme === "https";
  return new Docker({
    ...options,
    ...config.tls,
    protocol: secure ? "https" : "http",
    host: url.hostname,
    port: Number(url.port || (secure ? 2376 : 2375)),
  });
}
