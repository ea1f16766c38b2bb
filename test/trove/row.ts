/** What a row of the table of Trove's features is. */

export interface Shown {
  /** Of the repository. */
  file: string;
  /** Its title as the source has it; the groups around it first, joined by " > ". */
  test: string;
}

/** Tests show it, at least one of them without `--full`; or the reason why it is not there yet. */
export type Proof = { shownBy: readonly [Shown, ...Shown[]] } | { missing: string };

/** A verb of Trove's clients. */
export type VerbRow = {
  /** As the client `trove` has it; Trove's words are plain text. */
  trove: string;
  /** As `openstack` has it today. */
  today?: string;
  /** Words that Coffer's own command line takes, without `coffer`. */
  line?: string;
  /** Markdown: words of the spec, and how it differs. */
  words?: string;
} & Proof;

/** An option, column, status or rule of Trove. */
export type RuleRow = {
  /** What Trove has or does. Markdown. */
  trove: string;
  /** What Coffer has or does, and why where it differs. Markdown. */
  ours: string;
} & Proof;

/** A command of Coffer that Trove has none of. */
export interface OwnRow {
  command: string;
  why: string;
}

export const by = (file: string, ...tests: [string, ...string[]]): readonly [Shown, ...Shown[]] => {
  const [first, ...rest] = tests.map((test) => ({ file, test }));
  return [first as Shown, ...rest];
};

export const unit = (name: string): string => `test/unit/${name}.test.ts`;
