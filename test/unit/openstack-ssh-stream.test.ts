/** Streams of a guest over SSH, and connections that end, against a real sshd. */
import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { finished, pipeline } from "node:stream/promises";
import { after, before, describe, test } from "node:test";
import { GuestError } from "../../access/guest.ts";
import type { OpenstackGuest } from "../../access/openstack/guest.ts";
import {
  at,
  closeAll,
  commandLines,
  eventually,
  guestOf,
  noSshd,
  problem,
  type Sshd,
  startHangingUp,
  startSshd,
  type Wire,
  wireTo,
} from "./openstack-ssh-fixture.ts";

describe("streams over SSH", { skip: noSshd }, () => {
  let sshd: Sshd;
  let guest: OpenstackGuest;
  let folder: string;

  before(async () => {
    sshd = await startSshd();
    guest = guestOf(sshd);
    folder = mkdtempSync(join(tmpdir(), "coffer-guest-"));
  });
  after(async () => {
    await closeAll();
    await sshd.stop();
    rmSync(folder, { recursive: true });
  });

  test("stream: bytes both ways through socat, as another user, then an end", async () => {
    const stream = await guest.stream(["socat", "-", "EXEC:cat"], { user: "nobody" });
    const bytes = randomBytes(3 << 20);
    const received: Buffer[] = [];
    let size = 0;
    const all = new Promise<void>((resolve, reject) => {
      stream.on("error", reject);
      stream.on("data", (chunk: Buffer) => {
        received.push(chunk);
        size += chunk.length;
        if (size === bytes.length) resolve();
      });
    });
    stream.write(bytes);
    await all;
    assert.ok(Buffer.concat(received).equals(bytes));
    stream.end();
    await once(stream, "close");
  });

  test("stream: an environment reaches the process, and all of stdin does too", async () => {
    const stream = await guest.stream(["sh", "-c", 'printf "%s|" "$WORD"; cat'], {
      user: "nobody",
      env: { WORD: "a 'b\n$c" },
    });
    stream.end("first line\nsecond");
    assert.equal(await text(stream), "a 'b\n$c|first line\nsecond");
  });

  test("stream: a process that ends with its input unread says why", async () => {
    const stream = await guest.stream(["sh", "-c", "read -r line; echo no more >&2; exit 3"]);
    const words = assert.rejects(finished(stream.resume()), /^GuestError: sh in .*: no more$/);
    const input = Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(1 << 20, "line\n")));
    await assert.rejects(pipeline(input, stream));
    await words;
  });

  test("stream: a reader that pauses loses nothing", async () => {
    const stream = await guest.stream(["head", "-c", "9000000", "/dev/zero"]);
    let size = 0;
    for await (const chunk of stream) {
      size += (chunk as Buffer).length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(size, 9_000_000);
  });

  for (const { why, argv, words } of [
    {
      why: "a process that fails",
      argv: ["socat", "-", "UNIX-CONNECT:/nonexistent"],
      words: /^socat in orders: .*No such file/,
    },
    { why: "a program that is not there", argv: ["no-such-program"], words: /no-such-program: command not found/ },
  ]) {
    test(`stream: ${why} is an error with its last words`, async () => {
      const stream = await guest.stream(argv);
      stream.resume();
      const [error] = (await once(stream, "error")) as [GuestError];
      problem("failed", words)(error);
    });
  }

  test("stream: destroying it ends the process and gives its session back", async () => {
    for (const round of [1, 2]) {
      const processes = Array.from({ length: 5 }, (_, i) => `sleep 777.${round}${i}`);
      const streams = await Promise.all(processes.map((process) => guest.stream(["socat", "-", `EXEC:${process}`])));
      const there = () => processes.filter((process) => commandLines().includes(process)).length;
      await eventually("the processes run", () => there() === 5);
      for (const stream of streams) stream.destroy();
      await eventually("the processes are gone", () => there() === 0);
    }
  });

  describe("a connection that ends", () => {
    let wire: Wire;
    before(async () => {
      wire = await wireTo(sshd.port);
    });
    after(() => wire.close());

    test("between two uses is made anew", async () => {
      const far = guestOf(sshd, { lookUp: at(wire.port) });
      await far.run(["true"]);
      wire.cut();
      assert.equal((await far.run(["echo", "again"])).stdout, "again\n");
      await far.close();
    });

    test("in the middle of a command is said, and the command is not sent again", async () => {
      const counter = join(folder, "counter");
      const far = guestOf(sshd, { lookUp: at(wire.port) });
      const running = far.run(["sh", "-c", `echo x >>${counter}; sleep 41`]);
      running.catch(() => {});
      await eventually("the command runs", () => readdirSync(folder).includes("counter"));
      wire.cut();
      await assert.rejects(running, problem("unreachable", /lost.*may have run/));
      assert.equal((await far.run(["true"])).code, 0);
      assert.equal(readFileSync(counter, "utf8"), "x\n");
      rmSync(counter);
      await far.close();
    });

    for (const kind of ["stopped", "absent"] as const) {
      test(`in the middle of a command because the server is ${kind}: ${kind}`, async () => {
        let gone = false;
        // Known from those that an earlier run left behind.
        const seconds = `42.${randomInt(1e9)}`;
        const far = guestOf(sshd, {
          lookUp: async () => {
            if (gone) throw new GuestError(kind, "Nova says so");
            return [{ host: "127.0.0.1", port: wire.port }];
          },
        });
        const stream = await far.stream(["cat"]);
        stream.resume();
        const failed = once(stream, "error");
        const running = far.run(["sleep", seconds]);
        running.catch(() => {});
        await eventually("the command runs", () => commandLines().some((line) => line.endsWith(`sleep ${seconds}`)));
        gone = true;
        wire.cut();
        await assert.rejects(running, problem(kind, /Nova says so/));
        problem(kind, /Nova says so/)((await failed)[0]);
        await assert.rejects(far.run(["true"]), problem(kind, /Nova says so/));
        await far.close();
      });
    }
  });

  test("a connection that ends before sshd has answered: the error says what became of the guest", async (t) => {
    const hangingUp = await startHangingUp();
    t.after(() => hangingUp.stop());
    const cases = [
      { why: "the machine is stopped", became: "stopped", kind: "stopped", words: /true in orders: Nova says so/ },
      { why: "the machine is absent", became: "absent", kind: "absent", words: /true in orders: Nova says so/ },
      { why: "the machine runs", became: undefined, kind: "unreachable", words: /lost.*may have run/ },
    ] as const;
    for (const { why, became, kind, words } of cases) {
      let asked = 0;
      const far = guestOf(hangingUp, {
        lookUp: async () => {
          asked += 1;
          if (asked > 1 && became) throw new GuestError(became, "Nova says so");
          return [{ host: "127.0.0.1", port: hangingUp.port }];
        },
      });
      await assert.rejects(far.run(["true"]), problem(kind, words), why);
      // To connect, and about what became of it: the command is not sent again.
      assert.equal(asked, 2, why);
      await far.close();
    }
  });

  test("close ends streams and the connection; the next use makes a new one", async () => {
    const own = guestOf(sshd);
    const stream = await own.stream(["cat"]);
    const closed = once(stream, "close");
    await own.close();
    await closed;
    assert.equal((await own.run(["true"])).code, 0);
    await own.close();
  });
});
