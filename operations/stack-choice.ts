/** Which stack and which spec file a request is about. */
import { basename, join } from "node:path";
import { nearest } from "../spec/nearest.ts";
import { OperationError } from "./errors.ts";
import { readStackFile, stackFiles } from "./stack-file.ts";
import { recordsNothing } from "./state.ts";
import { absoluteSpec, namesIn, places, type Workspace } from "./workspace.ts";

export interface StackRequest {
  /** A spec file; an absolute path. */
  file?: string;
  /** The file as the user wrote it, for messages. */
  shownFile?: string;
  /** A stack's name. */
  stack?: string;
}

export interface ChosenStack {
  name: string;
  /** The spec file, absolute; undefined when the stack has neither a record of one nor one in stacks/. */
  file?: string;
}

export interface KnownStack {
  name: string;
  file?: string;
  /** True when the stack was set up here before, and was not destroyed since. */
  setUp: boolean;
}

const nameRule = /^[A-Za-z0-9_.-]{1,100}$/;

/** The stack that is meant; the file's base name is the stack's name. */
export async function chooseStack(workspace: Workspace, request: StackRequest): Promise<ChosenStack> {
  if (request.file !== undefined) return choose(request, []);
  return choose(request, await knownStacks(workspace));
}

/** As `chooseStack`, for questions that need no stack: undefined where none is named, and none or several could be meant. */
export async function chooseStackIfAny(workspace: Workspace, request: StackRequest): Promise<ChosenStack | undefined> {
  if (request.file !== undefined || request.stack !== undefined) return chooseStack(workspace, request);
  const [only, second] = candidatesIn(await knownStacks(workspace));
  return only && !second ? withoutSetUp(only) : undefined;
}

/** Stacks that were set up here, and spec files in stacks/. */
export async function knownStacks(workspace: Workspace): Promise<KnownStack[]> {
  const known = new Map<string, KnownStack>();
  const { specs } = places(workspace);
  for (const name of await namesIn(specs)) {
    if (/\.ya?ml$/.test(name)) {
      const stack = stackName(name);
      if (!known.has(stack)) known.set(stack, { name: stack, file: join(specs, name), setUp: false });
    }
  }
  for (const name of await stackFiles(workspace)) {
    const recorded = (await readStackFile(workspace, name))?.spec;
    const file = recorded === undefined ? known.get(name)?.file : absoluteSpec(workspace, recorded);
    const setUp = !(await recordsNothing(workspace, name));
    known.set(name, { name, setUp, ...(file === undefined ? {} : { file }) });
  }
  return [...known.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Pure. */
export function choose(request: StackRequest, known: readonly KnownStack[]): ChosenStack {
  if (request.file !== undefined) {
    const name = checkedName(stackName(request.file), `the file ${request.file}`);
    if (request.stack !== undefined && request.stack !== name) {
      throw new OperationError(
        "input",
        `the file ${request.file} is the spec of stack "${name}", not of "${request.stack}"`,
        {
          remedy: "leave one of the two out: a stack is named like its file",
        },
      );
    }
    return { name, file: request.file };
  }
  if (request.stack !== undefined) {
    const found = known.find(({ name }) => name === request.stack);
    if (found) return withoutSetUp(found);
    const near = nearest(
      request.stack,
      known.map(({ name }) => name),
    );
    throw new OperationError(
      "input",
      `there is no stack "${request.stack}"${near ? `; did you mean "${near}"?` : ""}`,
      {
        remedy: known.length ? `there are: ${names(known)}` : "make a spec with: coffer init stacks/NAME.yaml",
      },
    );
  }
  const candidates = candidatesIn(known);
  const [only, second] = candidates;
  if (!only) {
    throw new OperationError("input", "there is no stack yet", {
      remedy: "make a spec with `coffer init stacks/NAME.yaml`, or name one with -f FILE",
    });
  }
  if (second) {
    throw new OperationError("input", `there are several stacks: ${names(candidates)}`, {
      remedy: "say which one with -f FILE or --stack NAME",
    });
  }
  return withoutSetUp(only);
}

/** Where nobody names one: those that were set up, else all. */
function candidatesIn(known: readonly KnownStack[]): readonly KnownStack[] {
  return known.some(({ setUp }) => setUp) ? known.filter(({ setUp }) => setUp) : known;
}

export function stackName(file: string): string {
  return basename(file).replace(/\.ya?ml$/, "");
}

function checkedName(name: string, of: string): string {
  if (nameRule.test(name)) return name;
  throw new OperationError("input", `${of} cannot name a stack: ${JSON.stringify(name)} is not a stack's name`, {
    remedy: "give the file a name of 1 to 100 letters, digits, and . _ -, ending in .yaml",
  });
}

const names = (known: readonly KnownStack[]): string => known.map(({ name }) => name).join(", ");
const withoutSetUp = ({ name, file }: KnownStack): ChosenStack => ({ name, ...(file === undefined ? {} : { file }) });
