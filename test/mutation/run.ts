/**
 * `./test/mutate [--static] [AREA ...]`: mutates what an area names, and prints its score and each mutant that no test notices. `--static`:
 * also what runs once, when a file is loaded (tables, patterns): each such mutant takes a process of its own. Needs StrykerJS, which is
 * put beside Coffer's other tools, not among its packages: nobody else needs its 70 MB.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { join, resolve } from "node:path";
import { areas } from "./areas.ts";
import { type Report, summary } from "./report.ts";

const root = resolve(import.meta.dirname, "../..");
const work = ".coffer/mutation";
const files = ["package.json", "package-lock.json", ".npmrc"].map((name) => ({
  name,
  from: join(import.meta.dirname, name),
}));

const args = process.argv.slice(2);
const named = args.filter((arg) => arg !== "--static");
const unknown = named.filter((name) => !areas[name]);
if (unknown.length) {
  process.stderr.write(`no area named ${unknown.join(", ")}; areas: ${Object.keys(areas).join(", ")}\n`);
  process.exit(2);
}
setPriority(constants.priority.PRIORITY_LOW);
const stryker = installed();
for (const name of named.length ? named : Object.keys(areas)) mutate(name);

/** StrykerJS's own command. */
function installed(): string {
  const hash = createHash("sha256");
  for (const { from } of files) hash.update(readFileSync(from));
  const place = join(process.env.COFFER_CACHE ?? join(root, work), `stryker-${hash.digest("hex").slice(0, 12)}`);
  if (!existsSync(place)) {
    const made = `${place}.${process.pid}`;
    mkdirSync(made, { recursive: true });
    for (const { name, from } of files) copyFileSync(from, join(made, name));
    must("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], made);
    renameSync(made, place);
  }
  return join(place, "node_modules/@stryker-mutator/core/bin/stryker.js");
}

function mutate(name: string): void {
  const { mutate = [], tests = [] } = areas[name] ?? {};
  const reported = join(root, work, `${name}-report.json`);
  const config = join(root, work, `${name}.json`);
  rmSync(reported, { force: true });
  mkdirSync(join(root, work), { recursive: true });
  const options = {
    mutate,
    cofferTests: tests.map((test) => `test/unit/${test}.test.ts`),
    testRunner: "coffer",
    plugins: [join(import.meta.dirname, "runner.ts")],
    coverageAnalysis: "perTest",
    concurrency: 1,
    ignoreStatic: !args.includes("--static"),
    // Texts are left as they are: most are messages, of which a test holds a part.
    mutator: { excludedMutations: ["StringLiteral"] },
    ignorePatterns: [".coffer", ".git"],
    // It would need TypeScript to make a sandbox's own; Node takes the types away without one.
    tsconfigFile: "none",
    tempDirName: `${work}/sandbox`,
    reporters: ["json"],
    jsonReporter: { fileName: reported },
    timeoutMS: 30_000,
    warnings: { unknownOptions: false },
    allowConsoleColors: false,
  };
  writeFileSync(config, JSON.stringify(options));
  process.stdout.write(`\n== ${name}\n`);
  must(process.execPath, [stryker, "run", config, "--logLevel", "warn"], root);
  process.stdout.write(summary(JSON.parse(readFileSync(reported, "utf8")) as Report));
}

function must(command: string, args: readonly string[], cwd: string): void {
  const path = `${resolve(process.execPath, "..")}:${process.env.PATH}`;
  const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit", env: { ...process.env, PATH: path } });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
