/** A program on a terminal of its own, by util-linux' script: what it shows, what is typed, and how it ends. */
import { spawn } from "node:child_process";

export interface Typed {
  /** Typed once, as soon as the screen has shown this since the last answer. */
  after: string;
  keys: string;
}

export const keys = { enter: "\r", ctrlC: "\u0003", ctrlD: "\u0004" } as const;

/** Runs to the end, and returns the exit code and everything that the screen got. `columns`: how wide it is; default 100. */
export async function onTerminal(
  argv: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; columns?: number; typed?: readonly Typed[] } = {},
): Promise<{ code: number | null; screen: string }> {
  const { cwd, env = process.env, columns = 100, typed = [] } = options;
  const command = `stty cols ${columns} rows 40; exec ${argv.map(quoted).join(" ")}`;
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    cwd,
    env: { ...env, TERM: "xterm", SHELL: "/bin/sh" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const left = [...typed];
  let screen = "";
  let seen = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    const [next] = left;
    if (next === undefined || !screen.slice(seen).includes(next.after)) return;
    left.shift();
    seen = screen.length;
    child.stdin.write(next.keys);
  });
  const code = await new Promise<number | null>((done, failed) => {
    child.once("error", failed);
    child.once("close", done);
  });
  return { code, screen };
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
