/** Lines as somebody at a shell types them, in a test's checkout. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Checkout, Result } from "./checkout.ts";

/** Runs a line of bash in which `$S` names the stack and `$N` the instance; whatever it ends with. */
export async function shellLine(
  checkout: Pick<Checkout, "dir" | "stack" | "env">,
  instance: string,
  line: string,
): Promise<Result> {
  const env = { ...checkout.env, S: `--stack=${checkout.stack}`, N: instance };
  try {
    const { stdout, stderr } = await promisify(execFile)("bash", ["-c", line], { cwd: checkout.dir, env });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as Result;
    return { code, stdout, stderr };
  }
}
