/**
 * `node interactive-main.ts`: gives this terminal to one program of a guest, as the variable of interactive.ts says. Exits
 * with the program's code, or with 255 and one sentence on stderr when there was no way to it.
 */
import { lookUpIn } from "./guest.ts";
import { type InteractiveSession, sessionVariable } from "./interactive.ts";
import { runSession } from "./interactive-session.ts";
import { connectGuest, sshAddress } from "./ssh-connect.ts";

const unreachableCode = 255;

async function main(): Promise<number> {
  const text = process.env[sessionVariable];
  delete process.env[sessionVariable];
  if (!text) throw new Error(`${sessionVariable} is not set; this program is started by: coffer connect`);
  const session = JSON.parse(text) as InteractiveSession;
  const link = await connectGuest(sshAddress(session.address), lookUpIn(session.address));
  try {
    const { stdin: input, stdout: output, stderr: errors } = process;
    return await runSession(link, session, { input, output, errors, kind: process.env.TERM });
  } finally {
    link.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = unreachableCode;
}
