/** A Docker socket that a test can cut: what a Docker engine looks like that stops in the middle of an apply. */

import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface DockerProxy {
  /** For DOCKER_HOST. */
  url: string;
  /** Ends every connection and takes no more. */
  cut(): void;
  /** Resolves when a request whose first line matches has been passed on. */
  seen(request: RegExp): Promise<void>;
  close(): Promise<void>;
}

export async function dockerProxy(engine = "/var/run/docker.sock"): Promise<DockerProxy> {
  const path = join(tmpdir(), `coffer-test-${randomBytes(4).toString("hex")}.sock`);
  const sockets = new Set<Socket>();
  const waiting: { request: RegExp; done: () => void }[] = [];
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(engine);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
    client.on("data", (chunk) => {
      for (const one of waiting) if (one.request.test(chunk.toString("latin1"))) one.done();
    });
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((listening) => server.listen(path, listening));
  return {
    url: `unix://${path}`,
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    seen: (request) => new Promise((done) => waiting.push({ request, done })),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
      rmSync(path, { force: true });
    },
  };
}
