/** What verbs that edit the spec file have in common: the edit is checked whole, and written before its own change is applied. */
import { SpecEditError } from "../spec/edit.ts";
import { loadSpec, SpecChangedError, SpecError, SpecLockedError, writeSpec } from "../spec/index.ts";
import type { InstanceSpec } from "../spec/model.ts";
import type { Applied, ApplyOptions } from "./apply.ts";
import { applyThrough } from "./apply-through.ts";
import { OperationError } from "./errors.ts";
import { noInstance } from "./instances.ts";
import { type LockedRequest, readSource, type Session, type SpecSource, withLockedStack } from "./session.ts";

export interface EditRequest extends LockedRequest {
  /** Write the spec and apply nothing. */
  editOnly: boolean;
  /** Apply other pending changes too. */
  all: boolean;
}

export interface EditResult {
  file: string;
  /** Undefined with `editOnly`. */
  applied?: Applied;
}

/** Edits what the spec says of one instance, and applies that. `change` may refuse: nothing was touched then. */
export async function editInstance(
  request: ApplyEditRequest,
  change: (text: string, instance: InstanceSpec) => string,
): Promise<EditResult> {
  const { source, chosen } = await readSource(request);
  const { instances } = source.spec;
  const instance = instances.find(({ name }) => name === request.name);
  if (!instance) {
    const names = instances.map(({ name }) => name);
    throw noInstance(request.name, chosen.name, names);
  }
  const edited = editSpec(source, request, (text) => change(text, instance));
  if (request.editOnly) return writeOnly(source, edited);
  return withLockedStack(request, chosen, edited, async (session) => ({
    file: source.file,
    applied: await applyEdit(session, source, edited, request),
  }));
}

/**
 * Edits what the spec says of something that instances share, and applies that. `change` gives the new text and the instances
 * that it may change; it may refuse: nothing was touched then.
 */
export async function editShared(
  request: EditRequest & { name: string },
  change: (source: SpecSource) => { text: string; instances: readonly string[] },
): Promise<EditResult> {
  const { source, chosen } = await readSource(request);
  let instances: readonly string[] = [];
  const edited = editSpec(source, request, () => {
    const changed = change(source);
    instances = changed.instances;
    return changed.text;
  });
  if (request.editOnly) return writeOnly(source, edited);
  return withLockedStack(request, chosen, edited, async (session) => ({
    file: source.file,
    applied: await applyEdit(session, source, edited, { ...request, instances }),
  }));
}

export type ApplyEditRequest = EditRequest & {
  name: string;
  /** The instances that the edit may change. Default: the one that is named. */
  instances?: readonly string[];
} & Pick<ApplyOptions, "approve" | "environment" | "again">;

/** The spec has the edit when its apply fails, and most edits are refused a second time. */
const upAgain = "run `coffer up` (the spec has the change already)";

/** The file is written when the preview was good, and before anything changes. */
export async function applyEdit(
  session: Session,
  source: SpecSource,
  edited: SpecSource,
  request: ApplyEditRequest,
): Promise<Applied> {
  return applyThrough(session, edited, {
    allowReplace: [],
    ...(request.all ? {} : { only: request.instances ?? [request.name] }),
    ...(request.approve ? { approve: request.approve } : {}),
    ...(request.environment ? { environment: request.environment } : {}),
    again: request.again ?? upAgain,
    onApproved: () => write(source, edited),
  });
}

/** The spec after the edit, checked whole. */
export function editSpec(
  source: SpecSource,
  { shownFile, name }: { shownFile?: string; name: string },
  change: (text: string) => string,
): SpecSource {
  try {
    const bytes = Buffer.from(change(source.bytes.toString()));
    const shown = shownFile ?? source.file;
    return { file: source.file, shown, bytes, spec: loadSpec(bytes, shown) };
  } catch (error) {
    if (error instanceof SpecEditError) throw new OperationError("input", error.message, { cause: error });
    if (error instanceof SpecError) {
      const [first, ...also] = error.problems.map(({ message, path, allowed, suggestion }) => {
        const more = [
          allowed === undefined ? "" : `allowed: ${allowed}`,
          suggestion === undefined ? "" : `did you mean "${suggestion}"?`,
        ];
        return `${path}: ${[message, ...more.filter(Boolean)].join("; ")}`;
      });
      throw new OperationError("input", `the spec would not be valid with this change of "${name}": ${first ?? ""}`, {
        also,
        remedy: "the spec file was not changed",
        cause: error,
      });
    }
    throw error;
  }
}

export async function writeOnly(source: SpecSource, edited: SpecSource): Promise<EditResult> {
  await write(source, edited);
  return { file: source.file };
}

async function write(source: SpecSource, edited: SpecSource): Promise<void> {
  try {
    await writeSpec(source.file, edited.bytes.toString(), source.bytes.toString());
  } catch (error) {
    if (error instanceof SpecChangedError || error instanceof SpecLockedError) {
      throw new OperationError("failed", error.message, { cause: error });
    }
    throw error;
  }
}
