/**
 * A stand-in for the official Pulumi docker plugin 5.0.0, for machines that cannot download it.
 *
 * Started by Pulumi's engine as `pulumi-resource-docker [ENGINE ADDRESS]`. Prints its port on the first line of stdout.
 * Ends with the engine: on SIGINT and SIGTERM, and when the process that started it is gone.
 */

// The client of Docker writes whole requests, environment variables included, to stderr when DEBUG asks for it.
delete process.env.DEBUG;

const PARENT_CHECK_MS = 1000;
const parent = process.ppid;

const { serve } = await import("./server.ts");

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
setInterval(() => {
  if (process.ppid !== parent) process.exit(0);
}, PARENT_CHECK_MS).unref();

const engineAddress = process.argv.slice(2).findLast((argument) => !argument.startsWith("-")) ?? "";
const port = await serve(engineAddress);
process.stdout.write(`${port}\n`);
