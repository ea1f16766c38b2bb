/**
 * Sets a stack up: its random id, the passphrase of its state, Pulumi's own record. Every step may have been done before
 * and a kill between two of them leaves something that the next run goes on from.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { type Deployment, recordsOf } from "./deployment.ts";
import { OperationError } from "./errors.ts";
import { makeFolder, readIfThere, writeNew } from "./files.ts";
import type { Location } from "./locations.ts";
import { type PulumiPlace, pulumiCommand } from "./pulumi.ts";
import { readStackFile, type StackFile, writeStackFile } from "./stack-file.ts";
import { readDeployment } from "./state.ts";
import { absoluteSpec, backendUrl, places, recordedSpec, type Workspace } from "./workspace.ts";

export interface Stack {
  name: string;
  /** Random, for life; on every object of the stack. */
  stackId: string;
  /** The spec file, absolute. */
  spec: string;
  /** The name of its target and which of several clouds, when that is recorded. */
  target?: string;
  cloud?: string;
  /** The file of the passphrase, when Coffer keeps one. */
  passphraseFile?: string;
  /** True when it was set up just now. */
  isNew: boolean;
}

export interface SetUpRequest {
  workspace: Workspace;
  name: string;
  /** Absolute; undefined: the recorded one. */
  spec?: string;
  /** The spec's; undefined when no spec was read. */
  location?: Location;
  /** Let another file be this stack's spec from now on. */
  takeOver: boolean;
  /** The CLI's place once the stack's id and passphrase are known. */
  placeFor(stack: Stack): PulumiPlace;
}

/** The stack, set up where it was not; with its state as far as there is one. The caller holds the stack's lock. */
export async function setUpStack(request: SetUpRequest): Promise<{ stack: Stack; deployment?: Deployment }> {
  const { workspace, name, placeFor } = request;
  const file = await readStackFile(workspace, name);
  const draft = { name, stackId: file?.stackId ?? "", spec: "", isNew: false };
  const reader = placeFor({ ...draft, ...(await passphraseOf(workspace, draft.stackId, file)) });
  const deployment = await readDeployment(workspace, reader, name);
  const record = deployment && recordsOf(deployment).stack;
  const stackId = file?.stackId ?? record?.stackId ?? randomUUID();
  const spec = await settleSpec(request, file?.spec ?? record?.spec, (deployment?.resources.length ?? 0) > 0);

  const applied = (deployment?.resources.length ?? 0) > 0;
  const location = settleLocation(request, file, applied);
  const recorded = recordedSpec(workspace, spec);
  const { target, cloud } = location;
  if (file?.stackId !== stackId || file.spec !== recorded || file.target !== target || file.cloud !== cloud)
    await writeStackFile(workspace, name, { stackId, spec: recorded, ...location });
  const used = file?.hasSalt === true || usesPassphrase(deployment);
  const passphrase = await ensurePassphrase(workspace, name, stackId, file, used);
  const stack: Stack = {
    name,
    stackId,
    spec,
    ...location,
    ...passphrase,
    isNew: deployment === undefined,
  };
  if (deployment === undefined) await initialise(placeFor(stack), name);
  return { stack, ...(deployment ? { deployment } : {}) };
}

/** A stack that was set up before, for verbs that only look; undefined when it was not. */
export async function openStack(workspace: Workspace, name: string): Promise<Stack | undefined> {
  const file = await readStackFile(workspace, name);
  if (!file?.stackId) return undefined;
  return {
    name,
    stackId: file.stackId,
    spec: file.spec === undefined ? "" : absoluteSpec(workspace, file.spec),
    ...recordedLocation(file),
    ...(await passphraseOf(workspace, file.stackId, file)),
    isNew: false,
  };
}

async function settleSpec(request: SetUpRequest, recorded: string | undefined, applied: boolean): Promise<string> {
  const { workspace, name, spec, takeOver } = request;
  const before = recorded === undefined ? undefined : absoluteSpec(workspace, recorded);
  if (spec === undefined) {
    if (before !== undefined) return before;
    throw new OperationError("input", `nothing is recorded about the spec file of stack "${name}"`, {
      remedy: "name it with -f FILE",
    });
  }
  if (before === undefined || !applied || takeOver || (await sameFile(before, spec))) return spec;
  throw new OperationError("input", `stack "${name}" belongs to the spec ${before}, not to ${spec}`, {
    remedy: "give your file another name (a stack is named like its file), or if it really takes over: --take-over",
  });
}

/** The other target has none of the stack's data: its instances would all be made anew, empty. */
function settleLocation(
  { name, location }: SetUpRequest,
  file: StackFile | undefined,
  applied: boolean,
): Partial<Location> {
  const { target } = file ?? {};
  if (location === undefined) return recordedLocation(file);
  if (target === undefined || target === location.target || !applied) return location;
  throw new OperationError("input", `stack "${name}" runs on ${target}, and the spec's target is ${location.target}`, {
    remedy: "a stack keeps its target: take the change back, or give the new stack a spec file of its own",
  });
}

function recordedLocation(file: StackFile | undefined): Partial<Location> {
  const { target, cloud } = file ?? {};
  return { ...(target === undefined ? {} : { target }), ...(cloud === undefined ? {} : { cloud }) };
}

async function sameFile(a: string, b: string): Promise<boolean> {
  if (a === b) return true;
  try {
    return (await realpath(a)) === (await realpath(b));
  } catch {
    return false;
  }
}

/** The user's own passphrase or secrets provider is left alone. */
function isOurs(workspace: Workspace, file: StackFile | undefined): boolean {
  const { PULUMI_CONFIG_PASSPHRASE: own, PULUMI_CONFIG_PASSPHRASE_FILE: ownFile } = workspace.environment;
  if (own !== undefined || ownFile !== undefined) return false;
  if (file?.secretsProvider !== undefined && file.secretsProvider !== "passphrase") return false;
  return !/^https?:/.test(backendUrl(workspace)) || file?.hasSalt === true;
}

async function passphraseOf(workspace: Workspace, stackId: string, file: StackFile | undefined) {
  if (!stackId || !isOurs(workspace, file)) return {};
  return { passphraseFile: join(places(workspace).passphrases, stackId) };
}

async function ensurePassphrase(
  workspace: Workspace,
  name: string,
  stackId: string,
  file: StackFile | undefined,
  used: boolean,
): Promise<{ passphraseFile?: string }> {
  if (!isOurs(workspace, file)) return {};
  const path = join(places(workspace).passphrases, stackId);
  if ((await readIfThere(path)) !== undefined) return { passphraseFile: path };
  if (used) {
    // A new one would make every secret of the stack unreadable for good.
    throw new OperationError("failed", `the passphrase of stack "${name}" is missing: ${path}`, {
      remedy: "copy it back from the machine that the stack was made on, or set PULUMI_CONFIG_PASSPHRASE_FILE",
    });
  }
  await makeFolder(places(workspace).passphrases);
  await writeNew(path, `${randomBytes(32).toString("base64")}\n`);
  return { passphraseFile: path };
}

function usesPassphrase(deployment: Deployment | undefined): boolean {
  const provider = deployment?.whole.deployment.secrets_providers as { type?: unknown } | undefined;
  return provider?.type === "passphrase" && (deployment?.resources.length ?? 0) > 0;
}

/** Makes Pulumi's own record of the stack; one that is there already stays as it is. */
export async function initialise(place: PulumiPlace, name: string): Promise<void> {
  const { code, stderr } = await pulumiCommand(place, ["stack", "init", name, "--no-select"]);
  if (code !== 0 && !/already exists/.test(stderr)) {
    throw new OperationError(
      "failed",
      `Pulumi could not set up the stack "${name}": ${stderr.trim().split("\n").pop() ?? ""}`,
      {
        remedy: "run `coffer doctor`",
        also: stderr.trim().split("\n").slice(0, -1),
      },
    );
  }
}
