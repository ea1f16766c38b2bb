/** A command as data. What it does is loaded when it runs, so that each one starts quickly. */
import type { Context } from "./context.ts";

export interface Option {
  describe: string;
  /** `list` takes all words up to the next option; `each` takes one word and may be repeated. */
  type: "string" | "number" | "boolean" | "list" | "each";
  alias?: string;
  /** What stands for its value in the help. */
  value?: string;
  required?: boolean;
  choices?: readonly string[];
  default?: string | number | boolean;
}

export interface Positional {
  name: string;
  describe: string;
  required: boolean;
  /** Its value is the name of an instance: completion offers those. */
  instance?: boolean;
  choices?: readonly string[];
  /** Takes all words that are left (`Args.list`); the last one only. */
  rest?: boolean;
}

export interface Command {
  name: string;
  describe: string;
  positionals?: readonly Positional[];
  options?: Readonly<Record<string, Option>>;
  /** Words after `--`, taken as they are; at least one is wanted. */
  rest?: { name: string; describe: string };
  /** Shown below the help's options. */
  notes?: string;
  examples?: readonly string[];
  /** What is said of an argument too many in place of that argument, which may be a secret. */
  surplus?: string;
  /**
   * On a command that changes something: whether it asks before. All of these take --yes, so that a script need not know which
   * of them ask.
   */
  changes?: "asks" | "never asks";
  /** It may go on until Ctrl-C, which is then its proper end, or until nobody reads what it writes. */
  endless?: boolean;
  /** Returns the exit code; nothing is 0. */
  run(context: Context, args: Args): Promise<number | undefined>;
}

/** Commands on one subject, under one title of the help. */
export interface CommandGroup {
  title: string;
  commands: readonly Command[];
}

/** The options that every command has. */
export const commonOptions: Readonly<Record<string, Option>> = {
  file: { alias: "f", type: "string", value: "FILE", describe: "the spec file; the stack is named like it" },
  stack: { type: "string", value: "NAME", describe: "the stack, where the file is known" },
  output: {
    alias: "o",
    type: "string",
    choices: ["table", "json", "yaml"],
    default: "table",
    describe: "the form of the result",
  },
};

/** Everything that a command takes: its own, --yes where it changes something, and what every command has. */
export function optionsOf({ options, changes }: Command): Readonly<Record<string, Option>> {
  const describe = changes === "asks" ? "do not ask" : "accepted everywhere; this command does not ask";
  const yes: Record<string, Option> = changes ? { yes: { alias: "y", type: "boolean", describe } } : {};
  return { ...options, ...yes, ...commonOptions };
}

/** Arguments that were checked against the command's options. */
export class Args {
  private readonly values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values;
  }

  text(name: string): string {
    return this.optional(name) ?? "";
  }

  /** Of an option that was given twice, the last one counts. */
  optional(name: string): string | undefined {
    const value = this.values[name];
    const last: unknown = Array.isArray(value) ? value.at(-1) : value;
    return last === undefined ? undefined : String(last);
  }

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  number(name: string): number {
    return Number(this.optional(name));
  }

  list(name: string): readonly string[] {
    const value = this.values[name];
    if (value === undefined) return [];
    return (Array.isArray(value) ? value : [value]).map(String);
  }
}

/** An object with the entries that are there: absent options stay absent. */
export function present<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
