/**
 * `state export` and `state import`: everything of a stack that must not be lost, in one sealed file: its state, its own
 * file, and the passphrase when Coffer keeps it.
 */
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseDeployment } from "./deployment.ts";
import { fileError, isSystemError, OperationError } from "./errors.ts";
import { step } from "./events.ts";
import { makeFolder, readIfThere, writeNew } from "./files.ts";
import { type Lock, takeLock } from "./lock.ts";
import { preparedEnvironment } from "./prepare.ts";
import { type PulumiPlace, pulumiCommand } from "./pulumi.ts";
import { seal, unseal } from "./sealed-file.ts";
import { type OperationRequest, openSession, stackEnvironment } from "./session.ts";
import { chooseStack, stackName } from "./stack-choice.ts";
import { stackFilePath } from "./stack-file.ts";
import { initialise, openStack } from "./stack-setup.ts";
import { readDeployment } from "./state.ts";
import { absoluteSpec, backendUrl, makePlaces, places, type Workspace } from "./workspace.ts";

export interface StateCopyRequest extends OperationRequest {
  /** The sealed file; an absolute path. */
  path: string;
  /** The sealed file as the user wrote it, for messages. */
  shown: string;
  /** Asked for late, so that nobody types one for nothing. */
  password(): Promise<string>;
}

export interface ExportResult {
  stack: string;
  file: string;
  resources: number;
  /** False: the user's own passphrase or secrets provider opens the secrets, and the file does not hold it. */
  holdsPassphrase: boolean;
}

export interface ImportResult {
  stack: string;
  resources: number;
  /** The spec file that the stack belongs to, absolute. */
  spec: string;
  specExists: boolean;
}

/** What is sealed. `spec` is as the stack's own file records it. */
const copy = z.strictObject({
  stack: z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/),
  stackId: z.uuid(),
  spec: z.string(),
  stackFile: z.string(),
  deployment: z.strictObject({ version: z.number(), deployment: z.record(z.string(), z.unknown()) }),
  passphrase: z.string().optional(),
});

type Copy = z.infer<typeof copy>;

/** An apply takes minutes, a first one on a cold machine longer. */
const lockPatienceMs = 600_000;
const importPatienceMs = 300_000;

/** Makes the sealed file, mode 0600; never over another one. Changes nothing of the stack. */
export async function exportState(request: StateCopyRequest): Promise<ExportResult> {
  const { workspace, path, shown, report } = request;
  if (await exists(path)) throw taken(shown);
  const { name } = await chooseStack(workspace, request);
  if (!(await openStack(workspace, name))) throw nothingToExport(name);
  const password = await request.password();
  const read = await locked(request, name, "state export", () =>
    step(report, "state", `reading the state of stack "${name}"`, () => readCopy(request, name)),
  );
  const sealed = await seal(JSON.stringify(read), name, password);
  if (!(await writeNew(path, sealed))) throw taken(shown);
  return {
    stack: name,
    file: path,
    resources: parsed(read).resources.length,
    holdsPassphrase: read.passphrase !== undefined,
  };
}

async function readCopy(request: StateCopyRequest, name: string): Promise<Copy> {
  const { workspace } = request;
  const { session } = await openSession(request);
  const deployment = session && (await readDeployment(workspace, session.place, name));
  const stackFile = await readIfThere(stackFilePath(workspace, name));
  if (!session || !deployment || stackFile === undefined) throw nothingToExport(name);
  if (deployment.pendingOperations.length) {
    // `pulumi stack import` forgets them, and with them objects that were made without being recorded.
    throw new OperationError("failed", `the last apply of stack "${name}" was cut off, its state is not whole`, {
      remedy: "run `coffer up`, which goes on where it stopped, then export",
    });
  }
  if (secretsProvider(deployment.whole.deployment) === "service") {
    throw new OperationError("input", `only ${backendUrl(workspace)} can read the secrets of stack "${name}"`, {
      remedy: "a file of them would open nowhere else; that backend keeps the state and its own copies",
    });
  }
  const { stackId, spec, passphraseFile } = session.stack;
  const passphrase = passphraseFile === undefined ? undefined : await readIfThere(passphraseFile);
  if (passphraseFile !== undefined && passphrase === undefined) {
    throw new OperationError("failed", `the passphrase of stack "${name}" is missing: ${passphraseFile}`, {
      remedy: "copy it back from the machine that the stack was made on, or set PULUMI_CONFIG_PASSPHRASE_FILE",
    });
  }
  return {
    stack: name,
    stackId,
    spec,
    stackFile,
    deployment: deployment.whole,
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

/**
 * Brings a stack from a sealed file into a checkout that has no state of it. The state comes last, so that a kill before
 * leaves what the next import goes on from.
 */
export async function importState(request: StateCopyRequest): Promise<ImportResult> {
  const { workspace, shown, report, signal } = request;
  const sealed = await readSealed(request);
  const found = contentOf(await unseal(sealed, await request.password(), shown), shown);
  const { stack } = found;
  requireSameStack(request, stack);
  requirePassphrase(workspace, found, shown);
  await makePlaces(workspace);
  const resources = await locked(request, stack, "state import", async () => {
    const environment = await preparedEnvironment({ workspace, purpose: "look", report, signal });
    return step(report, "state", `importing the state of stack "${stack}"`, () =>
      putCopy(workspace, found, environment),
    );
  });
  const opened = await openStack(workspace, stack);
  const spec = opened?.spec || absoluteSpec(workspace, found.spec);
  return { stack, resources, spec, specExists: await exists(spec) };
}

async function putCopy(
  workspace: Workspace,
  found: Copy,
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  const { stack, stackId, passphrase, stackFile } = found;
  const { passphrases, scratch } = places(workspace);
  const draft = { name: stack, stackId, spec: "", isNew: false };
  const placeFor = (passphraseFile?: string): PulumiPlace => {
    const own = { ...draft, ...(passphraseFile === undefined ? {} : { passphraseFile }) };
    return { root: workspace.root, scratch, environment: { ...environment, ...stackEnvironment(workspace, own) } };
  };
  const before = await readDeployment(workspace, placeFor(), stack);
  const files = [
    ...(passphrase === undefined ? [] : [{ what: "passphrase", path: join(passphrases, stackId), text: passphrase }]),
    { what: "own file", path: stackFilePath(workspace, stack), text: stackFile },
  ];

  const inTheWay: string[] = [];
  if (before?.resources.length || before?.pendingOperations.length)
    inTheWay.push(`its state in ${backendUrl(workspace)}: ${before.resources.length} resources`);
  for (const { what, path, text } of files) {
    const there = await readIfThere(path);
    if (there !== undefined && there !== text) inTheWay.push(`another ${what} of it: ${path}`);
  }
  if (inTheWay.length) {
    throw new OperationError("input", `stack "${stack}" is here already, and an import never replaces anything`, {
      also: inTheWay,
      remedy: "import into another checkout, or move away what is there if it is really of no use; nothing was changed",
    });
  }

  await makeFolder(passphrases);
  for (const { path, text } of files) await writeNew(path, text);
  const opened = await openStack(workspace, stack);
  const place = placeFor(opened?.passphraseFile);
  if (!before) await initialise(place, stack);
  const { resources } = parsed(found);
  if (resources.length) await importDeployment(place, found);
  return resources.length;
}

async function importDeployment(place: PulumiPlace, { stack, deployment }: Copy): Promise<void> {
  const { code, stderr } = await pulumiCommand(place, ["stack", "import", "--stack", stack], {
    stdin: JSON.stringify(deployment),
    patience: importPatienceMs,
  });
  if (code === 0) return;
  const lines = stderr.trim().split("\n");
  throw new OperationError("failed", `Pulumi did not take the state of stack "${stack}": ${lines.pop() ?? ""}`, {
    also: lines,
    remedy: "mend the cause and run the same command again: it goes on where it stopped",
  });
}

async function readSealed({ path, shown }: StateCopyRequest): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const known = isSystemError(error) && ["ENOENT", "ENOTDIR", "EISDIR"].includes(error.code);
    if (!known) throw fileError(error, "read", shown);
    throw new OperationError(
      "input",
      `cannot read ${shown}: ${error.code === "EISDIR" ? "it is a folder" : "no such file"}`,
      {
        remedy: "name a file that `coffer state export` made",
      },
    );
  }
}

function contentOf(text: string, shown: string): Copy {
  const found = copy.safeParse(JSON.parse(text));
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

function requirePassphrase({ environment }: Workspace, found: Copy, shown: string): void {
  const names = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"] as const;
  const own = names.find((name) => environment[name] !== undefined);
  if (found.passphrase !== undefined && own !== undefined) {
    throw new OperationError("input", `${own} is set, and the passphrase of stack "${found.stack}" is in ${shown}`, {
      remedy: `unset ${own}, then import again`,
    });
  }
  const needed = secretsProvider(found.deployment.deployment) === "passphrase";
  if (found.passphrase === undefined && needed && own === undefined) {
    throw new OperationError(
      "input",
      `the passphrase of stack "${found.stack}" is its user's own and not in ${shown}`,
      {
        remedy: "set PULUMI_CONFIG_PASSPHRASE_FILE as it was where the stack was made, then import again",
      },
    );
  }
}

async function locked<T>(request: StateCopyRequest, stack: string, verb: string, act: () => Promise<T>): Promise<T> {
  const { workspace, report, signal } = request;
  const lock: Lock = await takeLock({
    folder: places(workspace).locks,
    stack,
    verb,
    patience: lockPatienceMs,
    report,
    ...(signal ? { signal } : {}),
  });
  try {
    return await act();
  } finally {
    await lock.release();
  }
}

const parsed = ({ deployment }: Copy) => parseDeployment(JSON.stringify(deployment), "what was exported");

const secretsProvider = (deployment: Record<string, unknown>): unknown =>
  (deployment.secrets_providers as { type?: unknown } | undefined)?.type;

function nothingToExport(stack: string): OperationError {
  return new OperationError("input", `stack "${stack}" has no state here: it was never applied`, {
    remedy: "there is nothing to export",
  });
}

function taken(shown: string): OperationError {
  return new OperationError("input", `${shown} exists already, and a state is never written over another file`, {
    remedy: "name another file",
  });
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isSystemError(error) && ["ENOENT", "ENOTDIR"].includes(error.code)) return false;
    throw fileError(error, "read", path);
  }
}
