/** `connect`: how to start the engine's own client on an instance. Starting it is the caller's: it owns the terminal. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { interactiveCommand } from "../access/interactive.ts";
import { tlsFiles, userKey } from "../engines/engine.ts";
import { engineOf } from "../engines/index.ts";
import { authorityFile } from "./authority.ts";
import { filesHere, filesInGuest, issue, noFiles } from "./client-certificates.ts";
import { OperationError } from "./errors.ts";
import { recordedInstance } from "./instances.ts";
import type { OperationRequest } from "./session.ts";
import { loginNamed, loginsOf } from "./users.ts";

export interface ConnectRequest extends OperationRequest {
  name: string;
  /** NAME or NAME@HOST; default: the instance's first user. */
  user?: string;
  host?: string;
  /** Default: the user's first database. */
  database?: string;
  /** Whether the client will have a terminal. */
  terminal: boolean;
}

export interface ClientCommand {
  argv: readonly string[];
  /** More environment for it; the password is here and never in argv. */
  environment: Readonly<Record<string, string>>;
  user: string;
  database?: string;
  /** `here`: a client of this machine, over the published port. `guest`: the one that the image has. */
  runs: "here" | "guest";
  /** To be called when the client ended: takes away what was made for it. */
  remove(): Promise<void>;
}

export async function connect(request: ConnectRequest): Promise<ClientCommand> {
  const { session, record, guests, passwords, deployment, issuer } = await recordedInstance(request, request.name);
  const engine = engineOf(record.engine);
  const [first] = loginsOf(record);
  if (!first) {
    throw new OperationError("input", `instance "${record.name}" has no users to connect as`, {
      remedy: "add one to its spec (users:), then run up",
    });
  }
  const { user: asked = first.name, host } = request;
  const isFirst = request.user === undefined && host === undefined;
  const user = isFirst ? first : loginNamed(record, { user: asked, ...(host === undefined ? {} : { host }) });
  const password = passwords[record.name]?.[userKey(engine, user)];
  const address = guests[record.name];
  if (password === undefined || address === undefined) {
    throw new OperationError("failed", `the state does not say how to connect to "${record.name}"`, {
      remedy: "run `coffer up`: it completes what is missing",
    });
  }
  const database = request.database ?? user.databases[0];
  const connection = { user: user.name, password, ...(database === undefined ? {} : { database }) };
  const common = { user: user.name, ...(database === undefined ? {} : { database }) };

  // What an older version made has no TLS before the next apply.
  const trusted = async () => ({ authority: await authorityFile(session, deployment) });
  const secured = record.tls !== undefined;
  const pair = record.tls === "mtls" ? await issue(issuer, record, user) : undefined;
  const place = { ...connection, ...record.endpoint.writer, ...(secured ? await trusted() : {}) };
  const [program = ""] = engine.client(place).argv;
  if (onPath(program, session.workspace.environment.PATH)) {
    const files = pair ? await filesHere(pair) : noFiles;
    const here = engine.client({ ...place, ...files.own });
    return { ...common, argv: here.argv, environment: here.env, runs: "here", remove: files.remove };
  }
  const port = engine.ports.find(({ role }) => role === "sql")?.port ?? record.endpoint.writer.port;
  const files = pair ? await filesInGuest(address, pair) : noFiles;
  const local = { host: "127.0.0.1", port, ...(secured ? { authority: tlsFiles.authority } : {}), ...files.own };
  const inside = engine.client({ ...connection, ...local });
  const { argv, env } = interactiveCommand(address, inside.argv, { env: inside.env, terminal: request.terminal });
  return { ...common, argv, environment: env, runs: "guest", remove: files.remove };
}

function onPath(program: string, path = ""): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== "";
    } catch {
      return false;
    }
  });
}
