/** From what a failed Pulumi run said to one sentence for the user: which resource, what is wrong, what to do. */
import type { Diagnostic } from "./engine-events.ts";
import { OperationError } from "./errors.ts";
import type { ResourceName } from "./events.ts";
import { knownRemedy, type Remedy, stateProblems } from "./remedies.ts";

export interface FailedRun {
  /** `preview`, `up` or `destroy`. */
  command: string;
  stack: string;
  errors: readonly Diagnostic[];
  /** What the targets say of what failed; they know more than the plugins. */
  reasons: readonly string[];
  /** What the program wrote to stderr. */
  program: readonly string[];
  /** What the CLI wrote to stderr. */
  words: string;
  cancelled: boolean;
  /** The CLI was killed: it could say nothing. */
  killed: boolean;
  log: string;
  /** How the user goes on with what was not done, as in "run up again". */
  again: string;
  name(urn: string): ResourceName;
}

/** What is wrong with the state, when that is what the CLI's words say. */
export function stateProblem(words: string): { say: string; remedy: string } | undefined {
  return stateProblems.find(({ when }) => when.test(words));
}

const general = /^(preview|update|destroy|refresh)( failed| canceled| cancelled)$/i;

/** The program ended without a word through the engine; its own stderr says why. */
const crashed = /exited with non-zero exit code/;

export function failureOf(run: FailedRun): OperationError {
  const doing = `${run.command === "preview" ? "the preview" : run.command} of stack "${run.stack}"`;
  if (run.cancelled) {
    return new OperationError("interrupted", `${doing} was interrupted`, {
      remedy: run.command === "preview" ? "nothing was changed" : `${run.again}: it goes on where it stopped`,
      log: run.log,
    });
  }
  const said = [...run.reasons, ...run.errors.map((error) => sentence(error, run)), ...wordsOf(run.words)];
  const told = [...new Set(said)].filter((text) => !general.test(text));
  const silent = run.killed ? "the Pulumi process was killed" : "Pulumi ended with an error and said nothing";
  const first = told[0] ?? silent;
  const known = knownRemedy(told);
  // What a provider's check refuses is wrong in the spec, and nothing was changed.
  const refused = run.command === "preview" && run.errors.length > 0 && run.errors.every((error) => isRefusal(error));
  return new OperationError(refused ? "input" : "failed", `${doing} failed: ${known?.say ?? first}`, {
    remedy: remedyOf(run, known),
    log: run.log,
    passing: isPassing(run),
    also: [...(known?.say ? told : told.slice(1)), ...(crashed.test(first) ? run.program : [])],
  });
}

/** gophercloud's words for 429, 502, 503 and 504, and Go's for an answer that never came. */
const passing =
  /^Too Many Requests|unable to handle the request due to a temporary|invalid response from an upstream|upstream server (?:did not respond|timed out)|\bbut got (?:429|502|503|504) instead|: (?:EOF|unexpected EOF|connection reset by peer)$|read: connection reset|connect: connection refused/im;

/** Only where that is all: what else failed would fail again. */
function isPassing({ errors, reasons, killed }: FailedRun): boolean {
  const told = errors.map(({ message }) => unwrapped(message.trim())).filter((text) => !general.test(text));
  return !killed && !reasons.length && told.length > 0 && told.every((text) => passing.test(text));
}

function remedyOf({ command, again }: FailedRun, known: Remedy | undefined): string | undefined {
  if (known) return typeof known.remedy === "string" ? known.remedy : known.remedy(again);
  return command === "preview" ? undefined : `mend the cause and ${again}: it goes on where it stopped`;
}

/** `coffer:guest:Users resource 'orders-users' has a problem: ...`: the words of a provider's check. */
const problem = /^\S+ resource '[^']*'(?:: property \S+(?: value \{.*?\})?)? has a problem: /s;

const isRefusal = ({ message }: Diagnostic): boolean => problem.test(message.trim()) || general.test(message.trim());

/** What Terraform's providers, and Pulumi's bridge to them, put around the one error that happened. */
const bridge = /^sdk-v2\/\S+: sdk\.helper_schema: (.*): provider=\S+$/s;
const oneOccurred = /^1 error occurred:\s+\* (?:\w+ urn:\S+: )?/;

function unwrapped(text: string): string {
  const inner = text.replace(bridge, "$1").replace(oneOccurred, "").trim();
  return inner === text ? text : unwrapped(inner);
}

function sentence(error: Diagnostic, run: FailedRun): string {
  const text = unwrapped(error.message.trim().replace(problem, ""));
  if (!error.urn || /^urn:/.test(text)) return text;
  const { instance, name, type } = run.name(error.urn);
  if (type === "pulumi:pulumi:Stack") return text;
  if (instance === undefined) return `${name}: ${text}`;
  const part = name.startsWith(`${instance}-`) ? name.slice(instance.length + 1) : undefined;
  return `instance "${instance}"${part ? `, ${part}` : ""}: ${text}`;
}

function wordsOf(words: string): string[] {
  return words
    .split("\n")
    .filter((line) => line.startsWith("error: "))
    .map((line) => line.slice("error: ".length).trim());
}
