/** `state import`: a stack out of a sealed file, in a checkout that has no state of it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileError, isSystemError, OperationError } from "./errors.ts";
import { step } from "./events.ts";
import { makeFolder, readIfThere, writeNew } from "./files.ts";
import { settleRuns } from "./mend.ts";
import { preparedEnvironment } from "./prepare.ts";
import { type PulumiPlace, pulumiCommand } from "./pulumi.ts";
import { unseal } from "./sealed-file.ts";
import { stackEnvironment } from "./session.ts";
import { stackName } from "./stack-choice.ts";
import { stackFilePath } from "./stack-file.ts";
import { initialise, openStack } from "./stack-setup.ts";
import { readDeployment } from "./state.ts";
import {
  exists,
  resourcesOf,
  type StateCopy,
  type StateCopyRequest,
  secretsProvider,
  stateCopy,
  whileLocked,
} from "./state-copy.ts";
import { absoluteSpec, backendUrl, makePlaces, places, type Workspace } from "./workspace.ts";

export interface ImportResult {
  stack: string;
  resources: number;
  /** The spec file that the stack belongs to, absolute. */
  spec: string;
  specExists: boolean;
}

const importPatienceMs = 300_000;

/** The state comes last, so that a kill before it leaves what the next import goes on from. */
export async function importState(request: StateCopyRequest): Promise<ImportResult> {
  const { workspace, shown, report } = request;
  const sealed = await readSealed(request);
  const copy = copyFrom(await unseal(sealed, await request.password(), shown), shown);
  const { stack } = copy;
  requireSameStack(request, stack);
  requirePassphrase(workspace, copy, shown);
  await makePlaces(workspace);
  await whileLocked(request, stack, "state import", async () => {
    const { signal } = request;
    const environment = await preparedEnvironment({ workspace, purpose: "look", report, signal });
    await step(report, "state", `importing the state of stack "${stack}"`, () => putCopy(request, copy, environment));
  });
  const spec = absoluteSpec(workspace, copy.spec);
  return { stack, resources: resourcesOf(copy).length, spec, specExists: await exists(spec) };
}

interface Part {
  what: string;
  path: string;
  text: string;
}

async function putCopy(
  request: StateCopyRequest,
  copy: StateCopy,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const { workspace, report, signal } = request;
  const { stack, stackId, passphrase } = copy;
  const { passphrases, scratch } = places(workspace);
  const placeFor = (passphraseFile?: string): PulumiPlace => {
    const draft = { name: stack, stackId, spec: "", isNew: false };
    const own = stackEnvironment(workspace, passphraseFile === undefined ? draft : { ...draft, passphraseFile });
    return { root: workspace.root, scratch, environment: { ...environment, ...own } };
  };
  const parts: Part[] = [{ what: "own file", path: stackFilePath(workspace, stack), text: copy.stackFile }];
  if (passphrase !== undefined)
    parts.unshift({ what: "passphrase", path: join(passphrases, stackId), text: passphrase });

  await settleRuns({ workspace, place: placeFor(), stack, stackId, report, ...(signal ? { signal } : {}) });
  const before = await readDeployment(workspace, placeFor(), stack);
  const inTheWay = await otherParts(parts);
  if (before?.resources.length || before?.pendingOperations.length)
    inTheWay.unshift(`its state in ${backendUrl(workspace)}: ${before.resources.length} resources`);
  if (inTheWay.length) {
    throw new OperationError("input", `stack "${stack}" is here already, and an import never replaces anything`, {
      also: inTheWay,
      remedy: "nothing was changed; import into another checkout, or move away what is there if it is of no use",
    });
  }

  await makeFolder(passphrases);
  for (const { path, text } of parts) await writeNew(path, text);
  const place = placeFor((await openStack(workspace, stack))?.passphraseFile);
  if (!before) await initialise(place, stack);
  if (resourcesOf(copy).length) await importDeployment(place, copy);
}

/** What the cut-off import before this one wrote is the same, and in nobody's way. */
async function otherParts(parts: readonly Part[]): Promise<string[]> {
  const found: string[] = [];
  for (const { what, path, text } of parts) {
    const there = await readIfThere(path);
    if (there !== undefined && there !== text) found.push(`another ${what} of it: ${path}`);
  }
  return found;
}

async function importDeployment(place: PulumiPlace, { stack, deployment }: StateCopy): Promise<void> {
  const { code, stderr } = await pulumiCommand(place, ["stack", "import", "--stack", stack], {
    stdin: JSON.stringify(deployment),
    patience: importPatienceMs,
  });
  if (code === 0) return;
  const lines = stderr.trim().split("\n");
  const first = lines.find((line) => line.startsWith("error: "))?.slice("error: ".length) ?? lines.at(-1) ?? "";
  throw new OperationError("failed", `Pulumi did not take the state of stack "${stack}": ${first}`, {
    also: lines,
    remedy: "mend the cause and run the same command again: it goes on where it stopped",
  });
}

async function readSealed({ path, shown }: StateCopyRequest): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (!isSystemError(error) || !["ENOENT", "ENOTDIR", "EISDIR"].includes(error.code))
      throw fileError(error, "read", shown);
    const what = error.code === "EISDIR" ? "it is a directory" : "there is no such file";
    throw new OperationError("input", `cannot read ${shown}: ${what}`, {
      remedy: "name a file that `coffer state export` made",
    });
  }
}

function copyFrom(text: string, shown: string): StateCopy {
  const found = stateCopy.safeParse(JSON.parse(text));
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  throw new OperationError("failed", `what ${shown} holds is not a stack's state: ${issue?.path.join(".")} is wrong`, {
    remedy: "nothing was changed; use the version of Coffer that made the file",
  });
}

/** A stack's name is part of everything in its state: it cannot become another one. */
function requireSameStack({ file, shownFile, stack }: StateCopyRequest, sealed: string): void {
  const wanted = file === undefined ? stack : stackName(file);
  if (wanted === undefined || wanted === sealed) return;
  const named = file === undefined ? `--stack ${wanted}` : `-f ${shownFile ?? file}`;
  throw new OperationError("input", `the file holds stack "${sealed}", and ${named} names "${wanted}"`, {
    remedy: "leave that option out: an imported stack keeps its name",
  });
}

function requirePassphrase({ environment }: Workspace, copy: StateCopy, shown: string): void {
  const names = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"] as const;
  const own = names.find((name) => environment[name] !== undefined);
  if (copy.passphrase !== undefined && own !== undefined) {
    throw new OperationError("input", `${own} is set, and the passphrase of stack "${copy.stack}" is in ${shown}`, {
      remedy: `unset ${own}, then import again`,
    });
  }
  if (copy.passphrase === undefined && own === undefined && secretsProvider(copy.deployment) === "passphrase") {
    throw new OperationError("input", `the passphrase of stack "${copy.stack}" is its user's own and not in ${shown}`, {
      remedy: "set PULUMI_CONFIG_PASSPHRASE_FILE as it was where the stack was made, then import again",
    });
  }
}
