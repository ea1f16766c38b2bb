/** Runs what is not a program but written in the same language: policy packs and component providers. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ServerWritableStream } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import lang from "@pulumi/pulumi/proto/language_pb.js";
import { findProgram } from "../process.ts";
import { ending, start, startNode, stop } from "./children.ts";
import { programOptions, sdkModule } from "./program.ts";

type PluginCall = ServerWritableStream<lang.RunPluginRequest, lang.RunPluginResponse>;
type InstallCall = ServerWritableStream<lang.InstallDependenciesRequest, lang.InstallDependenciesResponse>;

/** The arguments of Node for a plugin: a policy pack's runner takes the engine first, a provider's its folder. */
export function pluginArguments(request: lang.RunPluginRequest): string[] {
  const info = request.getInfo() ?? new lang.ProgramInfo();
  const folder = info.getProgramDirectory() || request.getProgram();
  const { nodeArguments } = programOptions(info);
  const args = request.getArgsList();
  return request.getKind() === "analyzer"
    ? [...nodeArguments, sdkModule("cmd/run-policy-pack", folder), ...args, folder]
    : [...nodeArguments, sdkModule("cmd/run-plugin", folder), folder, ...args];
}

export async function runPlugin(call: PluginCall): Promise<void> {
  const { request } = call;
  const kind = request.getKind();
  if (kind !== "analyzer" && kind !== "resource") {
    return fail(call, status.UNIMPLEMENTED, `Coffer's language host does not run plugins of the kind "${kind}".`);
  }
  let args: string[];
  try {
    args = pluginArguments(request);
  } catch (error) {
    return fail(call, status.FAILED_PRECONDITION, error instanceof Error ? error.message : String(error));
  }
  const given = request.getEnvList().map((entry): [string, string] => {
    const at = entry.indexOf("=");
    return [entry.slice(0, at), entry.slice(at + 1)];
  });
  const env = {
    ...Object.fromEntries(given),
    ...programOptions(request.getInfo() ?? new lang.ProgramInfo()).environment,
  };
  const folder = request.getInfo()?.getProgramDirectory();
  const cwd = kind === "analyzer" ? folder : request.getPwd() || folder;
  const child = startNode(args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  call.on("cancelled", () => void stop(child));
  child.stdout?.on("data", (data: Buffer) => call.write(new lang.RunPluginResponse().setStdout(new Uint8Array(data))));
  child.stderr?.on("data", (data: Buffer) => call.write(new lang.RunPluginResponse().setStderr(new Uint8Array(data))));
  const end = await ending(child);
  if ("failure" in end) return fail(call, status.ABORTED, `The plugin in ${folder} ${end.failure}.`);
  call.write(new lang.RunPluginResponse().setExitcode(end.code));
  call.end();
}

/** `npm ci` where there is a lock file, else `npm install`. */
export async function installDependencies(call: InstallCall): Promise<void> {
  const { request } = call;
  const folder = request.getInfo()?.getProgramDirectory() || request.getDirectory();
  const root = packageRoot(folder);
  if (root === undefined)
    return fail(call, status.FAILED_PRECONDITION, `There is no package.json at or above ${folder}.`);
  const manager = request.getInfo()?.getOptions()?.toJavaScript().packagemanager ?? "npm";
  if (manager !== "npm") {
    return fail(call, status.UNIMPLEMENTED, `Coffer's language host installs with npm, not with "${manager}".`);
  }
  const npm = findProgram("npm");
  if (npm === undefined) return fail(call, status.FAILED_PRECONDITION, "npm is not on PATH: install it.");
  const verb = existsSync(join(root, "package-lock.json")) ? "ci" : "install";
  const child = start(npm, [verb], { cwd: root, env: process.env, stdio: ["ignore", "pipe", "pipe"] });
  call.on("cancelled", () => void stop(child));
  const write = (response: lang.InstallDependenciesResponse): boolean => call.write(response);
  child.stdout?.on("data", (data: Buffer) =>
    write(new lang.InstallDependenciesResponse().setStdout(new Uint8Array(data))),
  );
  child.stderr?.on("data", (data: Buffer) =>
    write(new lang.InstallDependenciesResponse().setStderr(new Uint8Array(data))),
  );
  const end = await ending(child);
  if ("failure" in end) return fail(call, status.ABORTED, `"npm ${verb}" in ${root} ${end.failure}.`);
  if (end.code !== 0) return fail(call, status.ABORTED, `"npm ${verb}" in ${root} ended with code ${end.code}.`);
  call.end();
}

function packageRoot(folder: string): string | undefined {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = join(folder, "..");
  return parent === folder ? undefined : packageRoot(parent);
}

function fail(call: PluginCall | InstallCall, code: status, details: string): void {
  call.emit("error", { code, details });
}
