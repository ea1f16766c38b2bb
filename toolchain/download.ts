/** Pulumi's official downloads. Where they are closed, a few seconds decide, once a day. */
import { createHash } from "node:crypto";
import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Cache, writeFile } from "./cache.ts";
import { ToolchainError } from "./errors.ts";
import { run } from "./process.ts";
import type { Attempt } from "./steps.ts";

/** Pulumi's release downloads; the only address in Coffer that is not a package registry of the machine's own setup. */
const officialReleases = "https://github.com/pulumi";

export interface Release {
  /** The repository of the release: `pulumi`, `pulumi-docker`. */
  repository: string;
  version: string;
  archive: string;
  /** The file with the checksums (sha256) of the release's archives. */
  checksums: string;
}

/** Milliseconds until the first answer, and between two pieces of an archive. */
const connectLimit = 3_000;
const stallLimit = 30_000;
const closedFor = 24 * 3600_000;

/**
 * Downloads and unpacks a release into `folder`. False when downloads are closed here or the release is not served;
 * a wrong checksum is an error, since something between here and there changes files.
 */
export async function downloadRelease(
  release: Release,
  folder: string,
  attempt: Attempt,
  base: string = officialReleases,
): Promise<boolean> {
  if (closedSince(attempt.cache, base) !== undefined) return false;
  const address = `${base}/${release.repository}/releases/download/v${release.version}`;
  attempt.progress("asks for the official download");
  const checksums = await fetchText(`${address}/${release.checksums}`, attempt, base);
  const expected = checksums && checksumOf(checksums, release.archive);
  if (!expected) return false;
  const file = join(folder, release.archive);
  const actual = await fetchFile(`${address}/${release.archive}`, file, attempt);
  if (actual === undefined) return false;
  if (actual !== expected) {
    throw new ToolchainError(
      `The download of ${release.archive} has the checksum ${actual}; the release says ${expected}.`,
      { remedy: "run the command again; if it stays, ask who runs the proxy between this machine and the internet." },
    );
  }
  await run(["tar", "-xzf", file, "-C", folder, "--no-same-owner"], {
    log: attempt.log,
    limit: 120_000,
    purpose: `Unpacking ${release.archive}`,
    remedy: "check the free disk space and run the command again.",
    signal: attempt.signal,
  });
  await run(["rm", "-f", file], {
    log: attempt.log,
    limit: 30_000,
    purpose: `Removing ${release.archive}`,
    remedy: "check the cache folder's permissions.",
  });
  return true;
}

/** The sha256 of one archive in a checksum file (`<hex>  <name>` lines). */
export function checksumOf(checksums: string, archive: string): string | undefined {
  const line = checksums.split("\n").find((text) => text.trim().split(/\s+\*?/)[1] === archive);
  return line?.trim().split(/\s+/)[0]?.toLowerCase();
}

async function fetchText(url: string, attempt: Attempt, base: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: limited(attempt, connectLimit) });
    return response.ok ? await response.text() : undefined;
  } catch (error) {
    attempt.signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    writeFile(closedFile(attempt.cache), `${JSON.stringify({ base, at: Date.now(), reason })}\n`);
    attempt.progress("the official download is closed here");
    return undefined;
  }
}

/** The sha256 of what was written; undefined when the transfer broke off. */
async function fetchFile(url: string, path: string, attempt: Attempt): Promise<string | undefined> {
  const stall = new AbortController();
  const signal = attempt.signal ? AbortSignal.any([attempt.signal, stall.signal]) : stall.signal;
  const timer = setTimeout(() => stall.abort(), stallLimit);
  const hash = createHash("sha256");
  let bytes = 0;
  let shown = 0;
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      timer.refresh();
      hash.update(chunk);
      bytes += chunk.length;
      if (bytes - shown >= 10 * 1024 ** 2) {
        shown = bytes;
        attempt.progress(`${Math.round(bytes / 1024 ** 2)} MiB downloaded`);
      }
      next(null, chunk);
    },
  });
  try {
    const response = await fetch(url, { signal });
    if (!response.ok || response.body === null) return undefined;
    await pipeline(response.body, watch, createWriteStream(path));
    return hash.digest("hex");
  } catch {
    attempt.signal?.throwIfAborted();
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function limited(attempt: Attempt, milliseconds: number): AbortSignal {
  const limit = AbortSignal.timeout(milliseconds);
  return attempt.signal ? AbortSignal.any([attempt.signal, limit]) : limit;
}

function closedFile(cache: Cache): string {
  return join(cache.root, "downloads-closed.json");
}

/** When the download was found closed, if that was less than a day ago. */
function closedSince(cache: Cache, base: string): number | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(closedFile(cache), "utf8"));
    if (typeof value !== "object" || value === null || !("base" in value) || !("at" in value)) return undefined;
    const at = value.at;
    return value.base === base && typeof at === "number" && Date.now() - at < closedFor ? at : undefined;
  } catch {
    return undefined;
  }
}
