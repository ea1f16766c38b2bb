/** A stack as an SVG image, on a ground of its own so that it is read on any page. */
import type { StackGraph } from "../../operations/graph.ts";
import { type Card, type Labelled, layout, type Note, type Picture, type Point, sizes, textWidth } from "./layout.ts";
import { privilegeWords, titleWords } from "./words.ts";

const fonts = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif";

const colours = {
  ground: "#ffffff",
  frame: "#d0d7e2",
  ink: "#1b2433",
  faint: "#5b6678",
  head: "#2f4a8a",
  user: { fill: "#fff5dc", line: "#c99a2e" },
  database: { fill: "#e5f4ea", line: "#3f9160" },
  clients: { fill: "#f3f5f8", line: "#9aa5b5" },
  group: { fill: "#f5edfc", line: "#8a5cc0" },
} as const;

/** By privileges; told apart without colours too. */
const grantStyles: Readonly<Record<string, { colour: string; dashes: string; width: number }>> = {
  read: { colour: "#2b7de0", dashes: "2 4", width: 1.8 },
  write: { colour: "#d9730d", dashes: "8 4", width: 1.8 },
  all: { colour: "#b02a37", dashes: "", width: 2 },
};
const grantStyle = (privileges: string) => grantStyles[privileges] ?? { colour: colours.faint, dashes: "", width: 1.5 };

/** Pure. A whole document, with a newline at its end. */
export function svg(graph: StackGraph): string {
  const picture = layout(graph);
  const { width, height } = picture;
  const { margin } = sizes;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="${fonts}" font-size="${sizes.font}">`,
    `<title>${escapeXml(titleWords(graph))}</title>`,
    "<defs>",
    `<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 Z" fill="${colours.faint}"/></marker>`,
    "</defs>",
    `<rect width="${width}" height="${height}" rx="12" fill="${colours.ground}"/>`,
    words({ x: margin, y: 40 }, titleWords(graph), `font-size="20" font-weight="600" fill="${colours.ink}"`),
    ...picture.ways.map(({ from, to }) => curve(from, to, `stroke="${colours.faint}" marker-end="url(#arrow)"`)),
    ...picture.ways.map(({ from, to, text }) => (text ? wayWords(from, to, text) : "")).filter(Boolean),
    ...picture.uses.map(({ from, to }) =>
      curve(from, to, `stroke="${colours.group.line}" stroke-width="1.5" stroke-dasharray="5 4"`),
    ),
    ...picture.clients.flatMap((note) => noteLines(note, colours.clients)),
    ...picture.groups.flatMap((note) => noteLines(note, colours.group)),
    ...picture.cards.flatMap(cardLines),
    ...(picture.cards.length
      ? legend(picture)
      : [words({ x: margin, y: sizes.title + 10 }, "no instances", `fill="${colours.faint}"`)]),
    "</svg>",
  ];
  return `${lines.join("\n")}\n`;
}

function cardLines(card: Card): string[] {
  const { x, y, width, height, name, server } = card;
  const { head, padding, headFont } = sizes;
  const chips = [
    ...card.users.map((user) => chip(user, colours.user, person)),
    ...card.databases.map((database) => chip(database, colours.database, cylinder)),
  ];
  const baseline = y + head / 2 + 5;
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="10" fill="${colours.ground}" stroke="${colours.frame}" stroke-width="1.5"/>`,
    `<path d="M${x} ${y + head} V${y + 10} a10 10 0 0 1 10 -10 H${x + width - 10} a10 10 0 0 1 10 10 V${y + head} Z" fill="${colours.head}"/>`,
    words(
      { x: x + padding, y: baseline },
      name.text,
      `font-size="${headFont}" font-weight="600" fill="#ffffff"`,
      name.full,
    ),
    words({ x: x + width - padding, y: baseline }, server, `text-anchor="end" fill="#dce5fb"`),
    ...card.facts.map((fact) => words({ x: fact.x, y: fact.y + 15 }, fact.text, `fill="${colours.ink}"`, fact.full)),
    ...card.grants.map(({ from, to, privileges }) => {
      const { colour, dashes, width: thick } = grantStyle(privileges);
      return curve(
        from,
        to,
        `stroke="${colour}" stroke-width="${thick}"${dashes ? ` stroke-dasharray="${dashes}"` : ""}`,
      );
    }),
    ...chips.flat(),
  ];
}

interface Look {
  fill: string;
  line: string;
}

function chip(box: Labelled, { fill, line }: Look, icon: (at: Point, colour: string) => string): string[] {
  const { x, y, width, height, text, full } = box;
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${height / 2}" fill="${fill}" stroke="${line}"/>`,
    icon({ x: x + 9, y: y + height / 2 }, line),
    words({ x: x + 26, y: y + height / 2 + 4.5 }, text, `fill="${colours.ink}"`, full),
  ];
}

/** Icons, 12 pixels wide, from the middle of their left side. */
function cylinder({ x, y }: Point, colour: string): string {
  return `<path d="M${x} ${y - 4} a6 2.5 0 0 1 12 0 v8 a6 2.5 0 0 1 -12 0 Z m0 0 a6 2.5 0 0 0 12 0" fill="none" stroke="${colour}" stroke-width="1.4"/>`;
}

function person({ x, y }: Point, colour: string): string {
  return `<path d="M${x + 3} ${y - 3} a3 3 0 1 1 6 0 a3 3 0 1 1 -6 0 M${x} ${y + 7} a6 5.5 0 0 1 12 0 Z" fill="${colour}"/>`;
}

function noteLines({ x, y, width, height, title, lines }: Note, { fill, line }: Look): string[] {
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="${fill}" stroke="${line}"/>`,
    words({ x: title.x, y: title.y + 15 }, title.text, `font-weight="600" fill="${colours.ink}"`, title.full),
    ...lines.map((one) => words({ x: one.x, y: one.y + 15 }, one.text, `fill="${colours.faint}"`, one.full)),
  ];
}

/** At the end of an arrow, on the side that it does not come from. */
function wayWords(from: Point, to: Point, text: string): string {
  return words(
    { x: to.x - 10, y: from.y < to.y ? to.y + 18 : to.y - 9 },
    text,
    `text-anchor="end" font-size="11" fill="${colours.faint}"`,
  );
}

/** What the lines between users and databases mean. */
function legend({ height, cards }: Picture): string[] {
  const y = height - sizes.margin - 8;
  let x = cards[0]?.x ?? sizes.margin;
  return privilegeWords.flatMap((privileges) => {
    const { colour, dashes, width } = grantStyle(privileges);
    const at = x;
    x += 36 + 8 + textWidth(privileges, 12) + 28;
    return [
      `<path d="M${at} ${y} H${at + 36}" stroke="${colour}" stroke-width="${width}"${dashes ? ` stroke-dasharray="${dashes}"` : ""}/>`,
      words({ x: at + 44, y: y + 4 }, privileges, `font-size="12" fill="${colours.faint}"`),
    ];
  });
}

/** Level at both ends. */
function curve(from: Point, to: Point, style: string): string {
  const bend = (to.x - from.x) / 2;
  return `<path d="M${from.x} ${from.y} C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}" fill="none" ${style}/>`;
}

/** `full`, where it is given, is shown when somebody points at the words. */
function words({ x, y }: Point, text: string, style: string, full?: string): string {
  const title = full === undefined ? "" : `<title>${escapeXml(full)}</title>`;
  return `<text x="${x}" y="${y}" ${style}>${title}${escapeXml(text)}</text>`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Characters that XML does not have, and those that move the cursor, become `?`. */
function escapeXml(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, "?")
    .replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
