/** Builds a program from Go modules. One build at a time: it takes all CPUs, and the next one finds what they share compiled. */
import { statfsSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "./cache.ts";
import { ToolchainError } from "./errors.ts";
import { ensureCertificates, ensureGo } from "./go.ts";
import { withLock } from "./lock.ts";
import { run } from "./process.ts";
import type { Attempt } from "./steps.ts";

export interface GoBuild {
  /** The folder below `toolchain/` with go.mod. */
  module: string;
  /** For people: "the Pulumi CLI 3.259.0". */
  title: string;
  /** The package that is built; "." is the module's own. */
  target: string;
  /** A Go variable and the text it gets: the version that the program says. */
  version: { variable: string; value: string };
  /** The program's path. */
  output: string;
  /** Build tags beside those of every build. */
  tags?: readonly string[];
  /** Another go.mod (its go.sum lies beside it) than the folder's own, made by `prepare`. */
  modFile?: string;
  /** What is done with Go before the build. */
  prepare?: (go: GoCommand) => Promise<void>;
}

/** Runs `go` with arguments in the module's folder; answers standard output. */
export type GoCommand = (args: readonly string[], onLine?: (line: string) => void) => Promise<string>;

/** What builds need at most, in bytes: Go's modules and its build cache. */
const buildSpace = 4 * 1024 ** 3;

/** Seconds to wait for another build: longer than the slowest. */
const lockLimit = 3600;

const usualTags = ["osusergo", "grpcnotrace"] as const;

/** Throws `ToolchainError` when there is no room, no Go to be had, or the build fails. */
export async function goBuild(build: GoBuild, attempt: Attempt): Promise<void> {
  const lock = {
    purpose: `building ${build.title}`,
    limit: lockLimit,
    onWait: (holder: string) => attempt.progress(`waits for ${holder}`),
    signal: attempt.signal,
  };
  await withLock(join(attempt.cache.locks, "go-build"), lock, async () => {
    requireSpace(build, attempt.cache.root);
    await ensureCertificates(attempt);
    const command = goCommand(await ensureGo(build.module, attempt), build, attempt);
    await build.prepare?.(command);
    await compile(command, build, attempt);
  });
}

function goCommand(go: string, build: GoBuild, attempt: Attempt): GoCommand {
  return (args, onLine) =>
    run([go, ...args], {
      cwd: join(checkout, "toolchain", build.module),
      env: { ...attempt.env, CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOWORK: "off" },
      log: attempt.log,
      limit: 3600_000,
      purpose: `Building ${build.title} from its Go modules`,
      remedy:
        "check that Go reaches its module proxy (go env GOPROXY) and that there is disk space, then run the command again: " +
        "it goes on where this one stopped.",
      onLine,
      signal: attempt.signal,
    });
}

async function compile(go: GoCommand, build: GoBuild, attempt: Attempt): Promise<void> {
  const modFile = build.modFile === undefined ? [] : [`-modfile=${build.modFile}`];
  const settings = [
    ...modFile,
    "-trimpath",
    "-buildvcs=false",
    "-tags",
    [...usualTags, ...(build.tags ?? [])].join(","),
  ];
  attempt.progress("downloads Go modules");
  let modules = 0;
  const listed = await go(["list", "-deps", ...settings, build.target], (line) => {
    if (line.startsWith("go: downloading")) attempt.progress(`${++modules} Go modules downloaded`);
  });
  const packages = new Set(listed.trim().split("\n"));
  attempt.progress(`compiles ${packages.size} packages`);
  let compiled = 0;
  const flags = `-s -w -X ${build.version.variable}=${build.version.value}`;
  await go(["build", "-v", ...settings, "-ldflags", flags, "-o", build.output, build.target], (line) => {
    if (packages.has(line) && ++compiled % 25 === 0) {
      attempt.progress(`${compiled} of ${packages.size} packages compiled`);
    }
  });
}

function requireSpace(build: GoBuild, folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= buildSpace) return;
  const gib = (bytes: number): string => (bytes / 1024 ** 3).toFixed(1);
  throw new ToolchainError(
    `Building ${build.title} needs ${gib(buildSpace)} GiB; ${folder} has ${gib(free)} GiB free.`,
    {
      remedy: "make room, or set COFFER_CACHE to a folder on a bigger disk.",
    },
  );
}
