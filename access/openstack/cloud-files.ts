/** Where the settings of clouds are written: clouds.yaml with its secure.yaml, found as openstacksdk finds them, and OS_* variables. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseDocument } from "yaml";
import { devcloudEnvironment } from "../../devcloud/layout.ts";
import { CloudError } from "./cloud.ts";

/** Texts as they were written, so that `0123` stays a password. Nested blocks are records again. */
export type Written = { readonly [key: string]: Written | string | readonly unknown[] };

export interface FoundSettings {
  /** The cloud's name in clouds.yaml; undefined: they come from OS_* variables. */
  cloud?: string;
  /** For messages: the file, or the words "OS_* variables". */
  place: string;
  settings: Written;
}

/**
 * The settings of a cloud: the one that is named, else the one that OS_CLOUD names, else what OS_AUTH_URL and its kin say.
 * A named cloud takes nothing from the other OS_* variables. Throws CloudErrors (`configuration`).
 */
export function findSettings(cloud: string | undefined, environment: NodeJS.ProcessEnv): FoundSettings {
  const name = cloud || environment.OS_CLOUD;
  if (!name) return fromVariables(environment);
  const file = cloudsFile(name, environment);
  if (!file) {
    const words = `looked in ${folders(environment).join(", ")}; put the file there or name it in OS_CLIENT_CONFIG_FILE`;
    const made = name.startsWith("devcloud") ? "; the development cloud is made by: coffer devcloud up" : "";
    throw new CloudError("configuration", `cloud "${name}": there is no clouds.yaml (${words})${made}`);
  }
  const clouds = block(file.content, "clouds");
  const own = Object.hasOwn(clouds, name) ? clouds[name] : undefined;
  if (!isWritten(own)) {
    const known = Object.keys(clouds).join(", ") || "none";
    const chosen = cloud ? "" : " (from OS_CLOUD)";
    throw new CloudError("configuration", `${file.path} has no cloud "${name}"${chosen}; it has: ${known}`);
  }
  const secure = firstFile(environment, "secure", environment.OS_CLIENT_SECURE_FILE, "OS_CLIENT_SECURE_FILE");
  const secrets = secure ? block(secure.content, "clouds") : {};
  const hidden = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  return { cloud: name, place: file.path, settings: isWritten(hidden) ? merged(own, hidden) : own };
}

/**
 * What the OpenStack plugin must find in its environment to mean the same cloud: it takes what a cloud does not say from
 * OS_* variables, and would work on another cloud than the one that was named. Undefined: not to be there.
 */
export function variablesFor(
  cloud: string | undefined,
  environment: NodeJS.ProcessEnv,
): Record<string, string | undefined> {
  const name = cloud || environment.OS_CLOUD;
  if (!name) return {};
  const kept = ["OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE", "OS_CLOUD", "OS_CACERT"];
  const foreign = Object.keys(environment).filter((key) => key.startsWith("OS_") && !kept.includes(key));
  const own = cloudsFile(name, environment)?.path;
  const devcloud = devcloudEnvironment()?.OS_CLIENT_CONFIG_FILE;
  return {
    ...Object.fromEntries(foreign.map((key) => [key, undefined])),
    ...(own !== undefined && own === devcloud ? { OS_CLIENT_CONFIG_FILE: devcloud } : {}),
  };
}

/** The file that has the cloud; the development cloud of this machine needs no setting up. */
function cloudsFile(name: string, environment: NodeJS.ProcessEnv): ReturnType<typeof firstFile> {
  const file = firstFile(environment, "clouds", environment.OS_CLIENT_CONFIG_FILE, "OS_CLIENT_CONFIG_FILE");
  if (file && Object.hasOwn(block(file.content, "clouds"), name)) return file;
  const path = devcloudEnvironment()?.OS_CLIENT_CONFIG_FILE;
  const content = path === undefined ? undefined : readYaml(path);
  if (path === undefined || !content || !Object.hasOwn(block(content, "clouds"), name)) return file;
  return { path, content };
}

export function isWritten(value: unknown): value is Written {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fromVariables(environment: NodeJS.ProcessEnv): FoundSettings {
  const entries = Object.entries(environment).flatMap(([key, value]) =>
    key.startsWith("OS_") && value ? [[key.slice(3).toLowerCase(), value] as const] : [],
  );
  if (!environment.OS_AUTH_URL) {
    const words =
      "name a cloud of clouds.yaml (in the spec, or in OS_CLOUD), or set OS_AUTH_URL and its kin (an openrc file)";
    throw new CloudError("configuration", `no OpenStack cloud was chosen; ${words}`);
  }
  return { place: "OS_* variables", settings: Object.fromEntries(entries) };
}

/** Where openstacksdk looks, in its order. */
function folders(environment: NodeJS.ProcessEnv): string[] {
  const home = environment.HOME ?? homedir();
  const config = environment.XDG_CONFIG_HOME || join(home, ".config");
  return [resolve("."), join(config, "openstack"), "/etc/openstack"];
}

function firstFile(environment: NodeJS.ProcessEnv, stem: string, named: string | undefined, variable: string) {
  if (named) {
    const content = readYaml(named);
    if (content) return { path: named, content };
    throw new CloudError("configuration", `${variable} names the file ${named}, which does not exist`);
  }
  for (const folder of folders(environment)) {
    for (const ending of ["yaml", "yml", "json"]) {
      const path = join(folder, `${stem}.${ending}`);
      const content = readYaml(path);
      if (content) return { path, content };
    }
  }
  return undefined;
}

/** Undefined when there is no such file. Messages never quote the file: it holds passwords. */
function readYaml(path: string): Written | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new CloudError("configuration", `${path} cannot be read (${code}); check its owner and mode`, {
      cause: error,
    });
  }
  const document = parseDocument(text, { schema: "failsafe", merge: true, logLevel: "silent" });
  const problem = document.errors[0];
  if (problem) {
    const line = problem.linePos?.[0].line ?? "?";
    throw new CloudError("configuration", `${path}, line ${line}: this is not valid YAML (${problem.code})`);
  }
  const content: unknown = document.toJS();
  return isWritten(content) ? content : {};
}

function block(content: Written, key: string): Written {
  const value = content[key];
  return isWritten(value) ? value : {};
}

function merged(base: Written, over: Written): Written {
  const result: Record<string, Written[string]> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isWritten(below) && isWritten(value) ? merged(below, value) : value;
  }
  return result;
}
