/**
 * coffer:guest:Certificate: the certificate and private key of a database server, in its guest. The key is made here, goes to the
 * guest and is kept nowhere else.
 * Inputs: guest, uuid, engine, subject, names, addresses (all that clients may call the server), authority (`certificate`,
 * `privateKey`; secret). Outputs: the inputs, `certificate` (PEM), `expires` (ISO 8601), `faults` (why it must be issued anew, but
 * for what time alone brings), `inEffect` (false while the running server shows another one), `reachable`.
 * Issued anew: below a third of its life, for a name or an address that it lacks, for another authority, for files that do
 * not belong together.
 */
import type { Guest } from "../../access/guest.ts";
import type { Engine, Session } from "../../engines/engine.ts";
import { engineOf } from "../../engines/index.ts";
import { ownSession } from "../../engines/shared/look.ts";
import { inputChanges } from "../changes.ts";
import { addressOf, inGuest, isUnread, readInGuest } from "../in-guest.ts";
import { type Context, HalfMade, type Kind } from "../kind.ts";
import { sharedSession } from "../reads.ts";
import type { Pair } from "../tls/certificates.ts";
import { readFiles, writeFiles } from "../tls/files.ts";
import { expiryOf, reasonsToRenew, type ServerNames } from "../tls/judge.ts";
import { hasUnknown, UNKNOWN, type Values } from "../values.ts";

export const certificate: Kind = {
  token: "coffer:guest:Certificate",
  secrets: ["guest", "authority"],
  live: true,
  check: () => [],

  diff(old, inputs) {
    // A name that went does no harm where it stands; one that came is a reason to issue.
    const changes = inputChanges(old.inputs, inputs).filter(({ path }) => path !== "names" && path !== "addresses");
    if (hasUnknown({ ...inputs, guest: null, names: null, addresses: null })) return changes;
    if (isUnread(old.outputs)) return [...changes, { path: "reachable", kind: "update", fromInputs: false }];
    if (!changes.length && reasons(inputs, old.outputs, new Date()).length)
      changes.push({ path: "certificate", kind: "update", fromInputs: false });
    return changes;
  },

  preview: (_context, inputs) => ({ ...inputs, certificate: UNKNOWN, expires: UNKNOWN, reachable: true }),

  async create(context, inputs) {
    const id = `${addressOf(inputs).uuid}/certificate`;
    return { id, outputs: await converge(context, id, inputs) };
  },

  read: (context, _id, inputs, outputs) =>
    readInGuest(context, inputs, outputs, (guest) => look(guest, inputs, sharedSession(engineIn(inputs), guest))),

  async previewUpdate(context, old, inputs) {
    if (old.outputs.reachable === false || hasUnknown({ ...inputs, guest: null }))
      return { ...inputs, certificate: UNKNOWN, expires: UNKNOWN, reachable: true };
    const why = reasons(inputs, old.outputs, new Date());
    if (why.length) context.note("info", `a new certificate: ${why.join("; ")}`);
    return { ...old.outputs, ...inputs, certificate: UNKNOWN, expires: UNKNOWN };
  },

  update: (context, id, _old, inputs) => converge(context, id, inputs),

  // The files lie on the data volume, which outlives the instance.
  async delete() {},
};

async function converge(context: Context, id: string, inputs: Values): Promise<Values> {
  return inGuest(context, inputs, async (guest) => {
    try {
      const before = await look(
        guest,
        inputs,
        ownSession(() => engineIn(inputs).open(guest)),
      );
      const all = reasons(inputs, before, new Date());
      const why = all.filter((reason) => reason !== notInEffect);
      if (why.length) {
        context.note("info", `a new certificate: ${why.join("; ")}`);
        await issue(guest, inputs);
      }
      if (all.length) await putInEffect(context, guest, inputs);
      return await look(
        guest,
        inputs,
        ownSession(() => engineIn(inputs).open(guest)),
      );
    } catch (error) {
      throw new HalfMade({ id, outputs: { ...inputs, certificate: "", expires: "", reachable: false } }, error);
    }
  });
}

/**
 * A server that starts takes the files as they are. One that does not answer may be what the Server after this mends, so it is
 * no failure here; the next look tells whether it took them.
 */
async function putInEffect(context: Context, guest: Guest, inputs: Values): Promise<void> {
  const engine = engineIn(inputs);
  if (!(await guest.service.status()).running) return;
  try {
    await engine.waitHealthy(guest, startingMs);
  } catch {
    context.note("info", "the server does not answer yet; it takes its new certificate when it starts");
    return;
  }
  await ownSession(() => engine.open(guest))((server) => server.reloadCertificate());
}

/** Milliseconds for a server that runs to answer, where it may have been started a moment ago. */
const startingMs = 30_000;

async function issue(guest: Guest, inputs: Values): Promise<void> {
  const { issueServer } = await import("../tls/certificates.ts");
  const authority = authorityIn(inputs);
  const pair = await issueServer(authority, String(inputs.subject), namesIn(inputs), new Date());
  await writeFiles(guest, pair, authority.certificate, engineIn(inputs).group);
}

/** What lies in the guest, and whether the running server shows it. */
async function look(guest: Guest, inputs: Values, session: Session): Promise<Values> {
  const { certificate, authority, keyFits, written } = await readFiles(guest);
  const notAfter = expiryOf(certificate);
  const faults: string[] = [];
  if (certificate && !keyFits) faults.push("its private key is another one's");
  if (authority !== authorityIn(inputs).certificate) faults.push("the authority's certificate is not beside it");
  const { running } = await guest.service.status();
  const shown =
    notAfter === undefined ||
    !running ||
    (await session((server) => server.showsCertificate({ notAfter, written })).catch(() => true));
  return {
    ...inputs,
    certificate,
    expires: notAfter?.toISOString() ?? "",
    faults,
    inEffect: shown,
    reachable: true,
  };
}

/** When the certificate in a guest ends ("": there is none), and why it has to be issued anew; for whoever only looks. */
export async function lookAtCertificate(
  guest: Guest,
  inputs: Values,
  session: Session,
): Promise<{ expires: string; reasons: readonly string[] }> {
  const seen = await look(guest, inputs, session);
  return { expires: String(seen.expires), reasons: reasons(inputs, seen, new Date()) };
}

const notInEffect = "the running server shows another one";

function reasons(inputs: Values, outputs: Values, now: Date): string[] {
  const certificate = String(outputs.certificate ?? "");
  if (!certificate) return ["there is none"];
  const faults = (outputs.faults ?? []) as string[];
  const late = reasonsToRenew(certificate, authorityIn(inputs).certificate, namesIn(inputs), now);
  return [...late, ...faults, ...(outputs.inEffect === false ? [notInEffect] : [])];
}

const engineIn = (inputs: Values): Engine => engineOf(String(inputs.engine));
const authorityIn = (inputs: Values): Pair => inputs.authority as unknown as Pair;
/** Those of a machine that is not made yet are not known in a preview. */
const namesIn = ({ names, addresses }: Values): ServerNames => ({
  names: hasUnknown(names) ? [] : (names as string[]),
  addresses: hasUnknown(addresses) ? [] : (addresses as string[]),
});
