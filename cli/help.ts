/** The help of `coffer` itself: every command on one line, by subject. Pure. */
import type { Command, CommandGroup } from "./command.ts";

const intro = `Databases as code: a YAML spec becomes running, configured databases.

Usage: coffer COMMAND [options]`;

const closing = `coffer COMMAND --help shows the arguments and options of one command.
Exit codes: 0 done; 1 it failed; 2 the input is wrong, nothing was changed;
3 changes are pending; 130 interrupted.`;

/** Whether the words ask for the help of `coffer` itself: there are none, or they ask for help and name no command. */
export function asksOverview(words: readonly string[], commands: readonly Command[]): boolean {
  const [first] = words;
  if (first === undefined || (first === "help" && words.length === 1)) return true;
  const named = words.some((word) => commands.some(({ name }) => name === word));
  return first.startsWith("-") && !named && (words.includes("--help") || words.includes("-h"));
}

/** Returns the text for a terminal of so many columns; no line is longer. */
export function overview(groups: readonly CommandGroup[], columns: number): string {
  const names = groups.flatMap(({ commands }) => commands.map(({ name }) => name));
  const left = Math.max(...names.map((name) => name.length));
  const parts = groups.map(({ title, commands }) => {
    const lines = commands.map(({ name, describe }) => cut(`  ${name.padEnd(left)}  ${describe}`, columns));
    return [`${title}:`, ...lines].join("\n");
  });
  return `${[intro, ...parts, closing].join("\n\n")}\n`;
}

const cut = (line: string, columns: number): string =>
  line.length <= columns ? line : `${line.slice(0, Math.max(1, columns - 1))}…`;
