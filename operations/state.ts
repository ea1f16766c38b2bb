/** Reading and writing a stack's state: the files of a local backend directly, any other through the CLI. */
import { join } from "node:path";
import { type Deployment, damaged, parseDeployment } from "./deployment.ts";
import { OperationError } from "./errors.ts";
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
    if (text !== undefined) return parseDeployment(text, path);
    // A backend with compressed files: the CLI reads those.
    if ((await readIfThere(join(folder, `${stack}.json.gz`))) === undefined) return undefined;
  }
  const { code, stdout, stderr } = await pulumiCommand(place, ["stack", "export", "--stack", stack]);
  if (code === 0) return parseDeployment(stdout, "what the backend holds");
  if (/no stack named/.test(stderr)) return undefined;
  if (/failed to load checkpoint/.test(stderr)) throw damaged("what the backend holds");
  throw new OperationError("failed", `the state of stack "${stack}" cannot be read: ${lastLine(stderr)}`, {
    remedy: "check that the backend can be reached, then run `coffer doctor`",
  });
}

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
  const wrong = /incorrect passphrase/.test(stderr);
  throw new OperationError(
    "failed",
    wrong
      ? `the passphrase does not fit the state of stack "${stack}"`
      : `the outputs of stack "${stack}" cannot be read: ${lastLine(stderr)}`,
    {
      remedy: wrong
        ? "bring the right one back: PULUMI_CONFIG_PASSPHRASE(_FILE) if you set one, else the file that `coffer doctor` names"
        : "run `coffer doctor`",
    },
  );
}

const lastLine = (text: string): string =>
  text
    .trim()
    .split("\n")
    .pop()
    ?.replace(/^error: /, "") ?? "";
