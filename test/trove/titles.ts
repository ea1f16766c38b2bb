/**
 * The titles of tests as their sources have them, and whether they run without `--full`. A title that a table fills in (`verb: ...`) is
 * matched with the words of that table, or with the source of the place that is filled in (`{why}`).
 */
import { resolve } from "node:path";
import ts from "typescript";
import { Conditions } from "./conditions.ts";
import { remembered, Sources } from "./sources.ts";
import { isTestCall } from "./test-call.ts";

/** A word of the source, or a place that is filled in: its source, and what may stand there. */
type Part = string | { source: string; words: readonly string[] };

interface Title {
  node: ts.Node;
  parts: readonly Part[];
}

/** `full`: with `--full` only; `never`: nothing calls what makes it, or it is skipped in every run. */
export type When = "default" | "full" | "never";

/** The tests of a checkout. */
export class Titles {
  readonly #sources: Sources;
  readonly #known = new Map<string, readonly Title[]>();

  constructor(root = resolve(import.meta.dirname, "../..")) {
    this.#sources = new Sources(root);
  }

  /**
   * When a file's test of that title runs; undefined when there is none. Titles of the groups around it come first, each followed by
   * " > ". One that leaves a place open (`{engine} > ...`) runs when some of what it stands for does.
   */
  when(file: string, title: string): When | undefined {
    const found = this.#titlesIn(file).flatMap(({ node, parts }) => {
      const words = filled(parts, title);
      return words ? [{ node, words }] : [];
    });
    if (!found.length) return undefined;
    const runs = (full: boolean) =>
      found.some(({ node, words }) => {
        const some = [...words].some(([name, word]) => word === `{${name}}`);
        const given = new Map([...words].filter(([name, word]) => word !== `{${name}}`));
        return new Conditions(this.#sources, { full, words: given, some }).runs(node);
      });
    if (runs(false)) return "default";
    return runs(true) ? "full" : "never";
  }

  #titlesIn(file: string): readonly Title[] {
    return remembered(this.#known, file, () => {
      const own = this.#sources.parsed(file);
      // Some files leave it to another one to make tests of their tables.
      const sources = [own, ...this.#sources.importsOf(own)];
      return sources.flatMap((source) => titlesOf(source, sources));
    });
  }
}

function titlesOf(source: ts.SourceFile, sources: readonly ts.SourceFile[]): Title[] {
  const titles: Title[] = [];
  const walk = (node: ts.Node, above: readonly Part[]): void => {
    const title = isTestCall(node) ? titleOf(node, sources) : undefined;
    if (title) titles.push({ node, parts: [...above, ...title] });
    const here = title ? [...above, ...title, " > "] : above;
    ts.forEachChild(node, (child) => walk(child, here));
  };
  walk(source, []);
  return titles;
}

function titleOf({ arguments: [title] }: ts.CallExpression, sources: readonly ts.SourceFile[]): Part[] {
  if (title === undefined) return [];
  if (ts.isStringLiteralLike(title)) return [title.text];
  if (!ts.isTemplateExpression(title)) return [hole(title, sources)];
  const filled = title.templateSpans.flatMap(({ expression, literal }) => [hole(expression, sources), literal.text]);
  return [title.head.text, ...filled];
}

function hole(expression: ts.Expression, sources: readonly ts.SourceFile[]): Part {
  const table = ts.isIdentifier(expression) ? tableOf(expression, sources) : undefined;
  const name = expression.getText();
  const words = table ? wordsIn(table, name) : sources.flatMap((source) => wordsIn(source, name));
  return { source: name, words };
}

/** What the loop around it goes over, when that is written in these files. */
function tableOf(name: ts.Identifier, sources: readonly ts.SourceFile[]): ts.Node | undefined {
  for (let node: ts.Node = name; node.parent; node = node.parent) {
    if (!ts.isForOfStatement(node) || !new RegExp(`\\b${name.text}\\b`).test(node.initializer.getText())) continue;
    if (!ts.isIdentifier(node.expression)) return node.expression;
    return sources.map((source) => variable(source, (node.expression as ts.Identifier).text)).find(Boolean);
  }
  return undefined;
}

function variable(source: ts.SourceFile, name: string): ts.Node | undefined {
  const declarations = source.statements
    .filter(ts.isVariableStatement)
    .flatMap((one) => one.declarationList.declarations);
  return declarations.find((one) => one.name.getText() === name)?.initializer;
}

/** The texts of all properties of that name; where there is none, every text. */
function wordsIn(table: ts.Node, name: string): string[] {
  const texts = textsIn(table);
  const named = texts.filter(({ property }) => property === name);
  return (named.length ? named : texts).map(({ text }) => text);
}

interface Text {
  text: string;
  /** The name of the property whose value it is. */
  property?: string;
}

const texts = new Map<ts.Node, readonly Text[]>();

function textsIn(table: ts.Node): readonly Text[] {
  return remembered(texts, table, () => {
    const found: Text[] = [];
    const walk = (node: ts.Node): void => {
      if (ts.isStringLiteralLike(node)) {
        const { parent, text } = node;
        found.push(ts.isPropertyAssignment(parent) ? { text, property: parent.name.getText() } : { text });
      }
      ts.forEachChild(node, walk);
    };
    walk(table);
    return found;
  });
}

/** What stands in the places of a title that matches, by their sources; undefined when it does not. */
function filled([part, ...rest]: readonly Part[], title: string): ReadonlyMap<string, string> | undefined {
  if (part === undefined) return title === "" ? new Map() : undefined;
  const source = typeof part === "string" ? undefined : part.source;
  for (const word of typeof part === "string" ? [part] : [`{${part.source}}`, ...part.words]) {
    const others = title.startsWith(word) ? filled(rest, title.slice(word.length)) : undefined;
    if (others) return source === undefined ? others : new Map([...others, [source, word]]);
  }
  return undefined;
}
