/** `ca`: the certificate that clients hold the servers' certificates against. */
import { join } from "node:path";
import { type Deployment, recordsOf } from "./deployment.ts";
import { OperationError } from "./errors.ts";
import { readIfThere, writeWhole } from "./files.ts";
import { type OperationRequest, openSession, type Session } from "./session.ts";
import { readDeployment } from "./state.ts";
import { places } from "./workspace.ts";

export interface AuthorityResult {
  stack: string;
  /** PEM. */
  certificate: string;
}

export async function authorityCertificate(request: OperationRequest): Promise<AuthorityResult> {
  const { chosen, session } = await openSession(request);
  const deployment = session && (await readDeployment(session.workspace, session.place, session.stack.name));
  const certificate = deployment && recordsOf(deployment).authority;
  if (!certificate) {
    throw new OperationError("failed", `stack "${chosen.name}" has no certificate authority yet`, {
      remedy: "run `coffer up`: it makes one",
    });
  }
  return { stack: chosen.name, certificate };
}

/** The certificate in a file, for clients that take it from one; made when it is missing or another one. */
export async function authorityFile({ workspace, stack }: Session, deployment: Deployment): Promise<string> {
  const { authority } = recordsOf(deployment);
  if (!authority) {
    throw new OperationError("failed", `stack "${stack.name}" has no certificate authority yet`, {
      remedy: "run `coffer up`: it makes one",
    });
  }
  const path = join(places(workspace).config, `${stack.name}.ca.pem`);
  if ((await readIfThere(path)) !== authority) await writeWhole(path, authority, 0o644);
  return path;
}
