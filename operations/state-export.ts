/** `state export`: a stack's state, its own file and its passphrase in one sealed file. */
import { OperationError } from "./errors.ts";
import { step } from "./events.ts";
import { readIfThere, writeNew } from "./files.ts";
import { settleRuns } from "./mend.ts";
import { seal } from "./sealed-file.ts";
import { openSession } from "./session.ts";
import { chooseStack } from "./stack-choice.ts";
import { stackFilePath } from "./stack-file.ts";
import { openStack } from "./stack-setup.ts";
import { readDeployment } from "./state.ts";
import {
  exists,
  resourcesOf,
  type StateCopy,
  type StateCopyRequest,
  secretsProvider,
  whileLocked,
} from "./state-copy.ts";
import { backendUrl, makePlaces, recordedSpec } from "./workspace.ts";

export interface ExportResult {
  stack: string;
  file: string;
  resources: number;
  /** False: the user's own passphrase or secrets provider opens the secrets, and the file does not hold it. */
  holdsPassphrase: boolean;
}

/** Makes the sealed file, mode 0600; never over another one. Changes nothing of the stack. */
export async function exportState(request: StateCopyRequest): Promise<ExportResult> {
  const { workspace, path, shown, report } = request;
  if (await exists(path)) throw taken(shown);
  const { name } = await chooseStack(workspace, request);
  if (!(await openStack(workspace, name))) throw nothingToExport(name);
  const password = await request.password();
  await makePlaces(workspace);
  const copy = await whileLocked(request, name, "state export", () =>
    step(report, "state", `reading the state of stack "${name}"`, () => readCopy(request, name)),
  );
  if (!(await writeNew(path, await seal(JSON.stringify(copy), name, password)))) throw taken(shown);
  return {
    stack: name,
    file: path,
    resources: resourcesOf(copy).length,
    holdsPassphrase: copy.passphrase !== undefined,
  };
}

async function readCopy(request: StateCopyRequest, name: string): Promise<StateCopy> {
  const { workspace } = request;
  const { session } = await openSession(request);
  if (!session) throw nothingToExport(name);
  const { stackId, spec, passphraseFile } = session.stack;
  await settleRuns({ ...session, stack: name, stackId });
  const deployment = await readDeployment(workspace, session.place, name);
  const stackFile = await readIfThere(stackFilePath(workspace, name));
  if (!deployment || stackFile === undefined) throw nothingToExport(name);
  if (deployment.pendingOperations.length) {
    // `pulumi stack import` forgets them, and with them what was made without being recorded.
    throw new OperationError("failed", `the last apply of stack "${name}" was cut off, and its state is not whole`, {
      remedy: "run `coffer up`, which goes on where it stopped, then export",
    });
  }
  if (secretsProvider(deployment.whole) === "service") {
    throw new OperationError("input", `only ${backendUrl(workspace)} can read the secrets of stack "${name}"`, {
      remedy: "a file of them would open nowhere else; keep the state there",
    });
  }
  const passphrase = passphraseFile === undefined ? undefined : await readIfThere(passphraseFile);
  if (passphraseFile !== undefined && passphrase === undefined) {
    throw new OperationError("failed", `the passphrase of stack "${name}" is missing: ${passphraseFile}`, {
      remedy: "copy it back from the machine that the stack was made on, or set PULUMI_CONFIG_PASSPHRASE_FILE",
    });
  }
  return {
    stack: name,
    stackId,
    spec: recordedSpec(workspace, spec),
    stackFile,
    deployment: deployment.whole,
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

function nothingToExport(stack: string): OperationError {
  return new OperationError("input", `stack "${stack}" has no state here: it was never applied`, {
    remedy: "there is nothing to export",
  });
}

function taken(shown: string): OperationError {
  return new OperationError("input", `${shown} exists already, and an export never replaces a file`, {
    remedy: "name another file",
  });
}
