/**
 * A stand-in for the official Pulumi docker plugin 5.0.0, for machines that cannot download it.
 *
 * Started by Pulumi's engine as `pulumi-resource-docker [ENGINE ADDRESS]`. Prints its port on the first line of stdout.
 * Ends with the engine: on SIGINT and SIGTERM, and when the process that started it is gone. `coffer` starts it with `--attached`,
 * for all runs of the engine that its command needs; then it ends with the engine that it serves once the command is gone.
 */

// The client of Docker writes whole requests, environment variables included, to stderr when DEBUG asks for it.
delete process.env.DEBUG;

const PARENT_CHECK_MS = 1000;
const parent = process.ppid;

const { serve } = await import("./server.ts");
const { engineEnds, followCommand } = await import("../attached.ts");

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
const engineAddress = process.argv.slice(2).findLast((argument) => !argument.startsWith("-")) ?? "";
// An engine that has died cuts its calls off. What it began must not go on beside the next run.
const { port, answers } = await serve(engineAddress, () => process.exit(1));
if (process.argv.includes("--attached")) {
  followCommand({ onLeft: () => void engineEnds(answers).then(() => process.exit(0)) });
} else {
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0);
  }, PARENT_CHECK_MS).unref();
}
process.stdout.write(`${port}\n`);
