/** Makes the root file system of an image as a tar file, with mmdebstrap. */
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ensureDebianPackages } from "../toolchain/debian.ts";
import { ToolchainError } from "../toolchain/errors.ts";
import { collectKeys, hostApt } from "./apt.ts";
import type { RootPlan } from "./plan.ts";

/** Milliseconds for one program of a build: mmdebstrap's downloads are the longest. */
const buildLimit = 30 * 60_000;

export interface BuildOptions {
  /** Where the build may write; removed by the caller. */
  folder: string;
  logFile: string;
  onProgress: (line: string) => void;
  signal?: AbortSignal;
}

/** The Debian packages that a host needs to build images; installed when they are missing. */
const requiredPackages = ["mmdebstrap", "util-linux"];

/** Builds and returns the tar file's path. Everything mmdebstrap says is added to the log. */
export async function buildRootFileSystem(plan: RootPlan, options: BuildOptions): Promise<string> {
  await ensureDebianPackages(requiredPackages, {
    progress: options.onProgress,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  await mkdir(options.folder, { recursive: true, mode: 0o755 });
  const temporary = await mkdtemp(join(options.folder, "root-"));
  const keys = join(options.folder, "keys");
  await collectKeys(keys);

  const apt = await hostApt(plan.suite);
  // In files, not in argv: a mirror's or a proxy's address may hold a password.
  const settingsFile = join(options.folder, "apt.conf");
  await writeFile(settingsFile, `${apt.settings.join("\n")}\n`, { mode: 0o600 });
  const sourcesFile = join(options.folder, "sources.list");
  await writeFile(sourcesFile, `${apt.sources.join("\n")}\n`, { mode: 0o600 });

  const tar = join(options.folder, "root.tar");
  const argv = [
    ...plan.packages,
    `--keyring=${keys}`,
    `--aptopt=${settingsFile}`,
    ...plan.hooks.map(({ stage, script, words }) => `--${stage}-hook=${hook(script, ...words)}`),
    plan.suite,
    tar,
    ...(apt.sources.length > 0 ? [sourcesFile] : []),
  ];
  await runLogged("mmdebstrap", ["mmdebstrap", ...argv], { ...process.env, TMPDIR: temporary }, options);
  return tar;
}

/** A hook as mmdebstrap takes it: a shell command with the new root as `$1`. */
function hook(script: string, ...words: string[]): string {
  const quote = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
  return `sh ${quote(script)} "$1" ${words.map(quote).join(" ")}`;
}

/**
 * Runs a command whose output goes to the log, and whose `I:` lines are progress. It ends with this process, also
 * when this process is killed. A failure names the log and quotes the last error.
 */
export async function runLogged(
  command: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  { logFile, onProgress, signal }: Pick<BuildOptions, "logFile" | "onProgress" | "signal">,
): Promise<void> {
  signal?.throwIfAborted();
  const log = createWriteStream(logFile, { mode: 0o600, flags: "a" });
  log.write(`$ ${command}\n`);
  const [contained, ...words] = [...contain(), ...argv];
  const child = spawn(contained as string, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  const errors: string[] = [];
  let last = "";
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on("line", (line) => {
      log.write(`${line}\n`);
      last = line;
      const step = /^I: (running apt-get|downloading|extracting|installing|creating)/.exec(line);
      if (step) onProgress(line.slice(3));
      if (/^(E|Err|dpkg: error|setpriv):? /.test(line)) errors.push(line);
    });
  }
  let late = false;
  const end = () => child.kill("SIGKILL");
  const timer = setTimeout(() => {
    late = true;
    end();
  }, buildLimit);
  signal?.addEventListener("abort", end, { once: true });
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (status, killed) => resolve(status ?? killed ?? "unknown"));
    });
    signal?.throwIfAborted();
    const remedy = "see its log; check that the package mirrors in /etc/apt answer, then run the same command again";
    if (late) {
      const limit = `${buildLimit / 60_000} minutes`;
      throw new ToolchainError(`${command} did not finish within ${limit}`, { remedy, log: logFile });
    }
    if (code !== 0) {
      const tail = errors.slice(0, 3).join("\n") || last;
      throw new ToolchainError(`${command} failed (${code})`, { remedy, log: logFile, tail });
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
    await new Promise<void>((resolve) => log.end(resolve));
  }
}

/**
 * What runs the build so that all of it ends at once when it is stopped or this process dies: mmdebstrap starts many
 * programs and waits for them deaf to signals. As root it also mounts the host's /proc, /sys and /dev/shm into the new
 * root, in namespaces of its own here, so that a killed build leaves no mount behind. Without root, mmdebstrap makes
 * such namespaces itself.
 */
function contain(): string[] {
  const bound = ["setpriv", "--pdeathsig", "KILL"];
  const namespaces = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"];
  return process.getuid?.() === 0 ? [...bound, ...namespaces] : bound;
}
