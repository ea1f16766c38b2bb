/** From the text of a spec to a YAML document, within limits that keep the time bounded. */
import type { Document, ErrorCode, YAMLError } from "yaml";
import { Composer, Lexer, LineCounter, Parser } from "yaml";
import type { Fault } from "./problem.ts";

/** Levels of lists and mappings inside each other. The language itself needs eight. */
export const deepestNesting = 64;

/** Words, signs and spaces of the file: a spec of 10,000 lines has about 150,000. Each can be an error of its own. */
export const mostTokens = 500_000;

export interface ParsedText {
  /** Absent when there are faults. */
  document?: Document.Parsed;
  lines: LineCounter;
  faults: readonly Fault[];
}

/** All faults that YAML itself finds. Never throws on any text. */
export function parseText(text: string): ParsedText {
  // The parser's errors are ours to word; without stack traces, half a million of them fit into memory.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return parse(text);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function parse(text: string): ParsedText {
  const lines = new LineCounter();
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  // Duplicate keys are found by tree.ts in linear time; the composer compares each key with every other.
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false, version: "1.2" });
  const documents: Document.Parsed[] = [];
  const stop = (code: string, offset: number, message: string, allowed?: string): ParsedText => ({
    lines,
    faults: [{ code, path: [], offset, message, ...(allowed === undefined ? {} : { allowed }) }],
  });
  let tokens = 0;
  for (const lexeme of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > mostTokens) {
      const allowed = `at most ${mostTokens} words and signs`;
      return stop("too-long", parser.offset, "the file is too long for a spec", allowed);
    }
    for (const token of parser.next(lexeme)) documents.push(...composer.next(token));
    // The stack holds the document, one entry per open collection, and at most one scalar.
    if (parser.stack.length > deepestNesting + 2) {
      const allowed = `at most ${deepestNesting} levels`;
      return stop("too-deep", parser.offset, "lists and mappings are nested too deeply here", allowed);
    }
  }
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end(true, text.length));
  const [document, second] = documents;
  if (document === undefined) return stop("empty", 0, "the file is empty");
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) return { lines, faults: syntaxFaults(broken) };
  if (second !== undefined) {
    return stop(
      "several-documents",
      second.range[0],
      "the file has more than one YAML document: one file is one stack",
    );
  }
  if (document.directives.yaml.version !== "1.2") {
    return stop("yaml-version", 0, "the file declares another YAML version: remove the %YAML line", "YAML 1.2");
  }
  return { document, lines, faults: [] };
}

/** One broken quote can make every later line an error. */
const mostFaults = 20;

/** Our own words, because the parser's quote the source, and the source may hold a password. */
const sentences: Readonly<Partial<Record<ErrorCode, string>>> = {
  ALIAS_PROPS: "an alias (*name) cannot have an anchor or a tag",
  BAD_ALIAS: "this alias (*name) is not valid: quote a text that begins with *",
  BAD_DIRECTIVE: "this % line is not a YAML directive: quote a text that begins with %",
  BAD_DQ_ESCAPE: "this backslash sequence is not known in double quotes: double the backslash, or use single quotes",
  BAD_INDENT: "the indentation does not fit the lines above",
  BAD_PROP_ORDER: "an anchor or a tag is in the wrong place",
  BAD_SCALAR_START: "a text cannot begin with this character: quote it",
  BLOCK_AS_IMPLICIT_KEY: 'a mapping or list cannot begin here on one line: a value with ": " in it needs quotes',
  BLOCK_IN_FLOW: "an indented mapping or list cannot stand inside { } or [ ]",
  KEY_OVER_1024_CHARS: "a key is longer than 1024 characters",
  MISSING_CHAR: "something is missing here: a comma, a colon, a space, or a closing quote or bracket",
  MULTILINE_IMPLICIT_KEY: "a key must be on one line: the colon after it may be missing",
  MULTIPLE_ANCHORS: "a value can have one anchor only",
  MULTIPLE_DOCS: "the file has more than one YAML document: one file is one stack",
  MULTIPLE_TAGS: "a value can have one tag only",
  RESOURCE_EXHAUSTION: "lists and mappings are nested too deeply here",
  TAB_AS_INDENT: "a tab cannot be used as indentation: use spaces",
  TAG_RESOLVE_FAILED: "this tag (!name) is not known: quote a text that begins with !",
  UNEXPECTED_TOKEN: "this cannot stand here: a quote, bracket or colon before it may be wrong",
};

/** One per position: what else the parser says there follows from the first. */
function syntaxFaults(errors: readonly YAMLError[]): Fault[] {
  const first = new Map<number, YAMLError>();
  for (const error of errors.slice(0, mostFaults)) if (!first.has(error.pos[0])) first.set(error.pos[0], error);
  return [...first].map(([offset, { code }]) => {
    return { code: "yaml-syntax", path: [], offset, message: sentences[code] ?? "this is not valid YAML" };
  });
}
