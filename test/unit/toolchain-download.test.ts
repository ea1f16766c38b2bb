/** The official download, against a server of our own: good, changed, absent, closed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { cacheFolders } from "../../toolchain/cache.ts";
import { checksumOf, downloadRelease } from "../../toolchain/download.ts";
import type { Attempt } from "../../toolchain/steps.ts";

const scratch = mkdtempSync(join(tmpdir(), "coffer-download-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const release = { repository: "tool", version: "1.2.3", archive: "tool.tar.gz", checksums: "sums.txt" };

function attempt(): Attempt {
  const root = mkdtempSync(join(scratch, "cache-"));
  const cache = cacheFolders({ COFFER_CACHE: root });
  return { cache, env: process.env, log: join(root, "log"), progress: () => undefined, signal: undefined };
}

function archive(): Buffer {
  const folder = mkdtempSync(join(scratch, "pack-"));
  mkdirSync(join(folder, "tool"));
  writeFileSync(join(folder, "tool", "program"), "hello");
  const made = spawnSync("tar", ["-czf", "-", "-C", folder, "tool"]);
  assert.equal(made.status, 0);
  return made.stdout;
}

async function serving<T>(files: Record<string, Buffer | string>, work: (base: string) => Promise<T>): Promise<T> {
  let asked = 0;
  const server: Server = createServer((request, response) => {
    asked++;
    const body = files[request.url ?? ""];
    response.statusCode = body === undefined ? 404 : 200;
    response.end(body);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
    assert.ok(asked > 0, "the server was never asked");
  }
}

const path = "/tool/releases/download/v1.2.3";
const sums = (body: Buffer): string => `${createHash("sha256").update(body).digest("hex")}  tool.tar.gz\n`;

describe("downloadRelease", () => {
  test("a release with the right checksum is unpacked, and the archive is gone", async () => {
    const body = archive();
    const target = mkdtempSync(join(scratch, "target-"));
    const files = { [`${path}/sums.txt`]: sums(body), [`${path}/tool.tar.gz`]: body };
    assert.equal(await serving(files, (base) => downloadRelease(release, target, attempt(), base)), true);
    assert.equal(readFileSync(join(target, "tool", "program"), "utf8"), "hello");
    assert.throws(() => readFileSync(join(target, "tool.tar.gz")));
  });

  test("a changed archive is an error and is not unpacked", async () => {
    const body = archive();
    const target = mkdtempSync(join(scratch, "target-"));
    const files = { [`${path}/sums.txt`]: sums(Buffer.from("other")), [`${path}/tool.tar.gz`]: body };
    await assert.rejects(
      serving(files, (base) => downloadRelease(release, target, attempt(), base)),
      /has the checksum [0-9a-f]{64}; the release says [0-9a-f]{64}/,
    );
    assert.throws(() => readFileSync(join(target, "tool", "program")));
  });

  const absent: { why: string; files: Record<string, string> }[] = [
    { why: "no checksum file", files: {} },
    { why: "a checksum file without the archive", files: { [`${path}/sums.txt`]: "00  other.tar.gz\n" } },
    { why: "no archive", files: { [`${path}/sums.txt`]: "00  tool.tar.gz\n" } },
  ];
  for (const { why, files } of absent) {
    test(`not served: ${why}`, async () => {
      const target = mkdtempSync(join(scratch, "target-"));
      assert.equal(await serving(files, (base) => downloadRelease(release, target, attempt(), base)), false);
    });
  }

  test("closed is decided once: a server that opens later is not asked the same day", async () => {
    const target = mkdtempSync(join(scratch, "target-"));
    const same = attempt();
    const server = createServer((_request, response) => response.end());
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const { port } = server.address() as AddressInfo;
    const base = `http://127.0.0.1:${port}`;
    await new Promise((closed) => server.close(closed));
    assert.equal(await downloadRelease(release, target, same, base), false);

    let asked = 0;
    const later = createServer((_request, response) => {
      asked++;
      response.end();
    });
    await new Promise<void>((ready) => later.listen(port, "127.0.0.1", ready));
    try {
      assert.equal(await downloadRelease(release, target, same, base), false);
      assert.equal(asked, 0);
      assert.equal(await downloadRelease(release, target, attempt(), base), false);
      assert.equal(asked, 1, "another cache decides for itself");
    } finally {
      later.closeAllConnections();
      later.close();
    }
  });
});

test("checksum files: names are compared whole, a star for binary mode is allowed", () => {
  const text = "AA  tool.tar.gz.sig\nBB *tool.tar.gz\n";
  assert.equal(checksumOf(text, "tool.tar.gz"), "bb");
  assert.equal(checksumOf(text, "tool"), undefined);
});
