/**
 * `node ahead.ts MODULE...`: a process that loads a program's modules before anybody asks for the program. The language host says
 * what is to be run, and from there on it is the process that the host would have started. One that is never told ends with its host.
 */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { deferUnusedParts } from "./deferred.ts";
import { type Launch, sdkModule } from "./program.ts";

const require = createRequire(import.meta.url);
const abandoned = () => process.exit(0);
process.once("disconnect", abandoned);
const told = new Promise<Launch>((done) => process.once("message", (launch) => done(launch as Launch)));
// The program itself says what is wrong with it.
await load(process.argv.slice(2)).catch(() => {});
const { runner, args, env, cwd } = await told;
process.off("disconnect", abandoned);
process.disconnect();

for (const name of Object.keys(process.env)) if (!Object.hasOwn(env, name)) delete process.env[name];
Object.assign(process.env, env);
if (cwd !== undefined) process.chdir(cwd);
process.argv = [process.execPath, runner, ...args];
// The SDK's store of a run, if a module has asked for it: it was made of another environment.
Reflect.deleteProperty(globalThis, "globalStore");
require(runner);

async function load(modules: readonly string[]): Promise<void> {
  const folder = dirname(modules[0] ?? "");
  if (modules.length) deferUnusedParts(folder);
  for (const module of modules) await import(pathToFileURL(module).href);
  // What the SDK's runner begins with, whatever the run.
  require(sdkModule("cmd/run/tracing", folder));
}
