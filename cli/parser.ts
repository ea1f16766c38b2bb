/** From the command's data to a yargs parser, and from yargs' complaints to words with the nearest name. */
import yargs, { type Argv } from "yargs";
import { OperationError } from "../operations/errors.ts";
import { nearest } from "../spec/nearest.ts";
import { Args, type Command, commonOptions, type Option, optionsOf } from "./command.ts";
import { troveAnswer } from "./trove-verbs.ts";

export interface Chosen {
  command: Command;
  args: Args;
}

/** Parses; undefined when help or the version was printed. Throws an input error for wrong arguments. */
export async function parse(
  words: readonly string[],
  commands: readonly Command[],
  version: string,
  columns: number,
): Promise<Chosen | undefined> {
  const { argv, rest } = apart(words[0] === "help" ? [...words.slice(1), "--help"] : words, commands);
  const [first] = argv;
  if (first !== undefined && !first.startsWith("-") && !commands.some(({ name }) => name === first)) {
    throw unknownCommand(first, commands);
  }
  let chosen: Chosen | undefined;
  const parser = yargs()
    .scriptName("coffer")
    .locale("en")
    .wrap(Math.min(120, columns))
    .version(version)
    .help()
    .alias("help", "h")
    .exitProcess(false)
    .strict()
    .demandCommand(1, "name a command")
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "parse-positional-numbers": false,
    })
    .fail((message, error) => {
      if (error && error.name !== "YError") throw error;
      throw wrong(message ?? error?.message ?? "", argv, commands);
    });
  for (const command of commands) {
    parser.command(
      shape(command),
      command.describe,
      (builder) => build(builder, command),
      (values) => {
        checkNumbers(command, values);
        chosen = { command, args: new Args({ ...values, ...restOf(command, rest) }) };
      },
    );
  }
  await parser.parseAsync([...argv]);
  return chosen;
}

/** What follows the first `--`, for a command that takes words of its own there. */
function apart(words: readonly string[], commands: readonly Command[]) {
  const at = words.indexOf("--");
  const before = words.slice(0, at < 0 ? words.length : at);
  const takes = commands.some(({ name, rest }) => rest !== undefined && before.includes(name));
  return at < 0 || !takes ? { argv: words, rest: [] } : { argv: before, rest: words.slice(at + 1) };
}

function restOf({ name, rest }: Command, words: readonly string[]): Record<string, readonly string[]> {
  if (!rest) return {};
  if (words.length) return { [rest.name]: words };
  throw new OperationError("input", `"coffer ${name}" wants ${rest.describe} after --`, {
    remedy: `coffer ${name} --help`,
  });
}

/** `delete <name>`: the command with its arguments. */
function shape({ name, positionals = [] }: Command): string {
  const words = positionals.map((one) => {
    const word = one.rest ? `${one.name}..` : one.name;
    return one.required ? `<${word}>` : `[${word}]`;
  });
  return [name, ...words].join(" ");
}

function build(builder: Argv, command: Command): Argv {
  builder.usage(
    `${command.describe}\n\nUsage: $0 ${shape(command)} [options]${command.rest ? ` -- ${command.rest.name.toUpperCase()}...` : ""}`,
  );
  for (const { name, describe, choices } of command.positionals ?? [])
    builder.positional(name, { describe, type: "string", ...(choices === undefined ? {} : { choices }) });
  for (const [name, option] of Object.entries(optionsOf(command))) builder.option(name, yargsOption(option));
  for (const example of command.examples ?? []) builder.example(example, "");
  return builder.epilogue(flowing(command.notes ?? ""));
}

/** Notes without the line ends of their source, so that they fill the terminal; a line after a full stop or a colon stays one. */
const flowing = (notes: string): string => notes.replace(/([^.:\n])\n(?=\S)/g, "$1 ");

function yargsOption({ describe, type, alias, value, required, choices, default: standard }: Option) {
  const base = {
    describe: value === undefined ? describe : `${value}: ${describe}`,
    ...(alias === undefined ? {} : { alias }),
    ...(required ? { demandOption: true } : {}),
    ...(choices === undefined ? {} : { choices }),
    ...(standard === undefined ? {} : { default: standard }),
  };
  if (type === "list") return { ...base, type: "array" as const, string: true };
  if (type === "each") return { ...base, type: "array" as const, string: true, nargs: 1 };
  if (type === "string") return { ...base, type, requiresArg: true };
  if (type === "number") return { ...base, type, requiresArg: true };
  return { ...base, type };
}

function checkNumbers(command: Command, values: Readonly<Record<string, unknown>>): void {
  for (const [name, option] of Object.entries(command.options ?? {})) {
    if (option.type !== "number" || values[name] === undefined) continue;
    const number = new Args(values).number(name);
    if (Number.isInteger(number) && number >= 1) continue;
    throw new OperationError("input", `--${name} takes a whole number from 1 on`, {
      remedy: `coffer ${command.name} --help`,
    });
  }
}

/** yargs says what it does not know; which name was meant is found here. */
function wrong(message: string, argv: readonly string[], commands: readonly Command[]): OperationError {
  const command = commands.find(({ name }) => argv.includes(name));
  const help = command ? `coffer ${command.name} --help` : "coffer --help";
  const choice = /Argument: (\S+), Given: "(.*)", Choices: (.*)/.exec(message);
  if (choice) {
    const [, argument = "", given = "", list = ""] = choice;
    const allowed = list.split(", ").map((one) => one.replace(/^"|"$/g, ""));
    const wanted = `${argument} is one of ${allowed.join(", ")}, not "${given}"`;
    return unknownName(wanted, given, allowed, (name) => name, help);
  }
  const unknown = /^Unknown (?:arguments?|commands?): (.*)$/.exec(message)?.[1]?.split(", ") ?? [];
  const first = unknown[0];
  if (first === undefined)
    return new OperationError("input", lowerFirst(message.trim().replaceAll("\n", " ")), { remedy: help });
  const isOption = argv.some((word) => new RegExp(`^--?${literally(first)}(=|$)`).test(word));
  if (isOption) {
    const names = Object.keys(command ? optionsOf(command) : commonOptions);
    return unknownName(`unknown option --${first}`, first, names, (name) => `--${name}`, help);
  }
  if (command?.surplus) return new OperationError("input", command.surplus, { remedy: help });
  if (command) {
    return new OperationError("input", `"coffer ${command.name}" does not take the argument "${first}"`, {
      remedy: help,
    });
  }
  return unknownCommand(first, commands);
}

function unknownCommand(word: string, commands: readonly Command[]): OperationError {
  const answer = troveAnswer(word);
  if (answer) {
    return new OperationError("input", `there is no command "${word}": ${answer.instead}`, { remedy: answer.remedy });
  }
  const names = commands.map(({ name }) => name);
  return unknownName(`unknown command "${word}"`, word, names, (name) => name, "coffer --help");
}

function unknownName(
  message: string,
  word: string,
  names: readonly string[],
  show: (name: string) => string,
  help: string,
): OperationError {
  const near = nearest(word, names);
  return new OperationError("input", near ? `${message}; did you mean ${show(near)}?` : message, { remedy: help });
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
