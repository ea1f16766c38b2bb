/**
 * Runs the Pulumi CLI: one process for a step with a result (`pulumiCommand`), or one for a preview, an update or a
 * destroy whose engine events are followed (`runEngine`).
 *
 * The CLI runs in a process group of its own, so that Ctrl-C reaches it once, from here; and its output goes to a file
 * rather than a pipe, so that it ends its work in order when this process is killed. The event stream's file has no
 * name (it is unlinked at once), because the stream holds secrets.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { FileHandle } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type Attachments, allOf, attachmentsOf } from "./attached.ts";
import { type EngineEvent, parseEvent } from "./engine-events.ts";
import { isSystemError, OperationError } from "./errors.ts";
import { namelessFile } from "./files.ts";
import type { LogFile } from "./log-files.ts";

export interface PulumiPlace {
  /** The checkout, where Pulumi.yaml lies. */
  root: string;
  /** The complete environment: PATH with the toolchain first, backend, passphrase, COFFER_RUN. */
  environment: Readonly<Record<string, string>>;
  /** A folder for the nameless file of events. */
  scratch: string;
  /** Runs of the engine attach to these. Without them the engine starts its own. */
  attached?: Attachments;
}

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

const commandPatienceMs = 120_000;
/** After a cancellation: a database server has 120 s to stop, and the engine waits for it. */
const cancelPatienceMs = 180_000;
const killPatienceMs = 10_000;
const pollMs = 40;
/** Resources at once. Pulumi's own four for each core are for work; ours is waiting for clouds, guests and servers. */
const parallel = 32;

/** Runs `pulumi ARGUMENTS`; a non-zero exit is a result. Throws when the CLI cannot run, is killed or takes too long. */
export async function pulumiCommand(
  place: PulumiPlace,
  args: readonly string[],
  options: { stdin?: string; patience?: number } = {},
): Promise<CommandResult> {
  const child = spawn("pulumi", [...args, "--non-interactive"], {
    cwd: place.root,
    env: place.environment,
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const patience = options.patience ?? commandPatienceMs;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, patience);
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on("data", (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.stderr.push(chunk));
  // It may end before it has read everything; its exit code says why.
  child.stdin.on("error", () => {});
  child.stdin.end(options.stdin ?? "");
  try {
    const code = await ended(child);
    if (late) {
      throw new OperationError(
        "failed",
        `"pulumi ${args.slice(0, 2).join(" ")}" did not end within ${patience / 1000} s`,
        {
          remedy: "run `coffer doctor`; if the state is on a remote backend, check that it can be reached",
        },
      );
    }
    if (code < 0) {
      const what = `"pulumi ${args.slice(0, 2).join(" ")}" failed: the Pulumi process was killed`;
      throw new OperationError("failed", what, { remedy: "run the same command again" });
    }
    return { code, stdout: Buffer.concat(chunks.stdout).toString(), stderr: Buffer.concat(chunks.stderr).toString() };
  } finally {
    clearTimeout(timer);
  }
}

export interface EngineRequest {
  place: PulumiPlace;
  command: "preview" | "up" | "destroy";
  stack: string;
  /** More environment for this run, for example COFFER_SPEC_SNAPSHOT. */
  environment?: Readonly<Record<string, string>>;
  log: LogFile;
  onEvent(event: EngineEvent): void;
  /**
   * Makes an `up` preview first and then wait, in the same process. Called when all events of the preview have been handed on;
   * gives the variables of the update, or rejects to refuse it. Wants attached plugins.
   */
  judge?(): Promise<Readonly<Record<string, string>>>;
  signal?: AbortSignal;
}

export interface EngineResult {
  /** -1: it was killed. */
  code: number;
  cancelled: boolean;
  /** `judge` refused the update: nothing was changed, and the code says nothing. */
  refused: boolean;
  /** What the CLI wrote to stderr: failures outside of the engine (wrong passphrase, broken state). */
  words: string;
}

export async function runEngine(request: EngineRequest): Promise<EngineResult> {
  const { place, command, stack, log, judge, signal } = request;
  const quietly = ["--json", "--non-interactive", "--suppress-outputs", "--color", "never"];
  const args = [command, "--stack", stack, ...quietly, "--parallel", String(parallel)];
  if (command !== "preview") args.push("--yes");
  if (command !== "preview" && !judge) args.push("--skip-preview");
  const environment = request.environment ?? {};
  const attachments = await attachmentsOf(place.attached, environment, judge !== undefined);
  const over = new AbortController();
  const gate = judge && gateOf(place, environment, judge, over.signal);
  const stream = await namelessFile(place.scratch, "events");
  const wordsFrom = await log.size();
  try {
    const child = spawn("pulumi", args, {
      cwd: place.root,
      env: {
        ...place.environment,
        PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true",
        ...attachments,
        ...request.environment,
      },
      stdio: ["ignore", stream.fd, log.fd],
      detached: true,
    });
    const exit = ended(child);
    const cancel = cancellation(child, exit, signal);
    const code = await follow(stream, exit, request.onEvent, gate);
    cancel.stop();
    return {
      code,
      cancelled: cancel.requested(),
      refused: gate?.refused() ?? false,
      words: await log.from(wordsFrom),
    };
  } finally {
    over.abort();
    await stream.close();
  }
}

interface EngineGate {
  /** The preview is over; the update waits. */
  reached: Promise<void>;
  /** Asks the judge and carries the answer to the plugins. */
  decide(): Promise<void>;
  refused(): boolean;
}

function gateOf(
  place: PulumiPlace,
  environment: Readonly<Record<string, string>>,
  judge: NonNullable<EngineRequest["judge"]>,
  over: AbortSignal,
): EngineGate {
  const { attached } = place;
  if (!attached) throw new Error("a run that waits for a decision needs attached plugins");
  let refused = false;
  return {
    reached: attached.languageHost.waiting(over),
    async decide() {
      try {
        const more = { ...environment, ...(await judge()) };
        const others = allOf(attached).filter((plugin) => plugin !== attached.languageHost);
        await Promise.all(others.map((plugin) => plugin.decide(more)));
        await attached.languageHost.decide(more);
      } catch {
        // Whoever refused knows why.
        refused = true;
        await attached.languageHost.decide(environment, "the command did not approve this update");
      }
    },
    refused: () => refused,
  };
}

/** Hands each line to `onEvent` as it is written, and everything that is left once the process has ended. */
async function follow(
  file: FileHandle,
  exit: Promise<number>,
  onEvent: (event: EngineEvent) => void,
  gate: EngineGate | undefined,
): Promise<number> {
  let running = true;
  let waits = false;
  gate?.reached.then(
    () => {
      waits = true;
    },
    () => {},
  );
  const over = exit.finally(() => {
    running = false;
  });
  // A rejection ends the loop below, and is passed on at its end; until then nobody else listens.
  const settled = over.then(
    () => {},
    () => {},
  );
  const buffer = Buffer.alloc(256 * 1024);
  let position = 0;
  let rest: Buffer = Buffer.alloc(0);
  for (;;) {
    const last = !running;
    const decides = waits;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        const event = parseEvent(rest.subarray(0, end).toString());
        rest = rest.subarray(end + 1);
        if (event) onEvent(event);
      }
    }
    if (last) return over;
    if (decides) {
      waits = false;
      await Promise.race([settled, gate?.decide()]);
    }
    await Promise.race([settled, sleep(pollMs)]);
  }
}

/** SIGINT once; the engine then ends what it is doing. If it does not within its time, it is ended for it. */
function cancellation(child: ChildProcess, exit: Promise<number>, signal: AbortSignal | undefined) {
  let timer: NodeJS.Timeout | undefined;
  let requested = false;
  const onAbort = () => {
    requested = true;
    child.kill("SIGINT");
    timer = setTimeout(() => {
      child.kill("SIGTERM");
      timer = setTimeout(() => child.kill("SIGKILL"), killPatienceMs);
    }, cancelPatienceMs);
  };
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  const stop = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
  exit.catch(stop);
  return { stop, requested: () => requested };
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      const missing = isSystemError(error) && error.code === "ENOENT";
      reject(
        missing
          ? new OperationError("failed", "the Pulumi CLI is not on the path that Coffer made", {
              remedy: "run `coffer doctor`",
            })
          : error,
      );
    });
    child.once("close", (code) => resolve(code ?? -1));
  });
}
