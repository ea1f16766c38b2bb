/** Colours for a terminal; plain text everywhere else, and where NO_COLOR is set. */
import { styleText } from "node:util";

export type Colour = "green" | "yellow" | "red" | "dim" | "bold";

export function painter(stream: { isTTY?: boolean }, environment: Readonly<Record<string, string | undefined>>) {
  const on = stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== "dumb";
  return (colour: Colour, text: string): string => (on ? styleText(colour, text, { validateStream: false }) : text);
}

export type Paint = ReturnType<typeof painter>;
