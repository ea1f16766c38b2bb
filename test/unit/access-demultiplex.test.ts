import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Demultiplexer, type OutputKind } from "../../access/docker/demultiplex.ts";

/** As the engine writes it: kind, three zero bytes, length, bytes. */
function framed(kind: OutputKind, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header[0] = kind === "stderr" ? 2 : 1;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

test("frames cut anywhere come out whole, apart and in order", () => {
  const frame = fc.tuple(fc.constantFrom<OutputKind>("stdout", "stderr"), fc.uint8Array({ maxLength: 40 }));
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      (frames, cuts) => {
        const received: Record<OutputKind, Buffer[]> = { stdout: [], stderr: [] };
        const demultiplexer = new Demultiplexer((kind, bytes) => received[kind].push(Buffer.from(bytes)));
        let rest = Buffer.concat(frames.map(([kind, bytes]) => framed(kind, bytes)));
        for (let i = 0; rest.length > 0; i++) {
          const cut = cuts[i % cuts.length] as number;
          demultiplexer.push(rest.subarray(0, cut));
          rest = rest.subarray(cut);
        }
        for (const kind of ["stdout", "stderr"] as const) {
          const sent = Buffer.concat(frames.filter(([k]) => k === kind).map(([, bytes]) => bytes));
          assert.ok(Buffer.concat(received[kind]).equals(sent), kind);
        }
      },
    ),
  );
});
