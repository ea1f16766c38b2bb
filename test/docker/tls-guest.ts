/** A certificate in a test's guest: no server starts without one. */
import type { Guest } from "../../access/guest.ts";
import type { Engine } from "../../engines/engine.ts";
import { issueServer, makeAuthority, type Pair } from "../../provider/tls/certificates.ts";
import { writeFiles } from "../../provider/tls/files.ts";

export const authority: Pair = await makeAuthority("Coffer tests", new Date());

export async function giveCertificate(guest: Guest, engine: Engine, now = new Date()): Promise<Pair> {
  const names = { names: ["localhost"], addresses: ["127.0.0.1"] };
  const pair = await issueServer(authority, "test", names, now);
  await writeFiles(guest, pair, authority.certificate, engine.group);
  return pair;
}
