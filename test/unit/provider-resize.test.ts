/** A resize gives up the old flavor only when the database answers on the new one; otherwise the old one comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { resize } from "../../provider/resources/resize.ts";

/** A machine as Nova has it: a resize waits for its confirmation, and a revert brings the flavor before it. */
interface Case {
  why: string;
  /** Where an earlier run left it; default: on `small`, confirmed. */
  at?: { id: string; unconfirmed: boolean };
  /** Nova finds no host. */
  noHost?: boolean;
  /** Sizes on which the database does not start. */
  mute?: readonly string[];
  /** The user cancels while the database is to start. */
  cancelled?: boolean;
  does: readonly string[];
  error?: RegExp;
  ends: { id: string; unconfirmed: boolean };
}

const cases: readonly Case[] = [
  {
    why: "the database ends before, and answers before it is confirmed",
    does: ["stop", "resize large", "serve large", "confirm"],
    ends: { id: "large", unconfirmed: false },
  },
  {
    why: "no host has room: the database serves on the old flavor",
    noHost: true,
    does: ["stop", "resize large", "serve small"],
    error: /could not get flavor m1\.large, so it serves on m1\.small as before: no valid host/,
    ends: { id: "small", unconfirmed: false },
  },
  {
    why: "the database does not start on the new flavor: it is reverted, and the old one serves",
    mute: ["large"],
    does: ["stop", "resize large", "serve large", "revert", "serve small"],
    error: /did not answer on flavor m1\.large, so the server is back on m1\.small: no answer on large/,
    ends: { id: "small", unconfirmed: false },
  },
  {
    why: "the database starts on neither: the error is that of the old one, and nothing is confirmed",
    mute: ["large", "small"],
    does: ["stop", "resize large", "serve large", "revert", "serve small"],
    error: /^Error: no answer on small$/,
    ends: { id: "small", unconfirmed: false },
  },
  {
    why: "a run that was cut before the confirmation: it goes on there, without another stop",
    at: { id: "large", unconfirmed: true },
    does: ["serve large", "confirm"],
    ends: { id: "large", unconfirmed: false },
  },
  {
    why: "a run that was cut on the way to a third flavor: that one is reverted first",
    at: { id: "huge", unconfirmed: true },
    does: ["revert", "stop", "resize large", "serve large", "confirm"],
    ends: { id: "large", unconfirmed: false },
  },
  {
    why: "on the flavor and confirmed: nothing is stopped",
    at: { id: "large", unconfirmed: false },
    does: [],
    ends: { id: "large", unconfirmed: false },
  },
  {
    why: "cancelled: neither confirmed nor reverted, so the next run goes on from here",
    cancelled: true,
    does: ["stop", "resize large", "serve large"],
    error: /cancelled by the user/,
    ends: { id: "large", unconfirmed: true },
  },
];

for (const { why, at, noHost = false, mute = [], cancelled = false, does, error, ends } of cases) {
  test(why, async () => {
    const done: string[] = [];
    let now = at ?? { id: "small", unconfirmed: false };
    const user = new AbortController();
    const context = { urn: "u", note: () => {}, noteOnInstance: () => {}, signal: user.signal };
    const resized = resize(context, {
      machine: {
        flavor: async () => now,
        resize: async (flavor) => {
          done.push(`resize ${flavor}`);
          if (noHost) throw new Error("no valid host");
          now = { id: flavor, unconfirmed: true };
        },
        confirmResize: async () => {
          done.push("confirm");
          now = { ...now, unconfirmed: false };
        },
        revertResize: async () => {
          done.push("revert");
          now = { id: "small", unconfirmed: false };
        },
      },
      wanted: { flavor: "large", flavorName: "m1.large", database: "large" },
      before: { flavorName: "m1.small", database: "small" },
      stop: async () => void done.push("stop"),
      serve: async (database) => {
        done.push(`serve ${database}`);
        if (cancelled) user.abort(new Error("cancelled by the user"));
        user.signal.throwIfAborted();
        if (mute.includes(database)) throw new Error(`no answer on ${database}`);
      },
    });
    if (error) await assert.rejects(resized, error);
    else await resized;
    assert.deepEqual(done, does);
    assert.deepEqual(now, ends);
  });
}
