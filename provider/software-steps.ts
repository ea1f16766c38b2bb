/** Carries out the steps that make a guest of a machine. Each may be done twice, and goes on where it was interrupted. */
import { setTimeout as pause } from "node:timers/promises";
import { type Guest, GuestError } from "../access/guest.ts";
import type { Context } from "./kind.ts";
import { parseFacts, type SoftwareStep, whyNotInstalled } from "./software-plan.ts";

/** Where the script lies, once it may be put there. */
const scriptPath = "/var/lib/coffer/install";
/** Seconds for what remains of a first boot; without hardware help it takes minutes. */
const bootSeconds = 900;
const stepMs = 180_000;
/** Milliseconds for the packages: without hardware help dpkg is slow. */
const packagesMs = 3_600_000;
const pollMs = 5_000;

export const summaries: Readonly<Partial<Record<SoftwareStep["kind"], string>>> = {
  "wait-for-boot": "waits until cloud-init has ended the first boot",
  packages: "installs the server's packages",
  files: "puts Coffer's files into the guest",
};

/** With the script on stdin: nothing of it is in the machine yet. */
export const askScript = (guest: Guest, script: string, words: readonly string[], timeout = stepMs) =>
  guest.must(["sh", "-s", "--", ...words], { stdin: script, timeout });

export async function executeStep(context: Context, guest: Guest, script: string, step: SoftwareStep): Promise<void> {
  const run = (...words: string[]) => guest.must(["sh", scriptPath, ...words], { timeout: stepMs });
  switch (step.kind) {
    case "wait-for-boot":
      await askScript(guest, script, ["booted", String(bootSeconds)], bootSeconds * 1000 + stepMs);
      return;
    case "begin":
      await askScript(guest, script, ["begin", step.recipe]);
      return;
    case "script":
      await guest.putFile(scriptPath, step.content, { mode: 0o755 });
      return;
    case "user":
      await run("user", step.name, String(step.id));
      return;
    case "mask":
      await run("mask", ...step.units);
      return;
    case "packages":
      await run("packages", step.server, step.version, ...step.packages);
      await packagesInstalled(context, guest);
      return;
    case "files": {
      const folders = new Set(step.files.map(({ path }) => path.slice(0, path.lastIndexOf("/"))));
      await guest.must(["mkdir", "-p", "--", ...folders]);
      await Promise.all(step.files.map(({ path, mode, content }) => guest.putFile(path, content, { mode })));
      return;
    }
    case "settle":
      await run("settle", ...step.units);
      return;
    case "done":
      await run("done", step.recipe);
  }
}

/** Waits for the job in the guest, which goes on when nobody waits for it. */
async function packagesInstalled(context: Context, guest: Guest): Promise<void> {
  const deadline = performance.now() + packagesMs;
  let told = "";
  let seen = "";
  for (;;) {
    context.signal.throwIfAborted();
    const { facts, rest } = await packagesState(guest);
    const state = facts.get("state") ?? "";
    const result = facts.get("result") ?? "";
    if (result !== "") {
      if (result === "0") return;
      throw new GuestError("failed", `${guest.name}: ${whyNotInstalled(rest)}`);
    }
    if (state === "inactive" || state === "failed") {
      const words = "the installation of packages ended without a word, as when the guest was restarted meanwhile";
      throw new GuestError("failed", `${guest.name}: ${words}; the same command goes on with it`);
    }
    seen = progressWords(facts) || seen;
    if (seen !== told) context.note("info", seen);
    told = seen;
    if (performance.now() > deadline) {
      const waited = `waited ${packagesMs / 1000} s for the packages of "${guest.name}" (${seen || "not begun"})`;
      throw new GuestError(
        "timeout",
        `${waited}; the guest goes on with them, and the same command waits for them again`,
      );
    }
    await pause(pollMs, undefined, { signal: context.signal });
  }
}

/** A connection that is lost meanwhile is made again: the job does not depend on it. */
async function packagesState(guest: Guest): Promise<ReturnType<typeof parseFacts>> {
  try {
    return parseFacts((await guest.must(["sh", scriptPath, "packages-state"], { timeout: stepMs })).stdout);
  } catch (error) {
    if (error instanceof GuestError && error.problem === "unreachable") return { facts: new Map(), rest: "" };
    throw error;
  }
}

/** Told in quarters; empty when there is nothing to tell. */
export function progressWords(facts: ReadonlyMap<string, string>): string {
  const phase = facts.get("phase") ?? "";
  if (phase === "waiting") return "waits until the image's own updates have ended";
  if (phase === "refreshing") return "reads the package mirror's lists";
  if (phase !== "installing") return "";
  const [kind = "", percent = "0"] = (facts.get("percent") ?? "").split(":");
  const quarter = Math.floor(Number(percent) / 25) * 25;
  return `${kind === "dlstatus" ? "downloads" : "installs"} packages: ${Number.isNaN(quarter) ? 0 : quarter} %`;
}
