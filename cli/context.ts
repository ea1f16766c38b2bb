/** What a command gets to work with: where it is, what it was asked, and how to tell people. */
import { relative, resolve } from "node:path";
import { OperationError } from "../operations/errors.ts";
import type { Workspace } from "../operations/workspace.ts";
import { type Paint, painter } from "./colour.ts";
import type { Format } from "./output.ts";
import { serialize } from "./output.ts";
import { Progress } from "./progress.ts";

export interface Streams {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

/** Options that every command has. */
export interface CommonOptions {
  file?: string;
  stack?: string;
  output: Format;
}

export class Context {
  readonly workspace: Workspace;
  readonly options: CommonOptions;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  private readonly streams: Streams;

  constructor(workspace: Workspace, options: CommonOptions, signal: AbortSignal, streams: Streams) {
    this.workspace = workspace;
    this.options = options;
    this.signal = signal;
    this.streams = streams;
    const { stderr } = streams;
    this.progress = new Progress({
      write: (text) => stderr.write(text),
      live: stderr.isTTY === true && workspace.environment.TERM !== "dumb" && workspace.environment.CI === undefined,
      ...(stderr.columns ? { columns: stderr.columns } : {}),
      paint: painter(stderr, workspace.environment),
    });
  }

  /** The request that every operation on a stack begins with. */
  request(file = this.options.file) {
    return {
      workspace: this.workspace,
      report: this.progress.report,
      signal: this.signal,
      ...(file === undefined ? {} : { file: resolve(file), shownFile: file }),
      ...(this.options.stack === undefined ? {} : { stack: this.options.stack }),
    };
  }

  /** The words that name the stack of this command, for another one. */
  get stackWords(): readonly string[] {
    const { file, stack } = this.options;
    return file === undefined ? (stack === undefined ? [] : ["--stack", stack]) : ["-f", file];
  }

  get format(): Format {
    return this.options.output;
  }

  /** Colours of stdout. */
  get paint(): Paint {
    return painter(this.streams.stdout, this.workspace.environment);
  }

  /** The size of stdout's terminal at the moment; undefined where nothing can be painted over. */
  get screen(): (() => { columns: number; lines: number }) | undefined {
    const { stdout } = this.streams;
    if (stdout.isTTY !== true || this.workspace.environment.TERM === "dumb") return undefined;
    return () => ({ columns: stdout.columns || 80, lines: stdout.rows || 24 });
  }

  get terminal(): boolean {
    return this.streams.stdin.isTTY === true && this.streams.stdout.isTTY === true;
  }

  get stdin(): NodeJS.ReadStream {
    return this.streams.stdin;
  }

  get stdout(): NodeJS.WriteStream {
    return this.streams.stdout;
  }

  /** Whether there is somebody to ask. */
  get answers(): boolean {
    return this.streams.stdin.isTTY === true;
  }

  /** Whether somebody looks at what goes to stderr. */
  get watched(): boolean {
    return this.streams.stderr.isTTY === true;
  }

  /** The result: `value` whole for programs, `text` for people. */
  result(value: unknown, text: () => string): void {
    this.progress.stop();
    this.print(this.format === "table" ? text() : serialize(value, this.format));
  }

  /** To stdout. */
  print(text: string): void {
    this.progress.stop();
    this.streams.stdout.write(text);
  }

  /** To people, on stderr. */
  tell(text: string): void {
    this.progress.stop();
    this.streams.stderr.write(`${text}\n`);
  }

  /** A path as it is best read from here. */
  shown(path: string): string {
    const here = relative(process.cwd(), path);
    return here.startsWith("..") ? path : here;
  }

  /** Asks for the password of a sealed file, unseen. */
  async password(twice: boolean): Promise<string> {
    const { stdin, stderr } = this.streams;
    if (!this.answers) {
      throw new OperationError("input", "this needs a password, and there is no terminal to ask on", {
        remedy: "write it into a file that only you can read, and name that: --password-file FILE",
      });
    }
    this.progress.stop();
    const { askPassword } = await import("./password.ts");
    return askPassword(stdin, stderr, { question: "Password of the sealed file", twice, signal: this.signal });
  }

  /** Asks for `yes` on the terminal; where there is none, says which option gives the answer. */
  async confirm(question: string, option: string): Promise<boolean> {
    const { stdin, stderr } = this.streams;
    if (!this.answers) {
      throw new OperationError("input", "this needs a confirmation, and there is no terminal to ask on", {
        remedy: `if it is meant, say so: ${option}`,
        also: question.split("\n"),
      });
    }
    this.progress.stop();
    const { askYes } = await import("./confirm.ts");
    return askYes(stdin, stderr, question, this.signal);
  }
}
