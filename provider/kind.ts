/** What one kind of resource of the provider does; the gRPC side (`service.ts`) is the same for all. */
import type { Values } from "./values.ts";

/** Words for the user, shown by Pulumi beside the resource. Never holds a secret. */
export type Note = (severity: "info" | "warning", message: string) => void;

export interface Context {
  urn: string;
  note: Note;
  /** Words about the instance that the resource is a part of: of what its parts say, only the first is told. */
  noteOnInstance(name: string, ...note: Parameters<Note>): void;
  /** Aborted when the user cancels. */
  signal: AbortSignal;
}

export interface CheckFailure {
  property: string;
  reason: string;
}

export interface Change {
  /** Property path as Pulumi writes it: `parameters.max_connections`, `users[0].host`. */
  path: string;
  kind: "add" | "update" | "delete";
  /** True when the spec changed, false when the real thing drifted from it. */
  fromInputs: boolean;
  /** The resource is deleted before its successor is made. Only where nothing is kept in it: a mount, for example. */
  replaces?: true;
}

export interface Made {
  id: string;
  outputs: Values;
}

/** A create or update that failed half way: what exists is recorded, and the next run goes on from there. */
export class HalfMade extends Error {
  readonly made: Made;
  constructor(made: Made, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "HalfMade";
    this.made = made;
  }
}

export interface Kind {
  /** For example `coffer:guest:Server`. */
  token: string;
  /** Names of inputs and outputs that Pulumi must encrypt. */
  secrets: readonly string[];
  /** Ask the real thing before every preview and update. */
  live: boolean;
  check(inputs: Values, old: Values | undefined): readonly CheckFailure[];
  /** Pure: compares the wish with what the last Read recorded. What holds data is never replaced. */
  diff(old: { inputs: Values; outputs: Values }, inputs: Values): readonly Change[];
  /** Outputs of a create that has not happened. */
  preview(context: Context, inputs: Values): Values;
  create(context: Context, inputs: Values): Promise<Made>;
  /** Undefined: proven to be gone. */
  read(context: Context, id: string, inputs: Values, outputs: Values): Promise<Values | undefined>;
  update(context: Context, id: string, old: { inputs: Values; outputs: Values }, inputs: Values): Promise<Values>;
  /** Says in notes what an update would do, without doing it. Outputs that would change are unknown. */
  previewUpdate(context: Context, old: { inputs: Values; outputs: Values }, inputs: Values): Promise<Values>;
  /** Needs no living guest. */
  delete(context: Context, id: string, outputs: Values): Promise<void>;
}
