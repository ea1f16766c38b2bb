/** `destroy`: removes everything of a stack except its data, and the data too when that is said by name. */
import { type Deployment, instancesOf } from "./deployment.ts";
import { engineRun } from "./engine-run.ts";
import { OperationError } from "./errors.ts";
import { step } from "./events.ts";
import { mend } from "./mend.ts";
import { type LockedRequest, type Session, withLockedStack } from "./session.ts";
import { chooseStack } from "./stack-choice.ts";
import { openStack } from "./stack-setup.ts";
import { readDeployment } from "./state.ts";
import { datastoresOf, stackVolumes, type VolumeRow } from "./volumes.ts";
import { places } from "./workspace.ts";

export interface DestroyPlan {
  stack: string;
  /** Instances that will be removed. */
  instances: readonly string[];
  /** Data volumes, and what will become of them. */
  volumes: readonly VolumeRow[];
  withData: boolean;
}

export interface DestroyRequest extends LockedRequest {
  /** Delete the data volumes too. */
  withData: boolean;
  /** Instances whose data may be deleted, as the user typed them. */
  confirmedData: readonly string[];
  approve(plan: DestroyPlan): Promise<boolean>;
}

export interface DestroyResult {
  stack: string;
  removed: readonly string[];
  kept: readonly VolumeRow[];
  deleted: readonly VolumeRow[];
  /** The datastore that each removed instance had. */
  datastores: Readonly<Record<string, string>>;
}

export async function destroy(request: DestroyRequest): Promise<DestroyResult> {
  const chosen = await chooseStack(request.workspace, request);
  if (!(await openStack(request.workspace, chosen.name))) {
    throw new OperationError("input", `stack "${chosen.name}" was never applied`, {
      remedy: "there is nothing to destroy",
    });
  }
  return withLockedStack(request, chosen, undefined, async (session) => {
    const before = await readDeployment(session.workspace, session.place, session.stack.name);
    const instances = before ? instancesOf(before) : [];
    const plan: DestroyPlan = {
      stack: chosen.name,
      instances,
      volumes: (await stackVolumes(session, before)).map(({ row }) => row),
      withData: request.withData,
    };
    if (request.withData) requireConfirmed(plan.volumes, request.confirmedData);
    if (!(await request.approve(plan)))
      throw new OperationError("failed", "not confirmed", { remedy: "nothing was changed" });
    await run(session, before);
    const after = await readDeployment(session.workspace, session.place, session.stack.name);
    const datastores = datastoresOf(before);
    const left = await stackVolumes(session, after);
    if (!request.withData)
      return { stack: chosen.name, removed: instances, kept: left.map(({ row }) => row), deleted: [], datastores };
    const deleted: VolumeRow[] = [];
    for (const { row, inventory } of left) {
      if (row.state === "in-use") continue;
      await inventory.deleteVolume(row.id);
      deleted.push(row);
    }
    const kept = left.map(({ row }) => row).filter((row) => !deleted.includes(row));
    return { stack: chosen.name, removed: instances, kept, deleted, datastores };
  });
}

async function run(session: Session, before: Deployment | undefined): Promise<void> {
  const { workspace, place, stack, report, signal } = session;
  await mend({
    workspace,
    place,
    stack: stack.name,
    stackId: stack.stackId,
    location: stack,
    instances: [],
    report,
    ...(before ? { deployment: before } : {}),
    ...(signal ? { signal } : {}),
  });
  if (!before?.resources.length) return;
  await step(report, "destroy", `destroying stack "${stack.name}"`, () =>
    engineRun({
      place,
      command: "destroy",
      stack: stack.name,
      logs: places(workspace).logs,
      report,
      ...(signal ? { signal } : {}),
    }),
  );
}

/** Every instance whose data goes is named by the user. */
function requireConfirmed(volumes: readonly VolumeRow[], confirmed: readonly string[]): void {
  const missing = [...new Set(volumes.map((row) => row.instance))].filter((name) => !confirmed.includes(name));
  if (!missing.length) return;
  throw new OperationError(
    "input",
    `the data of ${missing.map((name) => `"${name}"`).join(", ")} would be deleted for good, and that was not confirmed`,
    {
      remedy: `if it is meant: ${missing.map((name) => `--yes-delete-data ${name}`).join(" ")}`,
    },
  );
}
