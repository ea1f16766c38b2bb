/** A program of a guest on a terminal or on pipes, through a real sshd. */
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { after, before, describe, test } from "node:test";
import { GuestError } from "../../access/guest.ts";
import { type InteractiveSession, openstackInteractive, sessionVariable } from "../../access/openstack/interactive.ts";
import { runSession } from "../../access/openstack/interactive-session.ts";
import { connectGuest } from "../../access/openstack/ssh-connect.ts";
import type { SshLink } from "../../access/openstack/ssh-link.ts";
import { readPublicKey } from "../../access/public-key.ts";
import { at, noSshd, type Sshd, startSshd, type Wire, wireTo } from "./openstack-ssh-fixture.ts";

const address = { target: "openstack", name: "orders", uuid: "u", server: "s" };

test("the command that is started has no secret in its arguments", () => {
  const secret = { ...address, key: "KEY-SECRET" };
  const { argv, env } = openstackInteractive(secret, ["psql"], { env: { PGPASSWORD: "PW-SECRET" }, terminal: true });
  assert.doesNotMatch(argv.join(" "), /SECRET/);
  assert.match(env[sessionVariable] ?? "", /KEY-SECRET.*PW-SECRET/);
});

describe("a session", { skip: noSshd, timeout: 120_000 }, () => {
  let sshd: Sshd;
  let wire: Wire;
  let link: SshLink;
  before(async () => {
    sshd = await startSshd();
    wire = await wireTo(sshd.port);
    const hostKey = readPublicKey(sshd.hostKey);
    assert.ok(hostKey);
    const way = { name: "orders", user: "root", key: sshd.key, hostKey, reach: { by: "fixed-address" as const } };
    link = await connectGuest(way, at(wire.port));
  });
  after(async () => {
    link.close();
    await wire.close();
    await sshd.stop();
  });

  /** A terminal of 100 columns and 30 rows whose screen is kept. */
  function terminal() {
    const input = new PassThrough();
    const output = Object.assign(new PassThrough(), { columns: 100, rows: 30 });
    const errors = new PassThrough();
    let screen = "";
    const waiting = new Set<() => void>();
    output.on("data", (bytes: Buffer) => {
      screen += bytes.toString();
      for (const look of waiting) look();
    });
    let said = "";
    errors.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
    return {
      streams: { input, output, errors, kind: "xterm-256color" },
      screen: () => screen,
      errors: () => said,
      /** Done when the screen has shown it. */
      shows: (words: RegExp) =>
        new Promise<void>((resolve) => {
          const look = () => {
            if (words.test(screen)) resolve();
          };
          waiting.add(look);
          look();
        }),
    };
  }
  const session = (argv: readonly string[], changes: Partial<InteractiveSession> = {}): InteractiveSession => ({
    address,
    argv,
    env: {},
    terminal: true,
    ...changes,
  });

  test("has a terminal of this one's kind and size, and passes the exit code on", async () => {
    const { streams, screen } = terminal();
    const script = "test -t 0 && test -t 1 && echo $TERM; stty size; id -un; exit 7";
    assert.equal(await runSession(link, session(["sh", "-c", script]), streams), 7);
    assert.equal(screen(), "xterm-256color\r\n30 100\r\nroot\r\n");
  });

  test("without a terminal it has three streams, as the user who is named", async () => {
    const { streams, screen, errors } = terminal();
    const script = "id -un; cat; echo aside >&2; exit 4";
    streams.input.end("typed\n");
    const wish = session(["sh", "-c", script], { user: "nobody", terminal: false });
    assert.equal(await runSession(link, wish, streams), 4);
    assert.deepEqual([screen(), errors()], ["nobody\ntyped\n", "aside\n"]);
  });

  test("a secret of the environment arrives and is never shown; what is typed later is", async () => {
    const { streams, screen, shows } = terminal();
    const value = `pass'"$word\n${"x".repeat(10_000)}`;
    const script = 'printf %s "$SECRET" | wc -c; read answer; echo "got $answer"';
    const running = runSession(link, session(["sh", "-c", script], { env: { SECRET: value } }), streams);
    await shows(/10012\r\n/);
    streams.input.write("typed\r");
    assert.equal(await running, 0);
    assert.equal(screen(), "10012\r\ntyped\r\ngot typed\r\n");
  });

  test("Ctrl-C reaches the program, whose end by a signal is 128 and its number", async () => {
    const { streams, shows } = terminal();
    const running = runSession(link, session(["sh", "-c", "echo ready; sleep 44"]), streams);
    await shows(/ready/);
    streams.input.write("\u0003");
    assert.equal(await running, 130);
  });

  test("a change of the window's size is passed on", async () => {
    const { streams, shows } = terminal();
    // The size takes a way of its own: through sudo, which has a terminal between, it may come later than what is typed.
    const script = "echo ready; until stty size | grep '40 120'; do sleep 0.1; done";
    const running = runSession(link, session(["sh", "-c", script]), streams);
    await shows(/ready/);
    Object.assign(streams.output, { columns: 120, rows: 40 }).emit("resize");
    await shows(/40 120/);
    assert.equal(await running, 0);
  });

  test("on pipes: stdin to its end, both outputs apart, the environment in front", async () => {
    const { streams, screen, errors } = terminal();
    const script = 'printf %s "$A"; cat; echo err >&2; exit 3';
    streams.input.end("in\n");
    const wish = session(["sh", "-c", script], { env: { A: "b " }, terminal: false });
    assert.equal(await runSession(link, wish, streams), 3);
    assert.equal(screen(), "b in\n");
    assert.equal(errors(), "err\n");
  });

  test("a program that is not there says so", async () => {
    const { streams, screen } = terminal();
    assert.notEqual(await runSession(link, session(["no-such-program"]), streams), 0);
    assert.match(screen(), /no-such-program: command not found/);
  });

  test("a connection that is lost is told, and the terminal is given back", async () => {
    const { streams, shows } = terminal();
    const raw: boolean[] = [];
    const input = Object.assign(streams.input, { setRawMode: (on: boolean) => raw.push(on) });
    const running = runSession(link, session(["sh", "-c", "echo ready; sleep 45"]), { ...streams, input });
    running.catch(() => {});
    await shows(/ready/);
    wire.cut();
    await assert.rejects(running, (error: unknown) => error instanceof GuestError && /was lost/.test(error.message));
    assert.deepEqual(raw, [true, false]);
  });
});
