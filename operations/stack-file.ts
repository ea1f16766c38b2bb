/** A stack's own file, `.coffer/config/Pulumi.STACK.yaml`: Pulumi's configuration of the stack, with Coffer's identity in it. */
import { join } from "node:path";
import { Document, parseDocument } from "yaml";
import { OperationError } from "./errors.ts";
import { readIfThere, writeWhole } from "./files.ts";
import { namesIn, places, type Workspace } from "./workspace.ts";

export interface StackFile {
  path: string;
  /** The stack's random id. */
  stackId?: string;
  /** Its spec file, as `recordedSpec` writes it. */
  spec?: string;
  /** Where the stack runs, by the target's name. */
  target?: string;
  /** Which of several clouds. */
  cloud?: string;
  /** Pulumi has made a key for this stack: a passphrase is in use. */
  hasSalt: boolean;
  /** The user's own secrets provider, for example `awskms://...`. */
  secretsProvider?: string;
}

const pattern = /^Pulumi\.(.+)\.yaml$/;

/** Names of the stacks that were set up here. */
export async function stackFiles(workspace: Workspace): Promise<string[]> {
  const found = await namesIn(places(workspace).config);
  return found.flatMap((name) => pattern.exec(name)?.[1] ?? []);
}

export function stackFilePath(workspace: Workspace, stack: string): string {
  return join(places(workspace).config, `Pulumi.${stack}.yaml`);
}

/** Undefined when the stack was never set up here. Throws when the file is damaged. */
export async function readStackFile(workspace: Workspace, stack: string): Promise<StackFile | undefined> {
  const path = stackFilePath(workspace, stack);
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const document = parse(text, path);
  const stackId = document.getIn(["config", "coffer:stackId"]);
  const spec = document.getIn(["config", "coffer:spec"]);
  const target = document.getIn(["config", "coffer:target"]);
  const cloud = document.getIn(["config", "coffer:cloud"]);
  const secretsProvider = document.get("secretsprovider");
  return {
    path,
    hasSalt: document.has("encryptionsalt"),
    ...(typeof stackId === "string" ? { stackId } : {}),
    ...(typeof spec === "string" ? { spec } : {}),
    ...(typeof target === "string" ? { target } : {}),
    ...(typeof cloud === "string" ? { cloud } : {}),
    ...(typeof secretsProvider === "string" ? { secretsProvider } : {}),
  };
}

/** Writes Coffer's part and leaves everything else in the file as it is. */
export async function writeStackFile(
  workspace: Workspace,
  stack: string,
  values: { stackId: string; spec: string; target?: string; cloud?: string },
): Promise<void> {
  const path = stackFilePath(workspace, stack);
  const text = await readIfThere(path);
  const document = text === undefined ? new Document({}) : parse(text, path);
  document.setIn(["config", "coffer:stackId"], values.stackId);
  document.setIn(["config", "coffer:spec"], values.spec);
  if (values.target !== undefined) document.setIn(["config", "coffer:target"], values.target);
  if (values.cloud !== undefined) document.setIn(["config", "coffer:cloud"], values.cloud);
  else if (document.has("config")) document.deleteIn(["config", "coffer:cloud"]);
  await writeWhole(path, document.toString());
}

function parse(text: string, path: string) {
  const document = parseDocument(text);
  if (document.errors.length || (document.contents !== null && typeof document.toJS() !== "object")) {
    throw new OperationError(
      "failed",
      `the stack's own file ${path} is damaged: ${document.errors[0]?.message.split("\n")[0] ?? "not a map"}`,
      {
        remedy: "mend it, or bring back a copy; it holds the stack's id and the salt of its key",
      },
    );
  }
  return document;
}
