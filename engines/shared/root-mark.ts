/** What a data volume says of its administrator (`root: true`): when there was one first, and whether it is Coffer's now. */
import { type Guest, layout } from "../../access/guest.ts";

export interface RootMark {
  /** When it was enabled for the first time, ISO 8601. */
  since: string;
  /** True while Coffer keeps it: it is to be dropped when no spec asks for it any more, also from a volume that was taken over. */
  managed: boolean;
}

/** Undefined where there never was one. A mark that cannot be read still says that there was. */
export async function readRootMark(guest: Pick<Guest, "readFile">): Promise<RootMark | undefined> {
  const text = await guest.readFile(layout.rootMark);
  if (text === undefined) return undefined;
  try {
    const { since, managed } = JSON.parse(text) as Partial<RootMark>;
    return { since: typeof since === "string" ? since : "", managed: managed === true };
  } catch {
    return { since: "", managed: false };
  }
}

export async function writeRootMark(guest: Pick<Guest, "putFile">, mark: RootMark): Promise<void> {
  await guest.putFile(layout.rootMark, `${JSON.stringify(mark)}\n`, { mode: 0o644 });
}
