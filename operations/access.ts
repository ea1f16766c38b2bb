/** `access`: who may connect to an instance, changed in the spec and applied. */
import { setAccess } from "../spec/edit.ts";
import { OperationError } from "./errors.ts";
import { type EditRequest, type EditResult, editInstance } from "./spec-edits.ts";

export interface AccessRequest extends EditRequest {
  name: string;
  public?: boolean;
  /** Networks, each list whole; `none` alone empties it. Undefined: as it is. */
  allow?: readonly string[];
  admin?: readonly string[];
}

/** The word that stands for an empty list. */
const nobody = "none";

export async function changeAccess(request: AccessRequest): Promise<EditResult> {
  const { name, public: isPublic } = request;
  const allow = listOf("--allow", request.allow);
  const admin = listOf("--admin", request.admin);
  if (isPublic === undefined && !allow && !admin) {
    throw new OperationError("input", `nothing was said about the access to instance "${name}"`, {
      remedy: "say what is to change: --public, --no-public, --allow CIDR, --admin CIDR",
    });
  }
  const patch = {
    ...(isPublic === undefined ? {} : { public: isPublic }),
    ...(allow ? { allow } : {}),
    ...(admin ? { admin } : {}),
  };
  return editInstance(request, (text) => setAccess(text, name, patch));
}

function listOf(option: string, words: readonly string[] | undefined): readonly string[] | undefined {
  if (!words?.includes(nobody)) return words;
  if (words.length === 1) return [];
  throw new OperationError("input", `${option} ${nobody} stands alone: it empties the list`, {
    remedy: `leave "${nobody}" out, or name no network beside it`,
  });
}
