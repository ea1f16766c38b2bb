/** What every operation on a stack begins with: the stack is chosen, its spec read, the toolchain there, the lock taken. */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { moduleOf } from "../components/kinds.ts";
import type { SpecSource as FileSource } from "../components/source.ts";
import type { StackSpec } from "../spec/model.ts";
import { type CheckoutPlugin, checkoutPlugins } from "../toolchain/checkout-plugins.ts";
import { allOf, attachedLanguageHost, attachedPlugin, attachedProvider } from "./attached.ts";
import type { Deployment } from "./deployment.ts";
import { fileError, isSystemError, OperationError } from "./errors.ts";
import { type Report, step } from "./events.ts";
import { remove, writeWhole } from "./files.ts";
import { locationOf } from "./locations.ts";
import { takeLock } from "./lock.ts";
import { runVariable } from "./mend.ts";
import { preparedEnvironment } from "./prepare.ts";
import type { PulumiPlace } from "./pulumi.ts";
import { type ChosenStack, chooseStack, type StackRequest } from "./stack-choice.ts";
import { openStack, type Stack, setUpStack } from "./stack-setup.ts";
import { backendUrl, makePlaces, namesIn, places, type Workspace } from "./workspace.ts";

export interface OperationRequest extends StackRequest {
  workspace: Workspace;
  report: Report;
  signal?: AbortSignal;
}

/** A spec file as it was read once; everything of one operation works on these bytes. */
export interface SpecSource extends FileSource {
  bytes: Buffer;
  /** The file's name in problems. */
  shown: string;
}

export interface Session {
  workspace: Workspace;
  stack: Stack;
  place: PulumiPlace;
  /** The spec that the stack was locked with, as its target completes it: with the sizes of a cloud's flavors. */
  settled?: { bytes: Buffer; spec: StackSpec };
  /** The state, as far as there is one. */
  deployment?: Deployment;
  report: Report;
  signal?: AbortSignal;
}

export interface LockedRequest extends OperationRequest {
  /** What is done, for whoever waits for the lock. */
  verb: string;
  takeOver?: boolean;
  /** Nothing will be applied, so images need not be there. */
  previewOnly?: boolean;
  /** Instances that get a new system disk: their images have to be there. */
  rebuilt?: readonly string[];
}

/** An apply takes minutes, a first one on a cold machine longer. */
const lockPatienceMs = 600_000;

/** The chosen stack and its spec. Throws a SpecError with all problems of the file. */
export async function readSource(request: OperationRequest): Promise<{ chosen: ChosenStack; source: SpecSource }> {
  const chosen = await chooseStack(request.workspace, request);
  if (chosen.file === undefined) {
    throw new OperationError("input", `nothing is known about the spec file of stack "${chosen.name}"`, {
      remedy: "name it with -f FILE",
    });
  }
  return { chosen, source: await readSpecFile(chosen.file, request.shownFile) };
}

/** `shown` is the file's name in problems; default: its path. */
export async function readSpecFile(file: string, shown = file): Promise<SpecSource> {
  const bytes = await readBytes(file, shown);
  // Verbs that only look want no spec, and the language takes as long to load as a server to answer.
  const { loadSpec } = await import("../spec/index.ts");
  return { file, shown, bytes, spec: loadSpec(bytes, shown) };
}

async function readBytes(file: string, shown: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if (isSystemError(error) && ["ENOENT", "EISDIR", "ENOTDIR"].includes(error.code)) {
      const what = error.code === "ENOENT" ? "there is no such file" : "it is no file";
      throw new OperationError("input", `cannot read the spec ${shown}: ${what}`, {
        remedy: `check the path, or make a spec with: coffer init ${shown}`,
      });
    }
    throw fileError(error, "read the spec", shown);
  }
}

/** Runs `act` on the stack, set up and locked. The toolchain and what the spec needs were made before. */
export async function withLockedStack<T>(
  request: LockedRequest,
  chosen: ChosenStack,
  source: SpecSource | undefined,
  act: (session: Session) => Promise<T>,
): Promise<T> {
  const { workspace, report, signal, verb } = request;
  await makePlaces(workspace);
  const before = await openStack(workspace, chosen.name);
  let settled: StackSpec | undefined;
  let plugins: readonly CheckoutPlugin[] = [];
  const environment = await preparedEnvironment({
    workspace,
    purpose: request.previewOnly ? "preview" : "change",
    source: source && { ...source, file: source.shown },
    stackId: before?.stackId,
    target: before?.target,
    cloud: before?.cloud,
    rebuilt: request.rebuilt,
    onPlanned: (spec) => {
      settled = spec;
    },
    onToolchain: (steps) => {
      plugins = checkoutPlugins(steps);
    },
    report,
    signal,
  });
  const { locks, scratch } = places(workspace);
  const lock = await takeLock({ folder: locks, stack: chosen.name, verb, patience: lockPatienceMs, report, signal });
  let attached: PulumiPlace["attached"];
  try {
    for (const left of await namesIn(scratch)) {
      if (left.startsWith(snapshotPrefix(chosen.name))) await remove(join(scratch, left));
    }
    const placeFor = (stack: Stack) => placeOf(workspace, stack, environment);
    const { stack, deployment } = await step(report, "stack", `stack "${chosen.name}"`, async (outcome) => {
      const done = await setUpStack({
        workspace,
        name: chosen.name,
        takeOver: request.takeOver ?? false,
        ...(source ? { location: locationOf(source.spec) } : {}),
        placeFor,
        ...(chosen.file === undefined ? {} : { spec: chosen.file }),
      });
      if (!done.stack.isNew) outcome.skip();
      return done;
    });
    const place = placeFor(stack);
    const target = (source ? locationOf(source.spec) : stack).target;
    const modules = ["stacks/declare.ts", ...(target === undefined ? [] : [moduleOf(target)])];
    attached = {
      provider: attachedProvider(place),
      languageHost: attachedLanguageHost(place, modules),
      standIns: plugins.map((plugin) => attachedPlugin(place, plugin)),
    };
    for (const plugin of allOf(attached)) plugin.start();
    return await act({
      workspace,
      stack,
      place: { ...place, attached },
      report,
      ...(source && settled ? { settled: { bytes: source.bytes, spec: settled } } : {}),
      ...(deployment ? { deployment } : {}),
      ...(signal ? { signal } : {}),
    });
  } finally {
    await Promise.all(allOf(attached).map((plugin) => plugin.close()));
    await lock.release();
  }
}

/** A stack that was set up before, for verbs that only look: no lock, nothing is made. Undefined when it was not. */
export async function openSession(request: OperationRequest): Promise<{ chosen: ChosenStack; session?: Session }> {
  const { workspace, report, signal } = request;
  const chosen = await chooseStack(workspace, request);
  const stack = await openStack(workspace, chosen.name);
  if (!stack) return { chosen };
  const environment = await preparedEnvironment({
    workspace,
    purpose: "look",
    target: stack.target,
    cloud: stack.cloud,
    report,
    signal,
  });
  const place = placeOf(workspace, stack, environment);
  return { chosen, session: { workspace, stack, place, report, ...(signal ? { signal } : {}) } };
}

/** Runs `act` with the exact bytes of a spec in a file of their own, so that preview and apply see the same. */
export async function withSnapshot<T>(session: Session, bytes: Buffer, act: (file: string) => Promise<T>): Promise<T> {
  const { scratch } = places(session.workspace);
  const file = join(scratch, `${snapshotPrefix(session.stack.name)}${randomUUID()}.yaml`);
  await writeWhole(file, bytes);
  try {
    return await act(file);
  } finally {
    await remove(file);
  }
}

const snapshotPrefix = (stack: string): string => `spec@${stack}@`;

function placeOf(workspace: Workspace, stack: Stack, environment: Readonly<Record<string, string>>): PulumiPlace {
  return {
    root: workspace.root,
    scratch: places(workspace).scratch,
    environment: { ...environment, ...stackEnvironment(workspace, stack), [runVariable]: stack.stackId },
  };
}

/** What Pulumi needs to find and to read this stack's state. */
export function stackEnvironment(workspace: Workspace, stack: Stack): Record<string, string> {
  return {
    PULUMI_BACKEND_URL: backendUrl(workspace),
    ...(stack.passphraseFile === undefined ? {} : { PULUMI_CONFIG_PASSPHRASE_FILE: stack.passphraseFile }),
  };
}
