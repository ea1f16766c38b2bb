/** `up`: brings a stack to its spec, and says what is there then. */
import type { Applied, ApplyOptions } from "./apply.ts";
import { applyThrough } from "./apply-through.ts";
import { recordsOf } from "./deployment.ts";
import { type InstanceRow, recordedRow } from "./rows.ts";
import { type LockedRequest, readSource, withLockedStack } from "./session.ts";
import { readDeployment } from "./state.ts";
import { backendUrl } from "./workspace.ts";

export interface UpRequest extends LockedRequest {
  /** Instances whose server or volume may be replaced. */
  allowReplace?: readonly string[];
  /** Asked about the plan before anything changes. Absent: nobody is asked. */
  approve?: ApplyOptions["approve"];
}

export interface UpResult extends Applied {
  instances: readonly InstanceRow[];
  /** Said once, when the stack was set up by this run. */
  keep?: { state: string; passphraseFile?: string };
}

export async function up(request: UpRequest): Promise<UpResult> {
  const { chosen, source } = await readSource(request);
  return withLockedStack(request, chosen, source, async (session) => {
    const { allowReplace = [], approve } = request;
    const applied = await applyThrough(session, source, { allowReplace, ...(approve ? { approve } : {}) });
    const { workspace, stack } = session;
    const deployment = await readDeployment(workspace, session.place, stack.name);
    const records = deployment ? Object.values(recordsOf(deployment).instances) : [];
    return {
      ...applied,
      instances: records.map((record) => recordedRow(record, applied.stopped.includes(record.name))),
      ...(!session.deployment?.resources.length
        ? {
            keep: {
              state: backendUrl(workspace),
              ...(stack.passphraseFile === undefined ? {} : { passphraseFile: stack.passphraseFile }),
            },
          }
        : {}),
    };
  });
}
