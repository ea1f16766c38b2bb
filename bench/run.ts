/**
 * Benchmarks. Each figure is a ratio against something measured in the same run, in turn with it, so that it means
 * something on another machine. Run with: ./bench/run [ROUNDS]; prints the table of docs/performance.md.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { parseDocument } from "yaml";
import { imageName, recipeOf } from "../images/index.ts";
import { loadSpec } from "../spec/index.ts";
import { type Checkout, makeCheckout } from "../test/support/checkout.ts";
import { setUp } from "../test/support/set-up.ts";
import { specOf } from "../test/support/specs.ts";
import { initialiseByHand } from "./by-hand.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "..");
const rounds = Number(process.argv[2] ?? 5);

interface Figure {
  what: string;
  against: string;
  aim: number;
  ours: number[];
  theirs: number[];
}

const instance = { databases: ["shop"], users: { app: { all: ["shop"] } } };
const demo = { "mariadb-orders": { ...instance, databases: ["shop", "stats"] }, "postgresql-ledger": instance };

/** From an empty stack to a database that answers, against a plain `pulumi up` and the engine set up by hand. */
async function firstUp(): Promise<Figure[]> {
  const made: Figure[] = [];
  for (const engine of ["mariadb", "postgresql"]) {
    const version = engine === "mariadb" ? "10.11" : "15";
    const image = imageName(recipeOf(engine, version));
    const figure: Figure = {
      what: `first \`up\` of one ${engine} instance`,
      against: "empty `pulumi up` + the engine by hand",
      aim: 1.5,
      ours: [],
      theirs: [],
    };
    for (let round = 0; round < rounds; round++) {
      const checkout = await makeCheckout(specOf({ [`${engine}-one`]: instance }));
      try {
        figure.ours.push(await timed(() => checkout.ok(["up", "--stack", checkout.stack])));
      } finally {
        await checkout.cleanUp();
      }
      const empty = await emptyProject();
      try {
        let remove = async () => {};
        const byHand = async () => {
          await empty.up();
          remove = await initialiseByHand(engine, image);
        };
        figure.theirs.push(await timed(byHand));
        await remove();
      } finally {
        empty.remove();
      }
    }
    made.push(figure);
  }
  return made;
}

/** A second `up`, and one that adds a user, each against an `up` of a program without resources. */
async function laterUps(): Promise<Figure[]> {
  const noOp: Figure = {
    what: "no-op `up` of two instances",
    against: "empty `pulumi up`",
    aim: 2,
    ours: [],
    theirs: [],
  };
  const addUser: Figure = { what: "`up` that adds a user", against: "empty `pulumi up`", aim: 2, ours: [], theirs: [] };
  const checkout = await makeCheckout(specOf(demo));
  const empty = await emptyProject();
  const up = (c: Checkout) => timed(() => c.ok(["up", "--stack", c.stack]));
  try {
    await up(checkout);
    await empty.up();
    for (let round = 0; round < rounds; round++) {
      const theirs = await timed(() => empty.up());
      noOp.ours.push(await up(checkout));
      noOp.theirs.push(theirs);
      const users = Object.fromEntries(
        Array.from({ length: round + 2 }, (_, i) => [i ? `app${i}` : "app", { all: ["shop"] }]),
      );
      checkout.writeSpec(specOf({ ...demo, "mariadb-orders": { ...demo["mariadb-orders"], users } }));
      addUser.ours.push(await up(checkout));
      addUser.theirs.push(theirs);
    }
  } finally {
    await checkout.cleanUp();
    empty.remove();
  }
  return [noOp, addUser];
}

/** 10,000 lines validated, against the same lines parsed. */
function validation(): Figure {
  const text = largeSpec(10_000);
  const figure: Figure = { what: "validating 10,000 lines", against: "parsing them", aim: 3, ours: [], theirs: [] };
  for (let round = 0; round < rounds + 2; round++) {
    const theirs = timedSync(() => parseDocument(text));
    const ours = timedSync(() => loadSpec(text, "large.yaml"));
    // The first two rounds warm the compiler up for both sides.
    if (round < 2) continue;
    figure.ours.push(ours);
    figure.theirs.push(theirs);
  }
  return figure;
}

function largeSpec(lines: number): string {
  const blocks: Parameters<typeof specOf>[0] = {};
  for (let i = 0; specOf({}).split("\n").length + i * 9 < lines; i++) {
    blocks[`mariadb-i${i}`] = {
      ...instance,
      parameters: { max_connections: 60 },
      users: { app: { all: ["shop"] }, b: { read: ["shop"] } },
    };
  }
  return specOf(blocks);
}

/** A Pulumi program without resources, with our CLI and language host and a file backend of its own. */
async function emptyProject(): Promise<{ up(): Promise<void>; remove(): void }> {
  const dir = mkdtempSync(join(tmpdir(), "coffer-bench-"));
  mkdirSync(join(dir, "state"));
  writeFileSync(
    join(dir, "Pulumi.yaml"),
    "name: empty\nruntime: { name: nodejs, options: { typescript: false } }\nmain: program.mjs\n",
  );
  writeFileSync(
    join(dir, "package.json"),
    JSON.stringify({ name: "empty", type: "module", dependencies: { "@pulumi/pulumi": "*" } }),
  );
  writeFileSync(join(dir, "program.mjs"), 'import "@pulumi/pulumi";\n');
  symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  const { pulumiEnvironment } = await import("../toolchain/env.ts");
  const env = {
    ...process.env,
    ...pulumiEnvironment({ root }),
    PULUMI_BACKEND_URL: `file://${join(dir, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "bench",
  };
  const pulumi = (...args: string[]) => run("pulumi", args, { cwd: dir, env });
  await pulumi("stack", "init", "bench", "--non-interactive");
  return {
    up: async () => void (await pulumi("up", "--stack", "bench", "--yes", "--skip-preview", "--non-interactive")),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await act();
  return (performance.now() - started) / 1000;
}

function timedSync(act: () => unknown): number {
  const started = performance.now();
  act();
  return (performance.now() - started) / 1000;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function table(rows: readonly Figure[]): string {
  const lines = rows.map((row) => {
    const ratio = median(row.ours.map((value, i) => value / (row.theirs[i] ?? Number.NaN)));
    const verdict = ratio <= row.aim ? "met" : "missed";
    return `| ${row.what} | ${median(row.ours).toFixed(2)} s | ${row.against} | ${median(row.theirs).toFixed(2)} s | ${ratio.toFixed(2)} | ${row.aim} | ${verdict} |`;
  });
  return ["| What | Coffer | Against | Takes | Ratio | Aim | |", "|---|---|---|---|---|---|---|", ...lines, ""].join(
    "\n",
  );
}

await setUp("docker");
const figures = [...(await firstUp()), ...(await laterUps()), validation()];
process.stdout.write(table(figures));
