/** A command that asks before it goes on, as those of Coffer do: prints `went on`, or ends as the command line ends. */
import { Context } from "../../cli/context.ts";
import { exitCodes, failure } from "../../cli/failure.ts";
import { OperationError } from "../../operations/errors.ts";

const workspace = { root: "/nowhere", environment: {} };
const context = new Context(workspace, { output: "table" }, new AbortController().signal, process);
try {
  if (!(await context.confirm("This drops a database.", "--yes"))) throw new OperationError("failed", "not confirmed");
  process.stdout.write("went on\n");
} catch (error) {
  const { code, text } = failure(error, false);
  process.stderr.write(`${text}\n`);
  process.exitCode = code;
}
process.exit(process.exitCode ?? exitCodes.done);
