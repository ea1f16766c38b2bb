/** Puts one file into a container that was not started yet. */

import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import { pack } from "tar-stream";
import type { Operation } from "../operation.ts";
import { flagOf, isZero, type Props, textOf } from "../values.ts";

/** The content is the one that is given of content, contentBase64 and source (a path on this machine). */
export async function upload(operation: Operation, container: Docker.Container, file: Props): Promise<void> {
  const name = textOf(file, "file");
  const given = ["content", "contentBase64", "source"].filter((key) => !isZero(file[key]));
  if (given.length !== 1)
    throw operation.failure(
      `the upload of ${name} needs exactly one of content, contentBase64 and source, and not empty; ` +
        `given: ${given.join(", ") || "none"}`,
    );
  const content = await contentOf(operation, file);
  const tar = pack();
  tar.entry({ name, mode: modeOf(file), uid: 0, gid: 0 }, content);
  tar.finalize();
  await operation.request(`uploading ${name}`, () => container.putArchive(Readable.from(tar), { path: "/" }));
}

async function contentOf(operation: Operation, file: Props): Promise<Buffer> {
  if (!isZero(file.content)) return Buffer.from(textOf(file, "content"));
  if (!isZero(file.contentBase64)) return Buffer.from(textOf(file, "contentBase64"), "base64");
  return operation.request(`reading ${textOf(file, "source")}`, () => readFile(textOf(file, "source")));
}

function modeOf(file: Props): number {
  if (!isZero(file.permissions)) return Number.parseInt(textOf(file, "permissions"), 8);
  return flagOf(file, "executable") ? 0o744 : 0o644;
}
