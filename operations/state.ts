/** Reading and writing a stack's state: the files of a local backend directly, any other through the CLI. */
import { join } from "node:path";
import { type Deployment, parseDeployment } from "./deployment.ts";
import { OperationError } from "./errors.ts";
import { stateProblem } from "./failures.ts";
import { readIfThere, remove, writeWhole } from "./files.ts";
import { type PulumiPlace, pulumiCommand } from "./pulumi.ts";
import { localBackend, namesIn, places, project, type Workspace } from "./workspace.ts";

const keptBackups = 20;

/** The state as last recorded; undefined when the backend has no such stack. Throws when it is damaged. */
export async function readDeployment(
  workspace: Workspace,
  place: PulumiPlace,
  stack: string,
): Promise<Deployment | undefined> {
  const local = localBackend(workspace);
  if (local !== undefined) {
    const folder = join(local, ".pulumi", "stacks", project);
    const path = join(folder, `${stack}.json`);
    const text = await readIfThere(path);
    if (text !== undefined) return parseDeployment(text, path, goodCopies(local, path, stack));
    // A backend with compressed files: the CLI reads those.
    if ((await readIfThere(join(folder, `${stack}.json.gz`))) === undefined) return undefined;
  }
  const { code, stdout, stderr } = await pulumiCommand(place, ["stack", "export", "--stack", stack]);
  if (code === 0) return parseDeployment(stdout, "what the backend holds");
  if (/no stack named/.test(stderr)) return undefined;
  throw unreadable(`the state of stack "${stack}" cannot be read`, stderr);
}

/** True when a local backend records nothing of the stack: never applied, or destroyed. False when that cannot be told from here. */
export async function recordsNothing(workspace: Workspace, stack: string): Promise<boolean> {
  const local = localBackend(workspace);
  if (local === undefined) return false;
  const path = join(local, ".pulumi", "stacks", project, `${stack}.json`);
  const text = await readIfThere(path);
  if (text === undefined) return false;
  try {
    return !parseDeployment(text, path).resources.length;
  } catch {
    // What is wrong with it is said when it is used.
    return false;
  }
}

/** Pulumi keeps the state before the last write beside it, and one for each update in a folder. */
const goodCopies = (backend: string, path: string, stack: string): string =>
  `put the last good copy in its place: ${path}.bak, else the newest in ${join(backend, ".pulumi", "backups", project, stack)}`;

/** Puts another state in place of the recorded one, after a copy of that one was kept. Returns the copy's path. */
export async function replaceDeployment(
  workspace: Workspace,
  place: PulumiPlace,
  stack: string,
  before: Deployment,
  after: Deployment["whole"],
): Promise<string> {
  const { backups } = places(workspace);
  const backup = join(backups, `${stack}-${Date.now()}.json`);
  await writeWhole(backup, JSON.stringify(before.whole));
  const old = (await namesIn(backups)).filter(
    (name) => /^\d+\.json$/.test(name.slice(stack.length + 1)) && name.startsWith(`${stack}-`),
  );
  for (const name of old.slice(0, Math.max(0, old.length - keptBackups))) await remove(join(backups, name));

  const { code, stderr } = await pulumiCommand(place, ["stack", "import", "--stack", stack], {
    stdin: JSON.stringify(after),
  });
  if (code !== 0) {
    throw new OperationError("failed", `the mended state of stack "${stack}" was not taken: ${lastLine(stderr)}`, {
      remedy: `nothing was changed in the state; a copy of it is ${backup}`,
    });
  }
  return backup;
}

/** A lock that a Pulumi process holds on the stack, as a local backend records it. */
export interface PulumiLock {
  path: string;
  pid: number;
  host: string;
  user: string;
  since: string;
}

/** None for other backends: theirs are not seen from here. */
export async function pulumiLocks(workspace: Workspace, stack: string): Promise<PulumiLock[]> {
  const local = localBackend(workspace);
  if (local === undefined) return [];
  const folder = join(local, ".pulumi", "locks", "organization", project, stack);
  const locks: PulumiLock[] = [];
  for (const name of await namesIn(folder)) {
    if (!name.endsWith(".json")) continue;
    const path = join(folder, name);
    const text = await readIfThere(path);
    if (text === undefined) continue;
    try {
      const lock = JSON.parse(text) as { pid: number; hostname: string; username: string; timestamp: string };
      locks.push({ path, pid: lock.pid, host: lock.hostname, user: lock.username, since: lock.timestamp });
    } catch {
      // Being written, or cut off by a kill: it names nobody who could be alive.
      locks.push({ path, pid: 0, host: "", user: "", since: "" });
    }
  }
  return locks;
}

/** All outputs of the stack, secrets in clear. */
export async function stackOutputs(place: PulumiPlace, stack: string): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await pulumiCommand(place, [
    "stack",
    "output",
    "--json",
    "--show-secrets",
    "--stack",
    stack,
  ]);
  if (code === 0) return JSON.parse(stdout) as Record<string, unknown>;
  throw unreadable(`the outputs of stack "${stack}" cannot be read`, stderr);
}

function unreadable(what: string, words: string): OperationError {
  const known = stateProblem(words);
  return new OperationError("failed", `${what}: ${known?.say ?? lastLine(words)}`, {
    remedy: known?.remedy ?? "check that the backend can be reached, and run `coffer doctor`",
  });
}

const lastLine = (text: string): string =>
  text
    .trim()
    .split("\n")
    .pop()
    ?.replace(/^error: /, "") ?? "";
