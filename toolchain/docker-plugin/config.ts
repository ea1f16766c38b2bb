/** The provider's configuration: which engine, how to reach it, which registries. Reading only; nothing is connected here. */

import { readdir, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { isProps, type Props, textOf, type Value } from "./values.ts";

export type Tls = { ca: string; cert: string; key: string };
export type Config = { host: string; tls: Tls | undefined; registries: Props[] };

const KEYS = [
  "host",
  "context",
  "sshOpts",
  "caMaterial",
  "certMaterial",
  "keyMaterial",
  "certPath",
  "disableDockerDaemonCheck",
  "registryAuth",
];

/** Set by the engine or the SDK, not by this plugin's users. */
const FOREIGN = ["version", "pluginDownloadURL", "pluginChecksums", "__defaults", "__internal"];

export function unknownConfigKeys(given: Props): string[] {
  return Object.keys(given).filter((key) => !KEYS.includes(key) && !FOREIGN.includes(key));
}

/** @param given the provider's inputs; lists and booleans come as JSON text */
export async function readConfig(given: Props, env: NodeJS.ProcessEnv): Promise<Config> {
  const text = (key: string, variable: string) => textOf(given, key) || env[variable] || "";
  const context = text("context", "DOCKER_CONTEXT");
  const host = context ? await contextHost(context) : text("host", "DOCKER_HOST") || (await usualSocket());
  if (host.startsWith("ssh://"))
    throw new Error(
      `host is "${host}": ssh:// is not covered by this stand-in for the docker plugin; ` +
        "forward the engine's socket with `ssh -L` and name that socket, or install the official plugin",
    );
  const material = {
    ca: text("caMaterial", "DOCKER_CA_MATERIAL"),
    cert: text("certMaterial", "DOCKER_CERT_MATERIAL"),
    key: text("keyMaterial", "DOCKER_KEY_MATERIAL"),
  };
  return { host, tls: await readTls(material, text("certPath", "DOCKER_CERT_PATH")), registries: registries(given) };
}

async function usualSocket(): Promise<string> {
  const sockets = [
    "/var/run/docker.sock",
    join(homedir(), ".docker/run/docker.sock"),
    join(homedir(), ".docker/desktop/docker.sock"),
  ];
  for (const socket of sockets) if (await stat(socket).catch(() => undefined)) return `unix://${socket}`;
  return "unix:///var/run/docker.sock";
}

async function contextHost(name: string): Promise<string> {
  const folder = join(homedir(), ".docker/contexts/meta");
  const names: string[] = [];
  for (const entry of await readdir(folder).catch(() => [])) {
    const meta = parsed(await readFile(join(folder, entry, "meta.json"), "utf8").catch(() => ""));
    if (!isProps(meta)) continue;
    names.push(textOf(meta, "Name"));
    const endpoint = isProps(meta.Endpoints) && isProps(meta.Endpoints.docker) ? meta.Endpoints.docker : {};
    if (textOf(meta, "Name") === name) return textOf(endpoint, "Host");
  }
  throw new Error(
    `there is no docker context "${name}" in ${folder}; there are: ${names.sort().join(", ") || "none"}. ` +
      "Name one of them, or set host instead",
  );
}

async function readTls(material: Tls, certPath: string): Promise<Tls | undefined> {
  const given = Object.values(material).filter(Boolean).length;
  if (given > 0 && certPath)
    throw new Error("certPath and caMaterial/certMaterial/keyMaterial cannot be given together");
  if (given > 0 && given < 3) throw new Error("caMaterial, certMaterial and keyMaterial are needed all three, or none");
  if (given === 3) return material;
  if (!certPath) return undefined;
  const pem = (file: string) =>
    readFile(join(certPath, file), "utf8").catch((error: NodeJS.ErrnoException) => {
      throw new Error(
        `certPath: ${join(certPath, file)} cannot be read (${error.code}); ca.pem, cert.pem and key.pem are needed there`,
      );
    });
  return { ca: await pem("ca.pem"), cert: await pem("cert.pem"), key: await pem("key.pem") };
}

function registries(given: Props): Props[] {
  const value = typeof given.registryAuth === "string" ? parsed(given.registryAuth) : (given.registryAuth ?? null);
  if (value === null || value === "") return [];
  const entries = Array.isArray(value) ? value.filter(isProps) : [];
  if (!Array.isArray(value) || entries.length !== value.length)
    throw new Error("registryAuth has to be a list of objects with address, username and password");
  if (entries.some((entry) => !textOf(entry, "address")))
    throw new Error("every entry of registryAuth needs an address");
  return entries;
}

function parsed(text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch {
    return null;
  }
}
