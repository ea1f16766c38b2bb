/** The Docker engine that the environment names (DOCKER_HOST and its kin, else a rootless or the default socket), and its errors. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Docker } from "../../toolchain/docker-client.ts";
import { GuestError } from "../guest.ts";

export function connectDocker(env: NodeJS.ProcessEnv = process.env): Docker {
  const rootless = env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, "docker.sock") : undefined;
  return !env.DOCKER_HOST && rootless && existsSync(rootless) ? new Docker({ socketPath: rootless }) : new Docker();
}

interface EngineFailure extends Error {
  statusCode?: number;
  code?: string;
}

/** The engine was asked and answered that there is no such object. An answer of something else (a proxy) is no proof. */
function isAbsent(error: unknown): boolean {
  const failure = error as EngineFailure;
  return failure.statusCode === 404 && /no such (container|volume|network)|network .* not found/i.test(failure.message);
}

const connectionCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EACCES",
  "EPIPE",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
]);

/** What a failed call to the engine means for the guest it was about. */
export function asGuestError(error: unknown, what: string): GuestError {
  if (error instanceof GuestError) return error;
  const failure = error as EngineFailure;
  const words = failure.message.trim();
  if (isAbsent(error)) return new GuestError("absent", `${what}: it does not exist (any more)`, { cause: error });
  if (failure.code && connectionCodes.has(failure.code)) {
    const hint = "check that it runs and that DOCKER_HOST is right";
    return new GuestError("unreachable", `${what}: the Docker engine cannot be reached (${words}); ${hint}`, {
      cause: error,
    });
  }
  if (failure.statusCode === 409 && /is not running|is paused|is restarting/i.test(words)) {
    return new GuestError("stopped", `${what}: ${words}`, { cause: error });
  }
  return new GuestError("failed", `${what}: ${words}`, { cause: error });
}

/** Milliseconds that one plain question to the engine may take. */
export const questionLimit = 60_000;

/** Bounds one call to the engine; late answers are an `unreachable` guest. */
export async function bounded<T>(work: Promise<T>, what: string, limit = questionLimit): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new GuestError("unreachable", `${what}: the Docker engine did not answer within ${limit / 1000} s`));
  }, limit);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
