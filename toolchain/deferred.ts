/**
 * Modules of packages that are loaded only when they are used: a stand-in is put into the module cache, which loads the real one at its
 * first use. For CommonJS modules that a package loads whatever is asked of it, and Coffer does not use.
 */
import { Module } from "node:module";

type Exports = Readonly<Record<string, unknown>>;
type Call = (...args: unknown[]) => unknown;

/** Puts `standInFor` in the place of the module at `path`, unless that is loaded; what it is given loads the real one. */
export function defer(require: NodeJS.Require, path: string, standInFor: (load: () => Exports) => object): void {
  if (require.cache[path]) return;
  let real: Exports | undefined;
  const load = (): Exports => {
    if (!real) {
      delete require.cache[path];
      real = require(path) as Exports;
    }
    return real;
  };
  const exports = standInFor(load);
  require.cache[path] = Object.assign(new Module(path), { filename: path, loaded: true, exports });
}

/** For a module whose functions are taken out of it while its user is loaded. */
export function deferFunctions(
  require: NodeJS.Require,
  path: string,
  names: readonly string[],
  more: object = {},
): void {
  defer(require, path, (load) => ({
    __esModule: true,
    ...Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => (load()[name] as Call)(...args)])),
    ...more,
  }));
}

/** For a module that is passed on as a whole. */
export function deferNamespace(require: NodeJS.Require, path: string): void {
  defer(require, path, (load) => new Proxy({}, { get: (_none, key) => key === "__esModule" || load()[String(key)] }));
}

/** For a module that is one function. */
export function deferFunction(require: NodeJS.Require, path: string): void {
  defer(
    require,
    path,
    (load) =>
      (...args: unknown[]) =>
        (load() as unknown as Call)(...args),
  );
}
