/**
 * Edits of a YAML text as replaced pieces, so that every comment, blank line and aligned column elsewhere stays. Only
 * ordinary layouts are known here: for others the answer is undefined, and edit.ts writes the document anew.
 */
import type { Document, Node, Pair, YAMLMap, YAMLSeq } from "yaml";
import { isMap, isPair, isScalar, isSeq, stringify, visit, Document as YamlDocument } from "yaml";
import type { Path, PathSegment } from "./problem.ts";

type Collection = YAMLMap | YAMLSeq;

interface Piece {
  start: number;
  end: number;
  text: string;
}

/** The text with `value` at `path`; what is missing on the way is made. */
export function spliceSet(text: string, document: Document, path: Path, value: unknown): string | undefined {
  const found = walk(document, path);
  if (!found) return undefined;
  const { parent, missing, owner } = found;
  if (missing.length === 0 && owner) return spliced(text, replaceValue(text, owner, parent, value));
  const [first, ...rest] = missing;
  if (first === undefined) return undefined;
  const wrapped = wrap(rest, value);
  // Nothing stands in an empty collection to take the layout from: it is replaced as a whole.
  if (!parent || parent.items.length === 0) {
    return owner && spliced(text, replaceValue(text, owner, found.grandparent, wrap([first], wrapped)));
  }
  return spliced(text, insert(text, parent, first, wrapped));
}

/** The text without the entry at `path`; a mapping or list that becomes empty is written `{}` or `[]`. */
export function spliceRemove(text: string, document: Document, path: Path): string | undefined {
  const found = walk(document, path);
  if (!found?.parent || found.missing.length > 0) return undefined;
  const { parent } = found;
  const index = indexIn(parent, path.at(-1));
  if (index === undefined) return undefined;
  if (parent.flow) return spliced(text, removeFromFlow(parent, index));
  const pieces = removeLines(text, parent, index);
  if (parent.items.length > 1 || !pieces) return spliced(text, pieces);
  const container = walk(document, path.slice(0, -1))?.owner;
  const colon = container ? colonOf(text, container) : undefined;
  if (colon === undefined) return undefined;
  return spliced(text, [{ start: colon + 1, end: colon + 1, text: isMap(parent) ? " {}" : " []" }, ...pieces]);
}

interface Found {
  /** The entry whose value is the last one that is there. */
  owner?: Pair | Node;
  /** The collection that has, or is to have, the first missing segment; the owner's, when nothing is missing. */
  parent?: Collection;
  /** The collection that `owner` is in, when `owner` is `parent`'s own entry. */
  grandparent?: Collection;
  missing: Path;
}

function walk(document: Document, path: Path): Found | undefined {
  let node: unknown = document.contents;
  let owner: Pair | Node | undefined;
  let container: Collection | undefined;
  for (const [depth, segment] of path.entries()) {
    const missing = path.slice(depth);
    if (isScalar(node) && node.value === null) return { owner, grandparent: container, missing };
    if (!isMap(node) && !isSeq(node)) return undefined;
    const index = indexIn(node, segment);
    if (index === undefined) return { owner, parent: node, grandparent: container, missing };
    const item: unknown = node.items[index];
    owner = item as Pair | Node;
    container = node;
    node = isPair(item) ? item.value : item;
  }
  return { owner, parent: container, missing: [] };
}

function indexIn(collection: Collection, segment: PathSegment | undefined): number | undefined {
  const index = isSeq(collection)
    ? Number(segment)
    : collection.items.findIndex((pair) => isScalar(pair.key) && pair.key.value === segment);
  return index >= 0 && index < collection.items.length ? index : undefined;
}

function wrap(path: Path, value: unknown): unknown {
  return path.reduceRight<unknown>(
    (inner, segment) => (typeof segment === "number" ? [inner] : { [segment]: inner }),
    value,
  );
}

function replaceValue(
  text: string,
  owner: Pair | Node,
  parent: Collection | undefined,
  value: unknown,
): Piece[] | undefined {
  const node = (isPair(owner) ? owner.value : owner) as Node | null;
  if (!node?.range) return undefined;
  const [start, end] = node.range;
  const isBlock = (isMap(node) || isSeq(node)) && !node.flow;
  if (isBlock) return isPair(owner) ? replaceBlock(text, owner, value) : undefined;
  const isFilledFlow = (isMap(node) || isSeq(node)) && node.items.length > 0;
  if (!isCollection(value) || isFilledFlow || parent?.flow || !isPair(owner)) {
    const colon = colonOf(text, owner);
    // `key:` with nothing after it has no space yet.
    if (start === end && colon !== undefined) return [{ start: colon + 1, end: colon + 1, text: ` ${flow(value)}` }];
    return [{ start, end, text: flow(value) }];
  }
  const column = columnOf(text, owner);
  const colon = colonOf(text, owner);
  if (column === undefined || colon === undefined) return undefined;
  // A value that is not there is placed by the parser after the comment, which stays.
  const valueEnd = start === end ? colon + 1 : end;
  const lineEnd = endOfLine(text, valueEnd);
  const gone = { start: colon + 1, end: valueEnd, text: "" };
  return [gone, { start: lineEnd, end: lineEnd, text: `\n${indented(block(value), column + 2)}` }];
}

/** The lines below the key give way to others; the comment on the key's own line stays. */
function replaceBlock(text: string, owner: Pair, value: unknown): Piece[] | undefined {
  const column = columnOf(text, owner);
  const colon = colonOf(text, owner);
  const valueEnd = endOf(text, owner);
  if (column === undefined || colon === undefined || valueEnd === undefined) return undefined;
  const isBelow = isCollection(value);
  const lines = isBelow ? `\n${indented(block(value), column + 2)}` : "";
  const gone = { start: endOfLine(text, colon), end: endOfLine(text, valueEnd), text: lines };
  return isBelow ? [gone] : [gone, { start: colon + 1, end: colon + 1, text: ` ${flow(value)}` }];
}

/** A new entry after the last one, laid out as that is. */
function insert(text: string, parent: Collection, segment: PathSegment, value: unknown): Piece[] | undefined {
  const last: unknown = parent.items.at(-1);
  const end = endOf(text, last);
  if (end === undefined) return undefined;
  if (isSeq(parent) && segment !== parent.items.length) return undefined;
  const entry = isSeq(parent) ? value : { [segment]: value };
  if (parent.flow) {
    const rendered = flow(entry);
    return [{ start: end, end, text: `, ${isSeq(parent) ? rendered : withoutSpace(rendered.slice(1, -1))}` }];
  }
  const column = columnOf(text, last);
  if (column === undefined) return undefined;
  const likeLast = isMap(last) && last.flow;
  const lines = isSeq(parent) ? dashed(likeLast ? flow(value) : block(value)) : block(entry);
  const at = endOfLine(text, end);
  const gap = hasGap(text, parent) ? "\n" : "";
  return [{ start: at, end: at, text: `\n${gap}${indented(lines, column)}` }];
}

function removeFromFlow(parent: Collection, index: number): Piece[] | undefined {
  const starts = parent.items.map((item: unknown) => startOf(item));
  const ends = parent.items.map((item: unknown) => rawEndOf(item));
  const isFirst = index === 0;
  const start = isFirst ? starts[0] : ends[index - 1];
  const end = isFirst && parent.items.length > 1 ? starts[1] : ends[index];
  return start === undefined || end === undefined ? undefined : [{ start, end, text: "" }];
}

/** The entry's lines, with the comment lines directly above it and one of the blank lines around it. */
function removeLines(text: string, parent: Collection, index: number): Piece[] | undefined {
  const item: unknown = parent.items[index];
  const column = columnOf(text, item);
  const valueEnd = endOf(text, item);
  const first = startOf(item);
  if (column === undefined || valueEnd === undefined || first === undefined) return undefined;
  let start = startOfLine(text, first);
  for (;;) {
    const above = lineAbove(text, start);
    if (above === undefined || !isCommentAt(above.text, column)) break;
    start = above.start;
  }
  let end = nextLine(text, valueEnd);
  const above = lineAbove(text, start);
  const isBlankAbove = above?.text.trim() === "";
  const isBlankBelow = end < text.length && text.slice(end, endOfLine(text, end)).trim() === "";
  if (isBlankBelow && (isBlankAbove || index === 0)) end = nextLine(text, end);
  else if (isBlankAbove && end === text.length) start = above?.start ?? start;
  return [{ start, end, text: "" }];
}

function isCommentAt(line: string, column: number): boolean {
  return line.startsWith(`${" ".repeat(column)}#`);
}

function spliced(text: string, pieces: readonly Piece[] | undefined): string | undefined {
  if (!pieces) return undefined;
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const ordered = [...pieces].sort((a, b) => b.start - a.start);
  return ordered.reduce(
    (result, { start, end, text }) => result.slice(0, start) + text.replaceAll("\n", newline) + result.slice(end),
    text,
  );
}

/** True when the entries are set apart by blank lines. */
function hasGap(text: string, parent: Collection): boolean {
  const items: unknown[] = parent.items.slice(-2);
  const from = endOf(text, items[0]);
  const to = startOf(items[1]);
  return from !== undefined && to !== undefined && /\n[ \t]*\r?\n/.test(text.slice(from, to));
}

function startOf(item: unknown): number | undefined {
  return ((isPair(item) ? item.key : item) as Node | undefined)?.range?.[0];
}

function rawEndOf(item: unknown): number | undefined {
  const node = (isPair(item) ? (item.value ?? item.key) : item) as Node | undefined;
  return node?.range?.[1];
}

/** The end of what the entry says, without the line breaks after it. */
function endOf(text: string, item: unknown): number | undefined {
  const end = rawEndOf(item);
  return end === undefined ? undefined : withoutEndSpace(text.slice(0, end)).length;
}

/** The column of a block entry's key or dash; undefined when something else stands before it on its line. */
function columnOf(text: string, item: unknown): number | undefined {
  const start = startOf(item);
  if (start === undefined) return undefined;
  const before = text.slice(startOfLine(text, start), start);
  if (isPair(item)) return /^ *$/.test(before) ? before.length : undefined;
  return /^ *- +$/.test(before) ? before.indexOf("-") : undefined;
}

function colonOf(text: string, owner: Pair | Node): number | undefined {
  const end = isPair(owner) ? (owner.key as Node | null)?.range?.[1] : undefined;
  if (end === undefined) return undefined;
  const colon = text.indexOf(":", end);
  return colon >= 0 && text.slice(end, colon).trim() === "" ? colon : undefined;
}

function startOfLine(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

function endOfLine(text: string, offset: number): number {
  const newline = text.indexOf("\n", offset);
  if (newline < 0) return text.length;
  return text[newline - 1] === "\r" && newline > offset ? newline - 1 : newline;
}

function nextLine(text: string, offset: number): number {
  const newline = text.indexOf("\n", offset);
  return newline < 0 ? text.length : newline + 1;
}

function lineAbove(text: string, start: number): { start: number; text: string } | undefined {
  if (start === 0) return undefined;
  const above = startOfLine(text, start - 1);
  return { start: above, text: text.slice(above, start - 1) };
}

function isCollection(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

function block(value: unknown): string {
  return withoutEndSpace(stringify(value, { lineWidth: 0 }));
}

/** As it is written inside a flow collection: there a text needs quotes for more signs than elsewhere. */
function flow(value: unknown): string {
  const document = new YamlDocument([value]);
  visit(document, {
    Collection: (_, node) => {
      node.flow = true;
    },
  });
  return withoutSpace(withoutSpace(document.toString({ lineWidth: 0 })).slice(1, -1));
}

function indented(lines: string, column: number): string {
  return lines.replace(/^(?=.)/gm, " ".repeat(column));
}

function dashed(lines: string): string {
  return `- ${indented(lines, 2).slice(2)}`;
}

/** Without YAML's own white space; `trim` takes other spaces as well, which are part of a text. */
function withoutEndSpace(text: string): string {
  return text.replace(/[ \t\r\n]+$/, "");
}

function withoutSpace(text: string): string {
  return withoutEndSpace(text).replace(/^[ \t\r\n]+/, "");
}
