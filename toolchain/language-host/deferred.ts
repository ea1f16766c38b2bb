/**
 * Parts of the SDK that Coffer's program never uses, and that take more than half of the time in which the SDK is loaded: what
 * serialises functions (with TypeScript's compiler, npm's resolver and a debugger session behind it), the automation API, dynamic
 * providers. They are put into the module cache as stand-ins, each of which loads the real part at its first use.
 */
import { createRequire, Module } from "node:module";

/** Modules of functions; the SDK takes these names out of them while it is loaded. */
const functions: Readonly<Record<string, readonly string[]>> = {
  "runtime/closure/codePaths": ["computeCodePaths"],
  "runtime/closure/serializeClosure": ["serializeFunction", "serializeFunctionAsync"],
  "runtime/closure/v8Hooks": ["getSessionAsync", "getScriptUrl"],
};

/** The runner waits for this one before every program. There is nothing to wait for while the debugger session is not wanted. */
const replaced: Readonly<Record<string, object>> = {
  "runtime/closure/v8Hooks": { isInitializedAsync: async () => {} },
};

/** Modules that the SDK passes on as a whole. */
const namespaces: readonly string[] = ["automation", "dynamic", "provider"];

type Exports = Readonly<Record<string, unknown>>;

/** To be called before the SDK is loaded; `folder` is the program's. */
export function deferUnusedParts(folder: string): void {
  const require = createRequire(`${folder}/`);
  for (const [name, names] of Object.entries(functions)) {
    defer(require, name, (load) => {
      const calls = names.map((one) => [
        one,
        (...args: unknown[]) => (load()[one] as (...a: unknown[]) => unknown)(...args),
      ]);
      return { __esModule: true, ...Object.fromEntries(calls), ...replaced[name] };
    });
  }
  for (const name of namespaces) {
    defer(require, name, (load) => new Proxy({}, { get: (_none, key) => key === "__esModule" || load()[String(key)] }));
  }
}

function defer(require: NodeJS.Require, name: string, standInFor: (load: () => Exports) => object): void {
  const path = require.resolve(`@pulumi/pulumi/${name}`);
  if (require.cache[path]) return;
  let real: Exports | undefined;
  const load = (): Exports => {
    if (!real) {
      delete require.cache[path];
      real = require(path) as Exports;
    }
    return real;
  };
  const standIn = Object.assign(new Module(path), { filename: path, loaded: true, exports: standInFor(load) });
  require.cache[path] = standIn;
}
