/** A server that takes a connection and says nothing: the error says who was waited for, for what, and how long. */
import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { mock, test } from "node:test";
import type { Guest } from "../../access/guest.ts";
import { engines } from "../../engines/index.ts";

/** What a database driver expects of a socket, and nobody at its other end. */
class Silence extends Duplex {
  override _read(): void {}
  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
}

for (const engine of engines) {
  test(`${engine.name}: a login without an answer is told with its limit`, async (t) => {
    mock.timers.enable({ apis: ["setTimeout"] });
    t.after(() => mock.timers.reset());
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const stream = async () => {
      setImmediate(resolve);
      return new Silence();
    };
    const opened = engine.open({ name: "orders", stream } as unknown as Guest);
    const refused = assert.rejects(opened, new RegExp(`${engine.title} in orders did not .* within 30 s`));
    await asked;
    mock.timers.tick(30_000);
    await refused;
  });
}
