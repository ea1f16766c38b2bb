/**
 * The titles of tests as their sources have them. A title that a table fills in (`verb: ...`) is matched with the words of that table,
 * or with the source of the place that is filled in (`{why}`).
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";

const root = resolve(import.meta.dirname, "../..");
const testWords = new Set(["test", "it", "describe", "suite"]);

/** A word of the source, or a place that is filled in: its source, and what may stand there. */
type Part = string | { source: string; words: readonly string[] };

/** Whether a file has a test of that title; titles of the groups around it come first, each followed by " > ". */
export function hasTest(file: string, title: string): boolean {
  return titlesIn(file).some((parts) => matches(parts, title));
}

const titles = new Map<string, readonly (readonly Part[])[]>();

function titlesIn(file: string): readonly (readonly Part[])[] {
  return remembered(titles, file, () => {
    // Some files leave it to another one to make tests of their tables.
    const sources = [file, ...importsOf(file)].map(parsed);
    return sources.flatMap((source) => titlesOf(source, sources));
  });
}

const trees = new Map<string, ts.SourceFile>();

function parsed(file: string): ts.SourceFile {
  return remembered(trees, file, () =>
    ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest, true),
  );
}

function importsOf(file: string): string[] {
  return parsed(file)
    .statements.filter(ts.isImportDeclaration)
    .map(({ moduleSpecifier }) => (ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : ""))
    .filter((from) => from.startsWith("."))
    .map((from) => relative(root, resolve(root, dirname(file), from)))
    .filter((path) => path.startsWith("test/") && path.endsWith(".ts") && existsSync(join(root, path)));
}

function titlesOf(source: ts.SourceFile, sources: readonly ts.SourceFile[]): Part[][] {
  const titles: Part[][] = [];
  const walk = (node: ts.Node, above: readonly Part[]): void => {
    const title = titleOf(node, sources);
    if (title) titles.push([...above, ...title]);
    const here = title ? [...above, ...title, " > "] : above;
    ts.forEachChild(node, (child) => walk(child, here));
  };
  walk(source, []);
  return titles;
}

/** Undefined where the node makes no test and no group. */
function titleOf(node: ts.Node, sources: readonly ts.SourceFile[]): Part[] | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const { expression } = node;
  const word = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
  const [title] = node.arguments;
  if (!title || !ts.isIdentifier(word) || !testWords.has(word.text)) return undefined;
  if (ts.isStringLiteralLike(title)) return [title.text];
  if (!ts.isTemplateExpression(title)) return [hole(title, sources)];
  const filled = title.templateSpans.flatMap(({ expression, literal }) => [hole(expression, sources), literal.text]);
  return [title.head.text, ...filled];
}

function hole(expression: ts.Expression, sources: readonly ts.SourceFile[]): Part {
  const table = ts.isIdentifier(expression) ? tableOf(expression, sources) : undefined;
  const name = expression.getText();
  const words = table ? wordsIn(table, name) : sources.flatMap((source) => wordsIn(source, name));
  return { source: `{${name}}`, words };
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

/** Many rows point to one file. */
function remembered<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

function matches([part, ...rest]: readonly Part[], title: string): boolean {
  if (part === undefined) return title === "";
  const words = typeof part === "string" ? [part] : [part.source, ...part.words];
  return words.some((word) => title.startsWith(word) && matches(rest, title.slice(word.length)));
}
