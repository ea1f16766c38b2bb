/**
 * A guest: the place where one database server lives, seen from outside. The same interface serves a container over
 * the Docker API and a virtual machine over SSH, so an engine is written once.
 *
 * What a guest must offer inside (the images see to it): `coffer-service` (see Service), `socat`, `flock`, a POSIX
 * shell, and the data volume mounted at `volumeRoot`.
 */
import type { Duplex } from "node:stream";

/** Where the data volume is mounted in every guest. */
export const volumeRoot = "/srv/coffer";

/** The fixed places on a data volume. The data directory is a subdirectory, so that `lost+found` never lies in it. */
export const layout = {
  root: volumeRoot,
  data: `${volumeRoot}/data`,
  /** Rendered configuration, so that a new container or server finds it again. */
  conf: `${volumeRoot}/conf`,
  /** Coffer's own files on the volume: the marker, the lock, the wish to run. */
  meta: `${volumeRoot}/.coffer`,
  marker: `${volumeRoot}/.coffer/marker.json`,
  /** Held exclusively by the service while the server runs, so that two guests never run on one volume. */
  lock: `${volumeRoot}/.coffer/lock`,
  /** Exists while the server is meant to run; a guest that boots starts the server only if it is there. */
  enabled: `${volumeRoot}/.coffer/enabled`,
  /** Exists once the instance had an administrator of its spec's (`root: true`). */
  rootMark: `${volumeRoot}/.coffer/root.json`,
} as const;

/** Says whose data lies on a volume. Written once by `prepare`, before the server runs for the first time. */
export interface Marker {
  /** The instance's uuid, for life. */
  uuid: string;
  engine: string;
  /** The datastore version that wrote the data, for example `10.11`. */
  version: string;
  /** The replica set, and the member's part in it; a single instance has neither. */
  set?: string;
  role?: "primary" | "replica";
  /** The number of the last promotion this member knows of. */
  term?: number;
}

export interface RunOptions {
  /** Written to standard input, which is then closed. Secrets go here, never into argv. */
  stdin?: string | Buffer;
  /** The operating system user; default root. */
  user?: string;
  /** Milliseconds; default 60_000. After it the process in the guest is killed and a GuestError is thrown. */
  timeout?: number;
  env?: Record<string, string>;
}

export interface StreamOptions {
  /** The operating system user; default root. */
  user?: string;
  /** May hold secrets: they are in no command line. */
  env?: Record<string, string>;
}

export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface FileOptions {
  /** Octal, for example 0o640; default 0o644. */
  mode?: number;
  /** `user:group` as chown takes it; default `root:root`. */
  owner?: string;
}

export interface ServiceStatus {
  running: boolean;
  /** The server's process id in the guest. */
  pid?: number;
  /** Seconds that it has been in this state. */
  seconds?: number;
  /** True when the server is meant to run (after a boot too). */
  enabled: boolean;
}

/** The database server as a service of the guest: runit in a container, systemd in a virtual machine. */
export interface Service {
  status(): Promise<ServiceStatus>;
  /** Marks the service enabled and starts it; done when the process runs (not yet: when it answers). */
  start(): Promise<void>;
  /** A clean shutdown that has `timeout` milliseconds (default 120_000) before it fails; it is never killed here. */
  stop(timeout?: number): Promise<void>;
  restart(timeout?: number): Promise<void>;
  /** The last lines that the server wrote, for error messages and `coffer logs`. */
  logs(lines: number): Promise<string>;
  /** What these take at most, in bytes. */
  readonly logLimit?: number;
}

export interface Guest {
  /** The instance's name, for messages. */
  readonly name: string;
  readonly service: Service;
  /** Makes sure that commands can be sent to it now; starts nothing in it. Throws a GuestError when they cannot. */
  reach(): Promise<void>;
  /** Runs argv without a shell. A non-zero exit is a result, not an error; an unreachable guest is a GuestError. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** As `run`, but a non-zero exit throws a GuestError with the command's name and its last words. */
  must(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Writes a file whole or not at all (temporary name, fsync, rename). Its folder must exist. */
  putFile(path: string, content: string, options?: FileOptions): Promise<void>;
  /** The file's text, or undefined when there is none. */
  readFile(path: string): Promise<string | undefined>;
  /**
   * A process in the guest as a byte stream: what is written reaches its stdin, what it prints is read. SQL clients
   * use it through `socat - UNIX-CONNECT:...` as the right OS user, which is what the server authenticates.
   */
  stream(argv: readonly string[], options?: StreamOptions): Promise<Duplex>;
  /** Closes what was opened; the guest itself goes on. */
  close(): Promise<void>;
}

/** Why a guest could not be used. `absent` is only said when it is proven that the guest no longer exists. */
export type GuestProblem = "absent" | "stopped" | "unreachable" | "failed" | "timeout";

export class GuestError extends Error {
  readonly problem: GuestProblem;
  constructor(problem: GuestProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "GuestError";
    this.problem = problem;
  }
}

/** What answers at the guest's address has another host key than the one that is expected; nothing was sent to it. */
export class AnotherHostKey extends GuestError {
  constructor(message: string) {
    super("failed", message);
  }
}

/** How to reach a guest; the secret `guest` input of every in-guest resource. Each target adds its own fields. */
export interface GuestAddress {
  target: string;
  /** The instance's name, for messages. */
  name: string;
  /** The instance's uuid. */
  uuid: string;
  /** What the target needs to find it: on Docker `{ container: NAME }`. */
  [key: string]: unknown;
}
