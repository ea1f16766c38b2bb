/** Time, and the empty program that Coffer's own runs are measured against. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "..");

/** A Pulumi program without resources, with our CLI and language host and a file backend of its own. */
export async function emptyProject(): Promise<{ up(): Promise<void>; remove(): void }> {
  const dir = mkdtempSync(join(tmpdir(), "coffer-bench-"));
  mkdirSync(join(dir, "state"));
  writeFileSync(
    join(dir, "Pulumi.yaml"),
    "name: empty\nruntime: { name: nodejs, options: { typescript: false } }\nmain: program.mjs\n",
  );
  writeFileSync(
    join(dir, "package.json"),
    JSON.stringify({ name: "empty", type: "module", dependencies: { "@pulumi/pulumi": "*" } }),
  );
  writeFileSync(join(dir, "program.mjs"), 'import "@pulumi/pulumi";\n');
  symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  const { pulumiEnvironment } = await import("../toolchain/env.ts");
  const env = {
    ...process.env,
    ...pulumiEnvironment({ root }),
    PULUMI_BACKEND_URL: `file://${join(dir, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "bench",
  };
  const pulumi = (...args: string[]) => run("pulumi", args, { cwd: dir, env });
  await pulumi("stack", "init", "bench", "--non-interactive");
  return {
    up: async () => void (await pulumi("up", "--stack", "bench", "--yes", "--skip-preview", "--non-interactive")),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

export async function timed(act: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await act();
  return (performance.now() - started) / 1000;
}
