/** Who started whom, by real processes. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { descendsFrom } from "../../operations/processes.ts";

test("a process descends from all that led to it, until one of them ends", async () => {
  const parent = spawn("sh", ["-c", "sleep 600 & echo $!; wait"], { stdio: ["ignore", "pipe", "ignore"] });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const grandchild = Number(line.toString());
  try {
    assert.ok(parent.pid);
    assert.equal(await descendsFrom(grandchild, parent.pid), true);
    assert.equal(await descendsFrom(grandchild, process.pid), true);
    assert.equal(await descendsFrom(process.pid, grandchild), false, "the other way round");
    const ended = once(parent, "exit");
    parent.kill("SIGKILL");
    await ended;
    assert.equal(await descendsFrom(grandchild, process.pid), false, "what a killed command left is nobody's");
  } finally {
    process.kill(grandchild, "SIGKILL");
  }
});
