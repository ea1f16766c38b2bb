/** Credentials for pulls: from the provider's registryAuth only. */

import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { flagOf, isProps, mapOf, objectOf, type Props, textOf } from "./values.ts";

export type Credentials = { username: string; password: string; serveraddress: string };

const HUB = "registry-1.docker.io";
const HELPER_TIMEOUT_MS = 30_000;

/** Reads every entry once; a configFile that cannot be read is an error. Returns the look-up by an image's name. */
export async function readCredentials(
  registries: Props[],
  env: NodeJS.ProcessEnv,
): Promise<(image: string) => Credentials | undefined> {
  const known = new Map<string, Credentials>();
  for (const entry of registries) {
    const address = textOf(entry, "address");
    known.set(hostOf(address), { ...(await credentials(entry, address, env)), serveraddress: address });
  }
  return (image) => known.get(registryOf(image));
}

type Login = { username: string; password: string };

async function credentials(entry: Props, address: string, env: NodeJS.ProcessEnv): Promise<Login> {
  if (flagOf(entry, "authDisabled")) return { username: "username", password: "password" };
  const username = textOf(entry, "username") || env.DOCKER_REGISTRY_USER || "";
  const password = textOf(entry, "password") || env.DOCKER_REGISTRY_PASS || "";
  if (username !== "" && password !== "") return { username, password };
  const content = textOf(entry, "configFileContent");
  return content === ""
    ? fromFile(await configPath(entry, env), address)
    : fromConfig(content, "configFileContent", address);
}

async function configPath(entry: Props, env: NodeJS.ProcessEnv): Promise<string> {
  const given = textOf(entry, "configFile") || env.DOCKER_CONFIG || join(homedir(), ".docker/config.json");
  const path = given.replace(/^~(?=\/)/, homedir());
  const folder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  return folder ? join(path, "config.json") : path;
}

async function fromFile(path: string, address: string): Promise<Login> {
  const content = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `registryAuth for ${address}: ${path} cannot be read (${error.code}); give username and password, or a readable configFile`,
    );
  });
  return fromConfig(content, path, address);
}

async function fromConfig(content: string, source: string, address: string): Promise<Login> {
  const config = parse(content, source);
  const host = hostOf(address);
  const helper = mapOf(config, "credHelpers")[host] ?? textOf(config, "credsStore");
  if (helper !== "") return askHelper(helper, address);
  const entries = Object.entries(objectOf(config, "auths") ?? {});
  const [, found] = entries.find(([name]) => hostOf(name) === host) ?? [];
  if (!isProps(found)) return { username: "", password: "" };
  const [username = "", ...password] = Buffer.from(textOf(found, "auth"), "base64").toString().split(":");
  return {
    username: textOf(found, "username") || username,
    password: textOf(found, "password") || password.join(":"),
  };
}

function parse(content: string, source: string): Props {
  try {
    const value: unknown = JSON.parse(content);
    if (isProps(value as Props)) return value as Props;
  } catch {
    // The message of the parser would show a piece of the file.
  }
  throw new Error(`registryAuth: ${source} is no JSON object as Docker's config.json is`);
}

/** `docker-credential-<helper> get` reads the address from stdin and writes JSON. */
function askHelper(helper: string, address: string): Promise<Login> {
  const command = `docker-credential-${helper}`;
  return new Promise((resolve, reject) => {
    const child = execFile(command, ["get"], { timeout: HELPER_TIMEOUT_MS }, (error, stdout) => {
      if (error)
        reject(
          new Error(
            `registryAuth for ${address}: ${command} gave no credentials (${error.code ?? "ended by a signal"})`,
          ),
        );
      else {
        const answer = parse(stdout, `the answer of ${command}`);
        resolve({ username: textOf(answer, "Username"), password: textOf(answer, "Secret") });
      }
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(address);
  });
}

export function hostOf(address: string): string {
  return address.replace(/^[a-z]+:\/\//, "").replace(/\/.*$/, "");
}

/** The registry in an image's name: its first part, when that looks like a host; else Docker Hub. */
export function registryOf(image: string): string {
  const parts = image.split("/");
  const first = parts[0] ?? "";
  const host = parts.length > 1 && (/[.:]/.test(first) || first === "localhost" || parts.length > 2);
  return host ? first : HUB;
}
