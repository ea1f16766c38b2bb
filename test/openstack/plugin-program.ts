/** A Pulumi program of its own on the OpenStack plugin, in a temporary folder with its own state. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { checkout } from "../../toolchain/cache.ts";
import { pulumiEnvironment } from "../../toolchain/env.ts";
import type { Step } from "../../toolchain/index.ts";
import { pluginOrigin } from "../../toolchain/plugins.ts";

const run = promisify(execFile);

export interface Outcome {
  code: number | null;
  /** Both streams. */
  text: string;
}

export interface PluginProgram {
  /** In every name, so that two runs do not meet. */
  mark: string;
  /** Runs `pulumi` with the arguments; `variables` are for the program. */
  pulumi(args: readonly string[], variables?: NodeJS.ProcessEnv): Promise<Outcome>;
  /** Destroys what is left, and removes the folder. */
  cleanUp(): Promise<void>;
}

/** Milliseconds for one `pulumi`: a busy cloud, and the plugin's own limits are minutes. */
const commandLimit = 10 * 60_000;

/** True for Coffer's build of the plugin, unless it was asked for without Coffer's additions; false for the official one. */
export function hasAdditions(steps: readonly Step[]): boolean {
  const { from, version } = steps.find(({ name }) => name === "openstack-plugin") ?? {};
  return (
    from !== undefined && version !== undefined && pluginOrigin({ from, version }) === "Coffer's build with additions"
  );
}

/** `cloud` is a name of clouds.yaml. `source` is JavaScript: `openstack` is the npm package, `mark` and `process.env` are there too. */
export async function pluginProgram(cloud: string, source: string): Promise<PluginProgram> {
  const folder = mkdtempSync(join(tmpdir(), "coffer-plugin-"));
  const mark = `coffer-plugin-${randomBytes(4).toString("hex")}`;
  mkdirSync(join(folder, "state"));
  symlinkSync(join(checkout, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "Pulumi.yaml"), "name: plugin-test\nruntime: nodejs\nmain: index.mjs\n");
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  const head = `import openstack from "@pulumi/openstack";\nconst mark = ${JSON.stringify(mark)};\n`;
  writeFileSync(join(folder, "index.mjs"), head + source);

  const env = { ...process.env };
  for (const name of Object.keys(env)) if (name.startsWith("PULUMI_")) delete env[name];
  const backendUrl = pathToFileURL(join(folder, "state")).href;
  Object.assign(env, pulumiEnvironment({ root: folder, backendUrl, env }), {
    OS_CLOUD: cloud,
    PULUMI_CONFIG_PASSPHRASE: "a test",
  });
  const pulumi = async (args: readonly string[], variables: NodeJS.ProcessEnv = {}): Promise<Outcome> => {
    const options = { cwd: folder, env: { ...env, ...variables }, timeout: commandLimit, maxBuffer: 64 << 20 };
    try {
      const { stdout, stderr } = await run("pulumi", [...args, "--non-interactive"], options);
      return { code: 0, text: stdout + stderr };
    } catch (error) {
      const { code, stdout = "", stderr = "" } = error as { code?: unknown; stdout?: string; stderr?: string };
      if (typeof code === "number") return { code, text: stdout + stderr };
      return { code: null, text: `${stdout}${stderr}${error}` };
    }
  };
  const made = await pulumi(["stack", "init", "test"]);
  if (made.code !== 0) throw new Error(made.text);
  return {
    mark,
    pulumi,
    cleanUp: async () => {
      const gone = await pulumi(["destroy", "--yes", "--skip-preview"]);
      if (gone.code !== 0) throw new Error(`left in the cloud: ${mark}*\n${gone.text}`);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
