/** Runs a Pulumi program through the SDK's own runner, `@pulumi/pulumi/cmd/run`. */
import type { ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import lang from "@pulumi/pulumi/proto/language_pb.js";
import { ending, startNode, stop } from "./children.ts";
import type { WaitingProgram } from "./waiting-program.ts";

/** The runner's exit code for: the user has seen the error already. */
const bailed = 32;

export interface Launch {
  /** Node's own arguments. */
  nodeArguments: string[];
  /** The SDK's runner, and its arguments. */
  runner: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  cwd?: string;
}

/** What to start for a request of the engine. Pure, but for finding the SDK. Throws when the program has no SDK. */
export function launchOf(request: lang.RunRequest, engine: string, environment: NodeJS.ProcessEnv): Launch {
  const info = request.getInfo() ?? new lang.ProgramInfo();
  const folder = info.getProgramDirectory() || request.getPwd();
  const options = programOptions(info);
  const flags: [string, string | number][] = [
    ["monitor", request.getMonitorAddress()],
    ["engine", engine],
    ["organization", request.getOrganization()],
    ["project", request.getProject()],
    ["root-directory", info.getRootDirectory()],
    ["stack", request.getStack()],
    ["pwd", folder],
    ["parallel", request.getParallel()],
  ];
  return {
    nodeArguments: options.nodeArguments,
    runner: sdkModule("cmd/run", folder),
    args: [
      ...flags.filter(([, value]) => value !== "" && value !== 0).flatMap(([name, value]) => [`--${name}`, `${value}`]),
      ...(request.getDryrun() ? ["--dry-run"] : []),
      info.getEntryPoint() || ".",
      ...request.getArgsList(),
    ],
    // Configuration goes through the environment, since arguments show in `ps`.
    env: {
      ...environment,
      ...options.environment,
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    },
    ...(request.getPwd() && { cwd: request.getPwd() }),
  };
}

interface ProgramOptions {
  nodeArguments: string[];
  environment: NodeJS.ProcessEnv;
}

/** `runtime: options:` of Pulumi.yaml: `nodeargs`, `typescript` (true: through ts-node; false: as Node runs it), `tsconfig`. */
export function programOptions(info: lang.ProgramInfo): ProgramOptions {
  const options: Record<string, unknown> = info.getOptions()?.toJavaScript() ?? {};
  const { nodeargs, typescript, tsconfig } = options;
  return {
    nodeArguments: typeof nodeargs === "string" ? splitWords(nodeargs) : [],
    environment: {
      PULUMI_NODEJS_TYPESCRIPT: String(typescript !== false),
      ...(typeof tsconfig === "string" && { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig }),
    },
  };
}

/** Splits at blanks, except within single or double quotes. */
export function splitWords(text: string): string[] {
  const words = text.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, (_all, double, single) => double ?? single));
}

/** A module of the SDK that the program in this folder uses. */
export function sdkModule(name: string, folder: string): string {
  try {
    return createRequire(`${folder}/`).resolve(`@pulumi/pulumi/${name}`);
  } catch (cause) {
    const message = `The npm package @pulumi/pulumi is not installed for ${folder}: run "npm ci" in its project.`;
    throw new Error(message, { cause });
  }
}

/** Runs the program to its end, in the process that waits for it if there is one. `cancelled` stops it. */
export async function runProgram(
  request: lang.RunRequest,
  engine: string,
  onCancel: (cancel: () => void) => void,
  waiting?: WaitingProgram,
): Promise<lang.RunResponse> {
  const response = new lang.RunResponse();
  if (request.getAttachDebugger()) {
    return response.setError("Coffer's language host does not attach debuggers: run without --attach-debugger.");
  }
  let launch: Launch;
  try {
    launch = launchOf(request, engine, process.env);
  } catch (error) {
    return response.setError(error instanceof Error ? error.message : String(error));
  }
  const child = waiting ? (waiting.take(launch) ?? start(launch, 2)) : start(launch, "inherit");
  onCancel(() => void stop(child));
  const end = await ending(child);
  // What was previewed is often applied next.
  if (request.getDryrun()) waiting?.start();
  if ("failure" in end) return response.setError(`The program ${end.failure}.`);
  if (end.code === bailed) return response.setBail(true);
  return end.code === 0 ? response : response.setError(`Program exited with non-zero exit code: ${end.code}`);
}

/** `output`: the host's own, which an engine that started it shows to the user; one that is attached has only its errors. */
function start({ nodeArguments, runner, args, env, cwd }: Launch, output: "inherit" | 2): ChildProcess {
  return startNode([...nodeArguments, runner, ...args], { cwd, env, stdio: ["ignore", output, output] });
}
