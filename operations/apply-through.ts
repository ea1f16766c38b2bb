/** An apply that goes on over passing troubles of the cloud: a service that restarts, an answer that is lost. */
import { type Applied, type ApplyOptions, applySource } from "./apply.ts";
import { OperationError } from "./errors.ts";
import type { Session, SpecSource } from "./session.ts";
import { readDeployment } from "./state.ts";

/** How often in all. Each begins by asking the cloud what is there, which waits up to a minute for a service that is away. */
const rounds = 3;

/**
 * As `applySource`. What failed for nothing but passing troubles is tried again, as a user would run the command again: with
 * mending, preview and refusals. What was not approved before is asked for.
 */
export async function applyThrough(session: Session, source: SpecSource, options: ApplyOptions): Promise<Applied> {
  const approved = new Set<string>();
  let first = true;
  const asked: ApplyOptions = {
    ...options,
    async approve(plan) {
      const words = plan.changes.map(({ action, resource }) => `${action} ${resource.urn}`);
      if (!first && words.every((word) => approved.has(word))) return true;
      for (const word of words) approved.add(word);
      return options.approve?.(plan) ?? true;
    },
    async onApproved(plan) {
      if (first) await options.onApproved?.(plan);
      first = false;
    },
  };
  for (let round = 1; ; round++) {
    try {
      return await applySource(round === 1 ? session : await lookedAgain(session), source, asked);
    } catch (error) {
      if (!(error instanceof OperationError && error.passing) || round === rounds) throw error;
      const text = `${error.message}; that may pass: going on (${round + 1} of ${rounds})`;
      session.report({ kind: "note", severity: "warning", text });
    }
  }
}

/** With the state as the failed run left it. */
async function lookedAgain(session: Session): Promise<Session> {
  const { deployment: _before, ...rest } = session;
  const deployment = await readDeployment(session.workspace, session.place, session.stack.name);
  return { ...rest, ...(deployment ? { deployment } : {}) };
}
