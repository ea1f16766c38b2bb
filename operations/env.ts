/** `env`: what a shell needs so that plain `pulumi` works on the same state as Coffer. */

import { preparedEnvironment } from "./prepare.ts";
import { type OperationRequest, stackEnvironment, withLockedStack } from "./session.ts";
import { chooseStack } from "./stack-choice.ts";

export interface ShellEnvironment {
  stack: string;
  /** Variables that differ from those of the caller's shell. */
  variables: Readonly<Record<string, string>>;
  /** Variables of the caller's shell that would make Pulumi mean something else. */
  unset: readonly string[];
}

/** This process has them from the launcher, the caller's shell does not. */
const setByLauncher: readonly string[] = ["COFFER_CACHE", "COFFER_NODE", "COFFER_ROOT", "NODE_COMPILE_CACHE"];

/** Sets the stack up when it is not yet, so that `pulumi up` finds it. */
export async function shellEnvironment(request: OperationRequest): Promise<ShellEnvironment> {
  const { workspace, report, signal } = request;
  const chosen = await chooseStack(workspace, request);
  const stack = await withLockedStack({ ...request, verb: "env" }, chosen, undefined, async (session) => session.stack);
  const environment = await preparedEnvironment({
    workspace,
    purpose: "change",
    target: stack.target,
    cloud: stack.cloud,
    report,
    signal,
  });
  const wanted = { ...environment, ...stackEnvironment(workspace, stack), PULUMI_STACK: stack.name };
  const variables = Object.entries(wanted).filter(
    ([name, value]) => workspace.environment[name] !== value || setByLauncher.includes(name),
  );
  const unset = Object.keys(workspace.environment).filter((name) => wanted[name as keyof typeof wanted] === undefined);
  return {
    stack: stack.name,
    variables: Object.fromEntries(variables.sort(([a], [b]) => (a < b ? -1 : 1))),
    unset: unset.sort(),
  };
}

/** Lines for `eval`: every value quoted, whatever it holds. */
export function exportLines({ variables, unset }: Pick<ShellEnvironment, "variables" | "unset">): string {
  const set = Object.entries(variables).map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`);
  return [...unset.map((name) => `unset ${name}\n`), ...set].join("");
}
