/** What an operation tells while it runs. Plain data: the command line prints it, a server could stream it. */

import type { Change } from "./changes.ts";

export type Severity = "info" | "warning" | "error";

export type OperationEvent =
  /** A step began. Steps of one operation do not overlap, except those with different `id`s. */
  | { kind: "step-started"; id: string; title: string }
  /** A step ended. `skipped`: what it makes was already there. `seconds` is how long it took. */
  | {
      kind: "step-ended";
      id: string;
      title: string;
      outcome: "done" | "skipped" | "failed";
      seconds: number;
      detail?: string;
    }
  /** The real thing behind a resource is being changed, or has been. */
  | { kind: "resource"; state: "started" | "done" | "failed"; action: Action; resource: ResourceName; seconds?: number }
  /** Words for the user about a resource, or about the whole operation. Never holds a secret. */
  | { kind: "note"; severity: Severity; text: string; resource?: ResourceName }
  /** What a step that takes long is at. */
  | { kind: "progress"; id: string; title: string; text: string }
  /** What the apply is going to change; told before it begins. */
  | { kind: "planned"; changes: readonly Change[] }
  /** The operation waits for something outside of it; `text` says for what, and until when. */
  | { kind: "waiting"; text: string };

/** What happens to a resource. `replace` takes the old one away first. */
export type Action = "create" | "update" | "replace" | "delete" | "read" | "none";

export interface ResourceName {
  urn: string;
  /** Pulumi's type, for example `coffer:guest:Users`. */
  type: string;
  /** The logical name in the program, for example `orders-users`. */
  name: string;
  /** The instance it belongs to, when it belongs to one. */
  instance?: string;
}

export type Report = (event: OperationEvent) => void;

/** Runs `act` between a step's start and end. `act` may say with `skip` that nothing was to do. */
export async function step<T>(
  report: Report,
  id: string,
  title: string,
  act: (outcome: { skip(detail?: string): void; detail(text: string): void }) => Promise<T>,
): Promise<T> {
  const started = performance.now();
  let outcome: "done" | "skipped" | "failed" = "done";
  let detail: string | undefined;
  report({ kind: "step-started", id, title });
  try {
    return await act({
      skip: (text) => {
        outcome = "skipped";
        detail = text;
      },
      detail: (text) => {
        detail = text;
      },
    });
  } catch (error) {
    outcome = "failed";
    throw error;
  } finally {
    report({ kind: "step-ended", id, title, outcome, seconds: (performance.now() - started) / 1000, detail });
  }
}
