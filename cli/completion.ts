/** Completion for bash and zsh: the shell asks `coffer __complete WORD...` and gets one candidate a line. */
import { basename } from "node:path";
import { type Command, optionsOf } from "./command.ts";

export const completeWord = "__complete";

export const completion: Command = {
  name: "completion",
  describe: "print a completion script for bash or zsh",
  examples: ["source <(coffer completion)"],
  positionals: [{ name: "shell", describe: "bash or zsh; default: the one in SHELL", required: false }],
  async run(context, args) {
    const shell = args.optional("shell") ?? basename(context.workspace.environment.SHELL ?? "bash");
    context.print(shell === "zsh" ? zsh : bash);
    return undefined;
  },
};

const bash = `# Completion of coffer for bash: source <(coffer completion bash)
_coffer() {
  local IFS=$'\\n'
  COMPREPLY=($("$1" ${completeWord} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [ "\${#COMPREPLY[@]}" -gt 0 ] || compopt -o default
}
complete -F _coffer coffer ./coffer
`;

const zsh = `# Completion of coffer for zsh: source <(coffer completion zsh)
_coffer() {
  local -a found
  found=("\${(@f)$("\${words[1]}" ${completeWord} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [ -n "$found[1]" ]; then compadd -a found; else _files; fi
}
compdef _coffer coffer ./coffer
`;

/** Candidates for the last word. `instances` is asked only where the name of an instance belongs. */
export async function candidates(
  words: readonly string[],
  commands: readonly Command[],
  instances: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const last = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const beginning = (names: readonly string[]) => names.filter((name) => name.startsWith(last));
  const command = commands.find(({ name }) => name === before[0]);
  if (!before.length) return beginning(commands.map(({ name }) => name));
  if (!command) return [];
  const options = optionsOf(command);
  if (last.startsWith("-")) return beginning(Object.keys({ ...options, help: {} }).map((name) => `--${name}`));
  const previous = before.at(-1) ?? "";
  const option = Object.entries(options).find(
    ([name, { alias }]) => previous === `--${name}` || (alias && previous === `-${alias}`),
  );
  if (option && option[1].type !== "boolean") {
    if (["allow-replace", "yes-delete-data"].includes(option[0])) return beginning(await instances());
    return beginning(option[1].choices ?? []);
  }
  const place = positionalsIn(before.slice(1), options);
  const positional = command.positionals?.[place];
  return beginning(positional?.instance ? await instances() : (positional?.choices ?? []));
}

/** How many words are no options and no options' values. */
function positionalsIn(words: readonly string[], options: Command["options"]): number {
  const takesValue = (word: string) =>
    Object.entries(options ?? {}).some(
      ([name, { alias, type }]) =>
        type !== "boolean" && (word === `--${name}` || (alias !== undefined && word === `-${alias}`)),
    );
  return words.filter((word, i) => !word.startsWith("-") && !takesValue(words[i - 1] ?? "")).length;
}
