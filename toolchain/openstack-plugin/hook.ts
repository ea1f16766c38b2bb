/**
 * A copy of the Terraform SDK with one hook: `retry.BeforeWait`, called before the provider waits for OpenStack. `waits/` fills it. The
 * SDK (MPL-2.0) comes from Go's verified modules when the plugin is built; what is changed in it is all here.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** The module as the provider imports it; go.mod replaces it by Pulumi's fork. */
export const sdkModule = "github.com/hashicorp/terraform-plugin-sdk/v2";

const waitFile = "helper/retry/state.go";
const start = "func (conf *StateChangeConf) WaitForStateContext(ctx context.Context) (interface{}, error) {\n";
const call = "\tif BeforeWait != nil {\n\t\tBeforeWait(conf)\n\t}\n";

const hookFile = "helper/retry/before_wait.go";
const hook = `package retry

// BeforeWait may change a wait before it begins. Added by Coffer; the file is not part of the SDK.
var BeforeWait func(*StateChangeConf)
`;

/** The SDK's wait, calling the hook first. Throws when the text is not the one this was written for. */
export function withHook(text: string): string {
  const parts = text.split(start);
  if (parts.length !== 2) {
    throw new Error(`${waitFile} of ${sdkModule} has the line "${start.trim()}" ${parts.length - 1} times, not once`);
  }
  return parts.join(start + call);
}

/** Copies the SDK to `to` and adds the hook. Go's module cache is read-only, also its folders: the copy must not be. */
export function copyWithHook(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const copy = join(to, relative(from, path));
    if (entry.isDirectory()) mkdirSync(copy, { recursive: true });
    else {
      mkdirSync(dirname(copy), { recursive: true });
      writeFileSync(copy, readFileSync(path));
    }
  }
  const path = join(to, waitFile);
  writeFileSync(path, withHook(readFileSync(path, "utf8")));
  writeFileSync(join(to, hookFile), hook);
}

/** go.mod with the SDK replaced by the folder. Throws when it has no such `replace` line. */
export function replaceSdk(goMod: string, folder: string): string {
  const begin = `replace ${sdkModule} => `;
  const lines = goMod.split("\n");
  const at = lines.findIndex((line) => line.startsWith(begin));
  if (at < 0) throw new Error(`the openstack plugin's go.mod has no line "${begin}..."`);
  return lines.with(at, begin + JSON.stringify(folder)).join("\n");
}
