/** Reads composite literals of Go, as far as the schemas of Terraform providers are written in them. */

/** A text, a literal with its entries (keys of maps and structs; "0", "1"... of slices), or anything else as its tokens. */
export type GoValue =
  | { kind: "text"; text: string }
  | { kind: "literal"; type: string; entries: Readonly<Record<string, GoValue>> }
  | { kind: "code"; code: string };

const token = /\/\/[^\n]*|"(?:[^"\\]|\\.)*"|`[^`]*`|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*|-?\d+(?:\.\d+)?|\S/g;

/** Reads the value that begins behind `start`. Throws when `start` is not there. */
export function goValueAfter(text: string, start: string): GoValue {
  const at = text.indexOf(start);
  if (at < 0) throw new Error(`there is no "${start}"`);
  const tokens = [...text.slice(at + start.length).matchAll(token)].map(([one]) => one);
  return new Reader(tokens.filter((one) => !one.startsWith("//"))).value();
}

class Reader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  value(): GoValue {
    const first = this.#tokens[this.#at] ?? "";
    if (/^["`]/.test(first)) {
      this.#at++;
      return { kind: "text", text: first.startsWith("`") ? first.slice(1, -1) : String(JSON.parse(first)) };
    }
    let code = "";
    while (this.#at < this.#tokens.length) {
      const next = this.#tokens[this.#at] ?? "";
      if (next === "," || next === "}") break;
      if (next === "{" && !code.startsWith("func")) return { kind: "literal", type: code, entries: this.#entries() };
      code += this.#balanced();
    }
    return { kind: "code", code };
  }

  #entries(): Record<string, GoValue> {
    const entries: Record<string, GoValue> = {};
    this.#at++;
    for (let index = 0; this.#tokens[this.#at] !== "}"; index++) {
      const key = this.#tokens[this.#at + 1] === ":" ? this.#tokens[this.#at]?.replaceAll('"', "") : undefined;
      if (key !== undefined) this.#at += 2;
      entries[key ?? index] = this.value();
      if (this.#tokens[this.#at] === ",") this.#at++;
      else if (this.#tokens[this.#at] !== "}") throw new Error(`an entry ends with ${this.#tokens[this.#at]}`);
    }
    this.#at++;
    return entries;
  }

  /** The next token; an opening bracket with all up to the closing one. */
  #balanced(): string {
    const first = this.#tokens[this.#at++] ?? "";
    const close = { "(": ")", "[": "]", "{": "}" }[first];
    if (close === undefined) return first;
    let code = first;
    while (this.#at < this.#tokens.length && this.#tokens[this.#at] !== close) code += this.#balanced();
    this.#at++;
    return code + close;
  }
}
