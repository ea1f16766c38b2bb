/**
 * Certificates of databases' users, for servers that ask for them (`tls: mtls`). They are issued when somebody needs one and are
 * kept nowhere: the stack's authority is in its state, and issues another at any time.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Guest, GuestAddress } from "../access/guest.ts";
import { closeAll, openGuest } from "../access/index.ts";
import type { Connection } from "../engines/engine.ts";
import { engineOf } from "../engines/index.ts";
import type { Pair } from "../provider/tls/certificates.ts";
import { commonNameOf, expiryOf } from "../provider/tls/judge.ts";
import { OperationError } from "./errors.ts";
import { makeFolder, readIfThere, writeWhole } from "./files.ts";
import { recordedInstance } from "./instances.ts";
import type { InstanceRecord } from "./records.ts";
import type { OperationRequest } from "./session.ts";
import type { AskedUser } from "./user-names.ts";
import { loginNamed } from "./users.ts";

/** Days in which one client session should end; its certificate is only looked at when it connects. */
const sessionDays = 1;

/** Files for one session of a client, and what takes them away again. */
export interface SessionFiles {
  own: Pick<Connection, "own">;
  remove(): Promise<void>;
}

export const noFiles: SessionFiles = { own: {}, async remove() {} };

export async function issue(
  issuer: Pair | undefined,
  record: Pick<InstanceRecord, "engine">,
  user: { name: string; host: string },
  days: number = sessionDays,
): Promise<Pair> {
  if (!issuer) {
    throw new OperationError("failed", "the stack has no certificate authority yet", {
      remedy: "run `coffer up`: it makes one",
    });
  }
  const { issueClient } = await import("../provider/tls/certificates.ts");
  return issueClient(issuer, engineOf(record.engine).certificateName(user), new Date(), days);
}

/** In a folder of this machine that nobody else may enter. */
export async function filesHere(pair: Pair): Promise<SessionFiles> {
  const folder = await mkdtemp(join(tmpdir(), "coffer-client-"));
  const own = filesIn(folder);
  await writeWhole(own.certificate, pair.certificate);
  await writeWhole(own.key, pair.privateKey);
  return { own: { own }, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** In a guest, for a client that root runs there. Taking them away is a visit of its own: the client may run for hours. */
export async function filesInGuest(address: GuestAddress, pair: Pair): Promise<SessionFiles> {
  const { own, folder } = await visit(address, (guest) => putFiles(guest, pair, "root"));
  return { own, remove: () => visit(address, (guest) => removeFolder(guest, folder)) };
}

async function visit<T>(address: GuestAddress, act: (guest: Guest) => Promise<T>): Promise<T> {
  try {
    return await act(await openGuest(address));
  } finally {
    await closeAll();
  }
}

/** For as long as `act` works. `user`: the operating system user that the client runs as. */
export async function withFiles<T>(
  guest: Guest,
  pair: Pair,
  user: string,
  act: (files: Pick<Connection, "own">) => Promise<T>,
): Promise<T> {
  const { own, folder } = await putFiles(guest, pair, user);
  try {
    return await act(own);
  } finally {
    await removeFolder(guest, folder);
  }
}

/** The folder ends with the guest's boot, should nobody come to take it away. */
async function putFiles(guest: Guest, pair: Pair, user: string) {
  const folder = `/run/coffer-client-${randomBytes(8).toString("hex")}`;
  const own = filesIn(folder);
  await guest.must(["install", "-d", "-m", "0700", "-o", user, folder]);
  await guest.putFile(own.certificate, pair.certificate, { mode: 0o600, owner: user });
  await guest.putFile(own.key, pair.privateKey, { mode: 0o600, owner: user });
  return { own: { own }, folder };
}

async function removeFolder(guest: Guest, folder: string): Promise<void> {
  await guest.must(["rm", "-rf", "--", folder]);
}

const filesIn = (folder: string) => ({ certificate: join(folder, "client.pem"), key: join(folder, "client.key") });

export interface UserCertificateRequest extends OperationRequest, AskedUser {
  name: string;
  /** Where the three files go, an absolute path; made when it is missing. */
  directory: string;
  days: number;
}

export interface UserCertificate {
  instance: string;
  user: string;
  /** The common name in it. */
  subject: string;
  /** ISO 8601. */
  expires: string;
  certificate: string;
  key: string;
  authority: string;
}

/** Writes a new certificate of a user, its private key, and the authority's certificate. One of another user is not replaced. */
export async function userCertificate(request: UserCertificateRequest): Promise<UserCertificate> {
  const { record, issuer } = await recordedInstance(request, request.name);
  const user = loginNamed(record, request);
  const pair = await issue(issuer, record, user, request.days);
  const subject = engineOf(record.engine).certificateName(user);
  const { directory } = request;
  const { certificate, key } = filesIn(directory);
  const authority = join(directory, "ca.pem");
  await makeFolder(directory);
  const there = await readIfThere(certificate);
  if (there !== undefined && commonNameOf(there) !== subject) {
    throw new OperationError("input", `${certificate} is there, and is not a certificate of "${subject}"`, {
      remedy: "name another folder with --directory, or take the file away",
    });
  }
  await writeWhole(key, pair.privateKey);
  await writeWhole(certificate, pair.certificate, 0o644);
  await writeWhole(authority, issuer?.certificate ?? "", 0o644);
  const expires = expiryOf(pair.certificate)?.toISOString() ?? "";
  return { instance: record.name, user: user.name, subject, expires, certificate, key, authority };
}
