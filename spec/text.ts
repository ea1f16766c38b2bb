/** From the bytes of a spec file to its text: size, encoding, and characters that no spec needs. */
import { isUtf8 } from "node:buffer";

/** 10,000 instances take about 2 MB. */
export const largestFile = 5 * 2 ** 20;

/** Why bytes are no text of a spec. Line and column count from 1. */
export interface TextFault {
  code: string;
  line: number;
  column: number;
  message: string;
  received?: string;
  allowed?: string;
}

/** The text, or why there is none. */
export function decode(bytes: Uint8Array | string): { text: string } | { fault: TextFault } {
  const size = typeof bytes === "string" ? Buffer.byteLength(bytes) : bytes.length;
  if (size > largestFile) {
    return {
      fault: {
        code: "file-too-large",
        line: 1,
        column: 1,
        message: "the file is too large for a spec",
        received: `${size} bytes`,
        allowed: `at most ${largestFile} bytes`,
      },
    };
  }
  const fault =
    typeof bytes === "string" ? undefined : encodingFault(Buffer.from(bytes.buffer, bytes.byteOffset, size));
  if (fault) return { fault };
  const text = typeof bytes === "string" ? bytes : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const unfit = characterFault(text);
  return unfit ? { fault: unfit } : { text };
}

function encodingFault(bytes: Buffer): TextFault | undefined {
  const first = bytes.readUInt16BE.bind(bytes);
  if (bytes.length >= 2 && (first(0) === 0xfffe || first(0) === 0xfeff)) {
    return { code: "encoding", line: 1, column: 1, message: "the file is UTF-16: save it as UTF-8" };
  }
  if (isUtf8(bytes)) return undefined;
  let line = 1;
  let start = 0;
  for (;;) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    const content = bytes.subarray(start, end);
    if (!isUtf8(content) || newline < 0) {
      const column = Math.max(content.toString("utf8").indexOf("\ufffd"), 0) + 1;
      return {
        code: "encoding",
        line,
        column,
        message: "the bytes from here on are not UTF-8: save the file as UTF-8",
      };
    }
    line += 1;
    start = newline + 1;
  }
}

/** Control characters other than tab and line breaks (\n, \r\n); a byte order mark. */
const unfitCharacters = /[^\P{Cc}\t\n\r]|\r(?!\n)|\ufeff/u;

function characterFault(text: string): TextFault | undefined {
  const offset = text.search(unfitCharacters);
  if (offset < 0) return undefined;
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  const column = offset - before.lastIndexOf("\n");
  const code = text.charCodeAt(offset);
  if (code === 0xfeff) {
    const message = "the file has a byte order mark (BOM) here: save it as UTF-8 without one";
    return { code: "byte-order-mark", line, column, message };
  }
  const name =
    code === 0 ? "a NUL byte" : `the control character U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return { code: "control-character", line, column, message: `the file contains ${name}: remove it` };
}
