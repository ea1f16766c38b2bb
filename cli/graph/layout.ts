/** Where everything of a picture lies, in pixels: clients to the left, instances in the middle, configuration groups right. */
import type { GraphInstance, StackGraph } from "../../operations/graph.ts";
import { accessLines, flavorWords, recordedWords, volumeWords } from "./words.ts";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** A box with words in it; `full` is what could not be shown whole. */
export interface Labelled extends Box {
  text: string;
  full: string;
}

export interface Card extends Box {
  name: Labelled;
  server: string;
  facts: readonly Labelled[];
  users: readonly Labelled[];
  databases: readonly Labelled[];
  grants: readonly { from: Point; to: Point; privileges: string }[];
}

export interface Note extends Box {
  title: Labelled;
  lines: readonly Labelled[];
}

export interface Picture {
  width: number;
  height: number;
  cards: readonly Card[];
  clients: readonly Note[];
  groups: readonly Note[];
  /** From clients to instances. */
  ways: readonly { from: Point; to: Point; text: string }[];
  /** From instances to their configuration group. */
  uses: readonly { from: Point; to: Point }[];
}

export const sizes = {
  margin: 28,
  /** Above everything, for the title; below, for the legend. */
  title: 64,
  legend: 48,
  font: 13,
  headFont: 15,
  /** Of a card's head. */
  head: 40,
  line: 21,
  padding: 16,
  /** A user or a database, and the room from one to the next. */
  chip: 28,
  chipGap: 10,
} as const;

const cardWidth = 500;
const chipWidth = 184;
const noteWidth = { clients: 168, groups: 290 };
const columnGap = 84;
const rowGap = 24;

/** Pure. */
export function layout(graph: StackGraph): Picture {
  const hasClients = graph.instances.some(({ access }) => access.from.length > 0);
  const cardX = sizes.margin + (hasClients ? noteWidth.clients + columnGap : 0);
  const groupX = cardX + cardWidth + columnGap;
  const cards: Card[] = [];
  let bottom: number = sizes.title;
  for (const instance of graph.instances) {
    const card = cardOf(instance, cardX, bottom);
    cards.push(card);
    bottom = card.y + card.height + rowGap;
  }
  const clients = place(clientNotes(graph, cards), sizes.margin, noteWidth.clients);
  const groups = place(groupNotes(graph, cards), groupX, noteWidth.groups);
  const lowest = Math.max(0, ...[...cards, ...clients.notes, ...groups.notes].map((box) => box.y + box.height));
  return {
    width: (groups.notes.length ? groupX + noteWidth.groups : cardX + cardWidth) + sizes.margin,
    height: Math.max(lowest, sizes.title) + sizes.legend + sizes.margin,
    cards,
    clients: clients.notes,
    groups: groups.notes,
    ways: clients.notes.flatMap((note, at) =>
      (clients.targets[at] ?? []).map(({ card, text }) => ({ from: right(note), to: entry(card), text })),
    ),
    uses: groups.notes.flatMap((note, at) =>
      (groups.targets[at] ?? []).map(({ card }) => ({
        from: { x: card.x + card.width, y: card.y + sizes.head / 2 },
        to: { x: note.x, y: note.y + note.height / 2 },
      })),
    ),
  };
}

const right = (box: Box): Point => ({ x: box.x + box.width, y: box.y + box.height / 2 });
const entry = (card: Card): Point => ({ x: card.x, y: card.y + sizes.head / 2 });

function cardOf(instance: GraphInstance, x: number, y: number): Card {
  const { padding, line, head, chip, chipGap, font, headFont } = sizes;
  const recorded = recordedWords(instance);
  const words = [
    `flavor ${flavorWords(instance)}`,
    volumeWords(instance),
    ...instance.parameters,
    ...(recorded ? [`recorded at ${recorded}`] : []),
  ];
  const inner = cardWidth - 2 * padding;
  const facts = words.map((text, at) =>
    fitted(text, { x: x + padding, y: y + head + 10 + at * line, width: inner, height: line }, font),
  );
  const top = y + head + 10 + words.length * line + 14;
  const chips = (names: readonly string[], left: number): Labelled[] =>
    names.map((name, at) => {
      const box = { x: left, y: top + at * (chip + chipGap), width: chipWidth, height: chip };
      return fitted(name, box, font, 30);
    });
  const users = chips(
    instance.users.map(({ name }) => name),
    x + padding,
  );
  const databases = chips(instance.databases, x + cardWidth - padding - chipWidth);
  const grants = instance.users.flatMap((user, at) =>
    user.grants.flatMap(({ database, privileges }) => {
      const [from, to] = [users[at], databases[instance.databases.indexOf(database)]];
      return from && to ? [{ from: right(from), to: { x: to.x, y: to.y + to.height / 2 }, privileges }] : [];
    }),
  );
  const rows = Math.max(users.length, databases.length);
  const height = top - y + (rows ? rows * (chip + chipGap) - chipGap + padding : 0);
  const nameBox = { x: x + padding, y, width: inner - textWidth(instance.server, font) - 16, height: head };
  return {
    ...{ x, y, width: cardWidth, height, facts, users, databases, grants },
    name: fitted(instance.name, nameBox, headFont),
    server: instance.server,
  };
}

/** A note that has no place yet: what it says, and the cards it belongs to. */
interface Loose {
  title: string;
  lines: readonly string[];
  targets: { card: Card; text: string }[];
}

/** One for all instances that the same clients reach. */
function clientNotes({ instances }: StackGraph, cards: readonly Card[]): Loose[] {
  const notes = new Map<string, Loose>();
  instances.forEach((instance, at) => {
    const [card, lines] = [cards[at], accessLines(instance)];
    if (!card || !instance.access.from.length) return;
    const key = lines.join("\n");
    const note = notes.get(key) ?? { title: "clients from", lines, targets: [] };
    note.targets.push({ card, text: instance.access.public ? "floating IP" : "" });
    notes.set(key, note);
  });
  return [...notes.values()];
}

function groupNotes({ instances, configurations }: StackGraph, cards: readonly Card[]): Loose[] {
  return configurations.map(({ name, parameters }) => ({
    title: name,
    lines: parameters,
    targets: cards.filter((_, at) => instances[at]?.configuration === name).map((card) => ({ card, text: "" })),
  }));
}

/** Each beside the cards it belongs to, as far as there is room; those that belong to none come last. */
function place(loose: readonly Loose[], x: number, width: number): { notes: Note[]; targets: Loose["targets"][] } {
  const { padding, line, title, font, headFont } = sizes;
  const middleOf = ({ targets }: Loose): number =>
    targets.length ? targets.reduce((sum, { card }) => sum + entry(card).y, 0) / targets.length : Infinity;
  const sorted = [...loose].sort((a, b) => (middleOf(a) < middleOf(b) ? -1 : middleOf(a) > middleOf(b) ? 1 : 0));
  const notes: Note[] = [];
  let bottom: number = title;
  for (const one of sorted) {
    const height = 2 * 10 + (one.lines.length + 1) * line;
    const middle = middleOf(one);
    const y = Math.max(bottom, middle === Infinity ? bottom : Math.round(middle - height / 2));
    const inner = (at: number) => ({ x: x + padding, y: y + 10 + at * line, width: width - 2 * padding, height: line });
    notes.push({
      ...{ x, y, width, height },
      title: fitted(one.title, inner(0), headFont),
      lines: one.lines.map((text, at) => fitted(text, inner(at + 1), font)),
    });
    bottom = y + height + rowGap;
  }
  return { notes, targets: sorted.map(({ targets }) => targets) };
}

/** As much of the text as there is room for, less what an icon in the box takes. */
function fitted(full: string, box: Box, font: number, icon = 0): Labelled {
  const room = box.width - icon;
  if (textWidth(full, font) <= room) return { ...box, text: full, full };
  const characters = [...full];
  while (characters.length && textWidth(`${characters.join("")}…`, font) > room) characters.pop();
  return { ...box, text: `${characters.join("")}…`, full };
}

/** Fonts differ from reader to reader, so this is a little more than most need. */
export function textWidth(text: string, font: number): number {
  const em = [...text].reduce((sum, one) => sum + ((one.codePointAt(0) ?? 0) >= 0x2e80 ? 1.05 : 0.62), 0);
  return em * font;
}
