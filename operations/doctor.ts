/** `doctor`: every part that Coffer stands on, and where each stack keeps what must not be lost. Looks only. */
import { access } from "node:fs/promises";
import { type DoctorRow, doctor as toolchainRows } from "../toolchain/doctor.ts";
import { messageOf } from "./errors.ts";
import { stackFiles } from "./stack-file.ts";
import { openStack } from "./stack-setup.ts";
import { backendUrl, type Workspace } from "./workspace.ts";

export type { DoctorRow } from "../toolchain/doctor.ts";

export async function doctor(workspace: Workspace): Promise<readonly DoctorRow[]> {
  const rows = await toolchainRows({ ...workspace.environment });
  for (const name of await stackFiles(workspace)) rows.push(await stackRow(workspace, name));
  return rows;
}

async function stackRow(workspace: Workspace, name: string): Promise<DoctorRow> {
  const row = { part: `Stack ${name}`, wanted: "its passphrase", from: "Coffer's own" };
  try {
    const stack = await openStack(workspace, name);
    if (!stack) return { ...row, version: "not set up", path: "", ok: true, remedy: "" };
    const path = stack.passphraseFile;
    if (path === undefined)
      return { ...row, version: "the user's own", from: backendUrlShown(workspace), path: "", ok: true, remedy: "" };
    const ok = await access(path).then(
      () => true,
      () => false,
    );
    const remedy = ok ? "" : "copy the file back from where the stack was made, or set PULUMI_CONFIG_PASSPHRASE_FILE";
    return { ...row, version: ok ? "there" : "", path, ok, remedy };
  } catch (error) {
    return { ...row, version: "", path: "", ok: false, remedy: messageOf(error) };
  }
}

/** A backend's address may hold a password. */
const backendUrlShown = (workspace: Workspace): string => backendUrl(workspace).replace(/:\/\/[^@/]*@/, "://");
