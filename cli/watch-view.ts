/** What `watch` shows: a picture that is painted over on a terminal, lines of changes elsewhere. */
import type { StatusChange, WatchRound } from "../operations/watch.ts";
import type { Paint } from "./colour.ts";
import { type Format, serialize } from "./output.ts";
import { listTable } from "./tables.ts";

const csi = "\u001b[";

/**
 * One picture: from the top left corner, each line to its end, then what is left of the picture before. It never
 * scrolls: what is wider or longer than the terminal is cut. Pure.
 */
export function frame(
  { time, stack, rows, problem }: WatchRound,
  interval: number,
  { columns, lines: height }: { columns: number; lines: number },
  paint: Paint,
): string {
  const head = `stack "${stack}", ${time.slice(11, 19)} UTC, every ${interval} s; Ctrl-C ends`;
  const body = listTable(rows).trimEnd().split("\n");
  const fault = problem === undefined ? [] : [`this look failed, and the next one tries again: ${oneLine(problem)}`];
  // One line stays free: writing into the last one would scroll.
  const room = Math.max(1, height - 3 - fault.length - 1);
  const shown = body.length > room ? [...body.slice(0, room - 1), `... ${body.length - room + 1} more`] : body;
  const lines = [
    paint("dim", cut(head, columns)),
    ...fault.map((text) => paint("red", cut(text, columns))),
    "",
    ...shown.map((line) => cut(line, columns)),
  ];
  return `${csi}H${lines.map((line) => `${line}${csi}K\n`).join("")}${csi}J`;
}

/** Before the first picture. */
export const cleared = `${csi}2J`;

const cut = (text: string, columns: number): string => [...text].slice(0, Math.max(1, columns)).join("");
const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, " ");

/** For people a line, for programs one document for each change. */
export function changeText(change: StatusChange, format: Format): string {
  if (format === "json") return `${JSON.stringify(change)}\n`;
  if (format === "yaml") return `---\n${serialize(change, "yaml")}`;
  const { time, name, status, operatingStatus, previousStatus, previousOperatingStatus } = change;
  const was = previousStatus === null ? "" : ` (was ${previousStatus} ${previousOperatingStatus})`;
  return `${time} ${oneLine(name)} ${status === null ? "REMOVED" : `${status} ${operatingStatus}`}${was}\n`;
}

export const problemText = ({ time, problem = "" }: WatchRound): string =>
  `${time} this look failed, and the next one tries again: ${oneLine(problem)}`;
