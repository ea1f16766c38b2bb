/**
 * A test runner for StrykerJS that runs Coffer's unit tests in its own process: a mutant costs as long as the tests that reach it, and no
 * start of Node. Its types are those of @stryker-mutator/api, which is not among Coffer's packages.
 */
import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Collected, collected } from "./suite.ts";

interface Stryker {
  activeMutant?: string;
  currentTestId?: string;
  hitCount?: number;
  hitLimit?: number;
  mutantCoverage?: unknown;
}

interface MutantRun {
  activeMutant: { id: string };
  testFilter?: readonly string[];
  hitLimit?: number;
}

interface Tried {
  id: string;
  name: string;
  timeSpentMs: number;
  /** 0: passed, 1: failed. */
  status: 0 | 1;
  failureMessage?: string;
}

const shared = globalThis as { __stryker__?: Stryker };
shared.__stryker__ ??= {};
const stryker = shared.__stryker__;

class Runner {
  static readonly inject = ["options"] as const;
  readonly #files: readonly string[];
  #loaded = false;

  constructor(options: { cofferTests: readonly string[] }) {
    this.#files = options.cofferTests;
  }

  capabilities() {
    return { reloadEnvironment: false };
  }

  async dryRun() {
    await this.#load();
    const tests: Tried[] = [];
    for (const test of collected) tests.push(await tried(test));
    return { status: "complete", tests, mutantCoverage: stryker.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit }: MutantRun) {
    // Before the files are loaded: some of what is mutated runs only then.
    stryker.activeMutant = activeMutant.id;
    stryker.hitCount = hitLimit === undefined ? undefined : 0;
    stryker.hitLimit = hitLimit;
    try {
      await this.#load();
    } catch (error) {
      return { status: "killed", killedBy: ["loading"], failureMessage: String(error), nrOfTests: 0 };
    }
    const chosen = collected.filter(({ id }) => !testFilter || testFilter.includes(id));
    for (const [index, test] of chosen.entries()) {
      const { status, failureMessage } = await tried(test);
      if (hitLimit !== undefined && (stryker.hitCount ?? 0) > hitLimit)
        return { status: "timeout", reason: "it went round more often than any test does" };
      if (status === 1) return { status: "killed", killedBy: [test.id], failureMessage, nrOfTests: index + 1 };
    }
    return { status: "survived", nrOfTests: chosen.length };
  }

  async #load(): Promise<void> {
    if (this.#loaded) return;
    const suite = new URL("./suite.ts", import.meta.url).href;
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === "node:test" ? { url: suite, shortCircuit: true } : next(specifier, context),
    });
    for (const file of this.#files) await import(pathToFileURL(resolve(file)).href);
    this.#loaded = true;
  }
}

async function tried({ id, run }: Collected): Promise<Tried> {
  const began = performance.now();
  stryker.currentTestId = id;
  try {
    await run();
    return { id, name: id, timeSpentMs: performance.now() - began, status: 0 };
  } catch (error) {
    return { id, name: id, timeSpentMs: performance.now() - began, status: 1, failureMessage: String(error) };
  } finally {
    stryker.currentTestId = undefined;
  }
}

export const strykerPlugins = [{ kind: "TestRunner", name: "coffer", injectableClass: Runner }];
