/** A step of the setup failed for a reason that the user can do something about. */
export class ToolchainError extends Error {
  override readonly name = "ToolchainError";
  /** What to do, one or more sentences. */
  readonly remedy: string;
  /** The command that failed, as it could be typed. */
  readonly ran: string | undefined;
  /** The file with its output. */
  readonly log: string | undefined;

  constructor(what: string, detail: { remedy: string; ran?: string; log?: string; tail?: string; cause?: unknown }) {
    const lines = [
      what,
      ...(detail.ran === undefined ? [] : [`  ran:        ${detail.ran}`]),
      ...(detail.tail ? ["  last words:", ...detail.tail.split("\n").map((line) => `    ${line}`)] : []),
      ...(detail.log === undefined ? [] : [`  log:        ${detail.log}`]),
      `  what to do: ${detail.remedy}`,
    ];
    super(lines.join("\n"), { cause: detail.cause });
    this.remedy = detail.remedy;
    this.ran = detail.ran;
    this.log = detail.log;
  }
}
