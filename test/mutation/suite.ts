/**
 * Stands in for `node:test` while mutants are tried: it collects the tests of the files that are loaded, so that they can run in this
 * process as often as there are mutants. Subtests (`t.test`) are part of their test.
 */

type Body = (t: Context) => unknown;

export interface Context {
  name: string;
  signal: AbortSignal;
  test(...args: unknown[]): Promise<void>;
  after(end: () => unknown): void;
  skip(): void;
  diagnostic(): void;
}

export interface Collected {
  id: string;
  run(): Promise<void>;
}

export const collected: Collected[] = [];

const path: string[] = [];
const ids = new Set<string>();

export function test(...args: unknown[]): void {
  const { name, skip, body } = parts(args);
  if (skip) return;
  const title = [...path, name].join(" > ");
  let id = title;
  for (let n = 2; ids.has(id); n++) id = `${title} (${n})`;
  ids.add(id);
  const before = [...firsts];
  collected.push({
    id,
    run: async () => {
      for (const first of before) await first();
      await run(name, body);
    },
  });
}

export function describe(...args: unknown[]): void {
  const { name, skip, body } = parts(args);
  if (skip) return;
  const outside = firsts.length;
  path.push(name);
  try {
    void body(undefined as unknown as Context);
  } finally {
    path.pop();
    firsts.splice(outside);
  }
}

const firsts: (() => Promise<void>)[] = [];

/** Runs once, before the first test that needs it. */
export function before(act: () => unknown): void {
  let done: Promise<void> | undefined;
  firsts.push(() => {
    done ??= (async () => void (await act()))();
    return done;
  });
}

/** The files' own ends come when all mutants were tried. */
export function after(act: () => unknown): void {
  process.once("exit", () => void act());
}

export { describe as suite, test as it };
export default test;

async function run(name: string, body: Body): Promise<void> {
  const ends: (() => unknown)[] = [];
  const context: Context = {
    name,
    signal: AbortSignal.timeout(60_000),
    test: (...args) => {
      const inner = parts(args);
      return inner.skip ? Promise.resolve() : run(inner.name, inner.body);
    },
    after: (end) => void ends.push(end),
    skip: () => {},
    diagnostic: () => {},
  };
  try {
    await body(context);
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

function parts(args: readonly unknown[]): { name: string; skip: boolean; body: Body } {
  const options = args.find((one) => typeof one === "object" && one !== null) as { skip?: unknown } | undefined;
  const body = args.find((one) => typeof one === "function") as Body | undefined;
  return { name: String(args[0]), skip: Boolean(options?.skip) || !body, body: body ?? (() => {}) };
}
