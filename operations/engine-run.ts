/** One run of Pulumi's engine as an operation: its events told, its changes collected, its failure put into words. */
import { allOf } from "./attached.ts";
import { type Change, ChangeCollector, type Remark } from "./changes.ts";
import { actionOf, type Diagnostic, type EngineEvent, instanceType } from "./engine-events.ts";
import type { Report } from "./events.ts";
import { failureOf } from "./failures.ts";
import { type LogFile, openLog } from "./log-files.ts";
import { type EngineRequest, type PulumiPlace, runEngine } from "./pulumi.ts";

export interface RunRequest {
  place: PulumiPlace;
  command: EngineRequest["command"];
  stack: string;
  /** Where log files go. */
  logs: string;
  environment?: Readonly<Record<string, string>>;
  /** What an earlier run said: its words about whole instances are not said again. */
  told?: readonly Remark[];
  /** How the user goes on after a failure; default: with the same command. */
  again?: string;
  /** Asked after a run that failed: what the targets say of it. Never throws. */
  explain?(): Promise<readonly string[]>;
  report: Report;
  signal?: AbortSignal;
}

export interface RunResult {
  changes: readonly Change[];
  /** No resource changes, but what the stack records about itself does. */
  recordsDiffer: boolean;
  /** Words about resources that do not change. */
  remarks: readonly Remark[];
  /** Instances that were not looked into, because they are stopped. */
  stopped: readonly string[];
  log: string;
}

/** Throws an OperationError when the run fails or is interrupted. */
export function engineRun(request: RunRequest): Promise<RunResult> {
  return followRun(request);
}

/** An update that waits behind its own preview. One of `update` and `refuse` is called, once. */
export interface PreviewedUpdate {
  preview: RunResult;
  /** Goes on, with more variables; the result is the update's. Throws as `engineRun`. */
  update(environment: Readonly<Record<string, string>>): Promise<RunResult>;
  /** Ends the run. Nothing was changed. */
  refuse(): Promise<void>;
}

/** Preview and update in one run of the engine. Throws an OperationError when the preview fails or is interrupted. */
export async function previewedUpdate(request: Omit<RunRequest, "command" | "told">): Promise<PreviewedUpdate> {
  const previewed = Promise.withResolvers<RunResult>();
  const verdict = Promise.withResolvers<Readonly<Record<string, string>>>();
  // Nobody may have asked yet when it is refused.
  verdict.promise.catch(() => {});
  const done = followRun({ ...request, command: "up" }, (preview) => {
    previewed.resolve(preview);
    return verdict.promise;
  });
  done.catch(previewed.reject);
  const preview = await previewed.promise;
  return {
    preview,
    update(environment) {
      verdict.resolve(environment);
      return done;
    },
    async refuse() {
      verdict.reject(new Refused());
      await done.catch(() => {});
    },
  };
}

class Refused extends Error {}

/** With a judge, an `up` previews first: its events until then are the preview's, and those after it the update's. */
async function followRun(
  request: RunRequest,
  judge?: (preview: RunResult) => Promise<Readonly<Record<string, string>>>,
): Promise<RunResult> {
  const { stack } = request;
  const log = await openLog(request.logs, stack, request.command);
  let phase = new Phase(judge ? "preview" : request.command, request.report, request.told ?? []);
  try {
    const { code, cancelled, refused, words } = await runEngine({
      ...request,
      log,
      onEvent(event) {
        const line = logLine(event);
        if (line) log.line(line);
        phase.add(event);
      },
      ...(judge && {
        async judge() {
          const preview = phase.result(log.path);
          const environment = await judge(preview);
          phase = new Phase("up", request.report, preview.remarks);
          return environment;
        },
      }),
    });
    if (refused) {
      log.line("refused: nothing was changed");
      throw new Refused("the update was refused after its preview");
    }
    if (code !== 0) {
      const failure = await failureIn(request, phase, { code, cancelled, words, log });
      log.line(failure.message);
      throw failure;
    }
    return phase.result(log.path);
  } finally {
    await log.close();
  }
}

async function failureIn(
  request: RunRequest,
  { command, collector, errors, program }: Phase,
  end: { code: number; cancelled: boolean; words: string; log: LogFile },
) {
  const { code, cancelled, words, log } = end;
  const { attached } = request.place;
  for (const plugin of allOf(attached)) {
    const died = await plugin?.failure();
    if (died) log.line(died);
  }
  // An attached host has no engine that would show what its program writes.
  const said = await attached?.languageHost.words();
  if (said) {
    log.line(said);
    program.push(...said.split("\n"));
  }
  const reasons = cancelled ? [] : ((await request.explain?.()) ?? []);
  return failureOf({
    command,
    stack: request.stack,
    errors,
    reasons,
    program,
    words,
    cancelled,
    killed: code < 0,
    log: log.path,
    again: request.again ?? "run the same command again",
    name: (urn) => collector.name(urn),
  });
}

/** What the engine tells of one preview, update or destroy. */
class Phase {
  readonly command: EngineRequest["command"];
  readonly collector = new ChangeCollector();
  readonly errors: Diagnostic[] = [];
  /** What the program wrote to stderr. */
  readonly program: string[] = [];
  readonly #progress: Progress | undefined;

  constructor(command: EngineRequest["command"], report: Report, told: readonly Remark[]) {
    this.command = command;
    this.#progress = command === "preview" ? undefined : new Progress(report, this.collector, told);
  }

  add(event: EngineEvent): void {
    this.collector.add(event);
    const { diagnosticEvent } = event;
    if (diagnosticEvent?.severity === "error") this.errors.push(diagnosticEvent);
    if (diagnosticEvent?.severity === "info#err") this.program.push(diagnosticEvent.message.trimEnd());
    this.#progress?.tell(event);
  }

  result(log: string): RunResult {
    const { collector } = this;
    return {
      changes: collector.changes(),
      remarks: collector.remarks(),
      recordsDiffer: collector.recordsDiffer(),
      stopped: collector.stopped(),
      log,
    };
  }
}

/** Tells each resource once when it starts and once when it ends, and what the providers say on the way. */
class Progress {
  private readonly started = new Map<string, number>();
  private readonly report: Report;
  private readonly collector: ChangeCollector;
  private readonly told: ReadonlySet<string>;

  constructor(report: Report, collector: ChangeCollector, told: readonly Remark[]) {
    this.report = report;
    this.collector = collector;
    const whole = told.filter(({ resource }) => resource.type === instanceType);
    this.told = new Set(whole.map(({ resource, severity }) => `${severity} ${resource.urn}`));
  }

  tell(event: EngineEvent): void {
    const metadata =
      event.resourcePreEvent?.metadata ?? event.resOutputsEvent?.metadata ?? event.resOpFailedEvent?.metadata;
    if (metadata) {
      const action = actionOf(metadata.op);
      if (action === "none" || action === "read" || metadata.type.startsWith("pulumi:")) return;
      const key = `${metadata.op} ${metadata.urn}`;
      const resource = this.collector.name(metadata.urn);
      if (event.resourcePreEvent) {
        this.started.set(key, performance.now());
        this.report({ kind: "resource", state: "started", action, resource });
        return;
      }
      const since = this.started.get(key);
      if (since === undefined) return;
      this.started.delete(key);
      const seconds = (performance.now() - since) / 1000;
      this.report({ kind: "resource", state: event.resOpFailedEvent ? "failed" : "done", action, resource, seconds });
    }
    const diagnostic = event.diagnosticEvent;
    if (diagnostic && !diagnostic.ephemeral && diagnostic.severity !== "error") {
      const severity = diagnostic.severity === "warning" ? "warning" : "info";
      const resource = diagnostic.urn === undefined ? undefined : this.collector.name(diagnostic.urn);
      const text = diagnostic.message.trim();
      if (text && !this.told.has(`${severity} ${diagnostic.urn}`))
        this.report({ kind: "note", severity, text, ...(resource ? { resource } : {}) });
    }
  }
}

function logLine(event: EngineEvent): string | undefined {
  const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent, summaryEvent } = event;
  if (diagnosticEvent)
    return `${diagnosticEvent.severity}: ${diagnosticEvent.urn ?? ""} ${diagnosticEvent.message.trimEnd()}`;
  if (resourcePreEvent) return `begin ${resourcePreEvent.metadata.op} ${resourcePreEvent.metadata.urn}`;
  if (resOutputsEvent) return `end ${resOutputsEvent.metadata.op} ${resOutputsEvent.metadata.urn}`;
  if (resOpFailedEvent) return `FAILED ${resOpFailedEvent.metadata.op} ${resOpFailedEvent.metadata.urn}`;
  if (summaryEvent)
    return `${summaryEvent.result ?? "ended"} after ${summaryEvent.durationSeconds} s: ${JSON.stringify(summaryEvent.resourceChanges ?? {})}`;
  return undefined;
}
