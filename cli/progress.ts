/** Progress on stderr: a line for each step that ended, and on a terminal the one that goes on. */
import type { OperationEvent, ResourceName } from "../operations/events.ts";
import type { Paint } from "./colour.ts";
import { changeLines } from "./plan-view.ts";

export interface ProgressOptions {
  write(text: string): void;
  /** True: a line is rewritten in place while a step goes on. */
  live: boolean;
  /** Columns of the terminal. */
  columns?: number;
  paint: Paint;
}

/** A step that lasts longer than this is told when it starts to last, where lines cannot be rewritten. */
const longMs = 5_000;
const refreshMs = 200;
/** Where lines stay, what a step is at is told so often at most: a package manager has hundreds of lines. */
const progressMs = 10_000;

const past = {
  create: "created",
  update: "updated",
  replace: "replaced",
  delete: "removed",
  read: "read",
  none: "done",
};
const present = {
  create: "creating",
  update: "updating",
  replace: "replacing",
  delete: "removing",
  read: "reading",
  none: "looking at",
};

export class Progress {
  private readonly options: ProgressOptions;
  private readonly going = new Map<
    string,
    { title: string; since: number; told: boolean; at?: string; said?: number }
  >();
  private timer: NodeJS.Timeout | undefined;
  private shown = false;

  constructor(options: ProgressOptions) {
    this.options = options;
  }

  readonly report = (event: OperationEvent): void => {
    const { paint } = this.options;
    switch (event.kind) {
      case "step-started":
        this.begin(event.id, event.title);
        break;
      case "progress":
        this.advance(event.id, event.title, event.text);
        break;
      case "step-ended": {
        this.going.delete(event.id);
        const detail = event.detail ? ` (${event.detail})` : "";
        // A step that had nothing to do is worth a line only where it says why.
        if (event.outcome === "skipped" && !event.detail) break;
        const mark =
          event.outcome === "failed"
            ? paint("red", "✗")
            : event.outcome === "skipped"
              ? paint("dim", "·")
              : paint("green", "✓");
        this.line(`${mark} ${event.title}${detail} ${paint("dim", elapsed(event.seconds))}`);
        break;
      }
      case "resource": {
        const key = `${event.action} ${event.resource.urn}`;
        const name = titleOf(event.resource);
        if (event.state === "started") {
          this.begin(key, `${present[event.action]} ${name}`);
          break;
        }
        this.going.delete(key);
        const failed = event.state === "failed";
        const mark = failed ? paint("red", "✗") : paint("green", "✓");
        const done = failed ? `failed in ${present[event.action]}` : past[event.action];
        this.line(`  ${mark} ${done} ${name} ${paint("dim", elapsed(event.seconds ?? 0))}`);
        break;
      }
      case "note": {
        const about = event.resource ? `${titleOf(event.resource)}: ` : "";
        const mark = event.severity === "info" ? paint("dim", "·") : paint("yellow", "!");
        this.line(`  ${mark} ${about}${event.text}`);
        break;
      }
      case "planned":
        for (const text of changeLines(event.changes, paint)) this.line(text);
        break;
      case "waiting":
        this.line(`… ${event.text}`);
        break;
    }
    this.refresh();
  };

  /** Takes the moving line away: to be called before anything else is written to the terminal, and at the end. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.erase();
  }

  private begin(id: string, title: string): void {
    this.going.set(id, { title, since: performance.now(), told: false });
    this.timer ??= setInterval(() => this.refresh(), refreshMs).unref();
  }

  private advance(id: string, title: string, text: string): void {
    const step = this.going.get(id);
    if (!step) this.begin(id, title);
    const known = this.going.get(id);
    if (!known) return;
    known.at = text;
    const now = performance.now();
    if (this.options.live || (known.said !== undefined && now - known.said < progressMs)) return;
    known.said = now;
    this.line(`… ${title}: ${text}`);
  }

  private line(text: string): void {
    this.erase();
    this.options.write(`${text}\n`);
  }

  private refresh(): void {
    if (!this.options.live) {
      for (const step of this.going.values()) {
        if (step.told || performance.now() - step.since < longMs) continue;
        step.told = true;
        this.options.write(`… ${step.title}\n`);
      }
      return;
    }
    this.erase();
    const steps = [...this.going.values()];
    const newest = steps.at(-1);
    if (!newest) return;
    const others = steps.length > 1 ? ` (and ${steps.length - 1} more)` : "";
    const at = newest.at ? `: ${newest.at}` : "";
    const text = `… ${newest.title}${at}${others} ${elapsed((performance.now() - newest.since) / 1000)}`;
    this.options.write(text.slice(0, (this.options.columns ?? 80) - 1));
    this.shown = true;
  }

  private erase(): void {
    if (!this.shown) return;
    this.options.write("\r\u001b[K");
    this.shown = false;
  }
}

function titleOf({ instance, name }: ResourceName): string {
  if (instance === undefined) return name;
  return name.startsWith(`${instance}-`) ? `${instance}: ${name.slice(instance.length + 1)}` : name;
}

export function elapsed(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
