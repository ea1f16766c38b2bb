/**
 * Parts of the SDK that Coffer's program never uses, and that take more than half of the time in which the SDK is loaded: what
 * serialises functions (with TypeScript's compiler, npm's resolver and a debugger session behind it), the automation API, dynamic
 * providers.
 */
import { createRequire } from "node:module";
import { deferFunctions, deferNamespace } from "../deferred.ts";

const closures: Readonly<Record<string, readonly string[]>> = {
  "runtime/closure/codePaths": ["computeCodePaths"],
  "runtime/closure/serializeClosure": ["serializeFunction", "serializeFunctionAsync"],
};

/** To be called before the SDK is loaded; `folder` is the program's. */
export function deferUnusedParts(folder: string): void {
  const require = createRequire(`${folder}/`);
  const pathOf = (name: string): string => require.resolve(`@pulumi/pulumi/${name}`);
  for (const [name, functions] of Object.entries(closures)) deferFunctions(require, pathOf(name), functions);
  // The runner waits for the debugger's session before every program; nobody needs it until a function is serialised.
  deferFunctions(require, pathOf("runtime/closure/v8Hooks"), ["getSessionAsync", "getScriptUrl"], {
    isInitializedAsync: async () => {},
  });
  for (const name of ["automation", "dynamic", "provider"]) deferNamespace(require, pathOf(name));
}
