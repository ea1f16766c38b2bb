/** The command on the development cloud. */
import type { DevcloudStatus } from "../../operations/devcloud.ts";
import type { Args, Command } from "../command.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../failure.ts";

export const devcloud: Command = {
  name: "devcloud",
  changes: "asks",
  describe: "a real OpenStack on this machine, for tests",
  positionals: [{ name: "action", describe: "what to do", required: true, choices: ["up", "down", "status", "wipe"] }],
  options: {
    hypervisors: { type: "number", value: "N", describe: "up: real hypervisors in all; at first 1" },
    fake: { type: "number", value: "N", describe: "up: pretended hypervisors in all, for tests of scale" },
    heat: { type: "boolean", describe: "up: Heat too" },
  },
  notes: `Never for data that matters. up starts what is down, after a restart of the machine too. down keeps everything; wipe removes
it with all servers and volumes. status exits with 0 when the cloud is healthy.`,
  examples: ["coffer devcloud up", "coffer devcloud up --hypervisors 3", "coffer devcloud status -o json"],
  async run(context, args) {
    switch (args.text("action")) {
      case "up":
        return up(context, args);
      case "down":
        return down(context);
      case "wipe":
        return wipe(context, args);
      default:
        return status(context);
    }
  },
};

async function up(context: Context, args: Args): Promise<undefined> {
  const { devcloudUp } = await import("../../operations/devcloud.ts");
  const result = await devcloudUp({
    report: context.progress.report,
    signal: context.signal,
    ...(args.optional("hypervisors") === undefined ? {} : { hypervisors: args.number("hypervisors") }),
    ...(args.optional("fake") === undefined ? {} : { fake: args.number("fake") }),
    ...(args.flag("heat") ? { heat: true } : {}),
  });
  context.result(
    result,
    () => `The development cloud is up. Its cloud is named "devcloud" (project demo), as administrator "devcloud-admin":

  export OS_CLIENT_CONFIG_FILE=${result.cloudsFile} OS_CLOUD=devcloud

In a spec: network "private", external network "public", flavors m1.tiny to m1.large.
`,
  );
  return undefined;
}

async function down(context: Context): Promise<undefined> {
  const { devcloudDown } = await import("../../operations/devcloud.ts");
  const result = await devcloudDown({ report: context.progress.report, signal: context.signal });
  context.result(result, () => "the development cloud is down; what it holds is kept\n");
  return undefined;
}

async function wipe(context: Context, args: Args): Promise<undefined> {
  const { devcloudWipe } = await import("../../operations/devcloud.ts");
  const result = await devcloudWipe({
    report: context.progress.report,
    signal: context.signal,
    async approve(folder) {
      if (args.flag("yes")) return true;
      const question = `This removes the development cloud with all servers, volumes and images in it (${folder}).`;
      return context.confirm(question, "--yes");
    },
  });
  context.result(result, () => "the development cloud is gone; its Debian packages stay installed\n");
  return undefined;
}

async function status(context: Context): Promise<number | undefined> {
  const { devcloudStatus } = await import("../../operations/devcloud.ts");
  const result = await devcloudStatus(context.signal);
  const { table } = await import("../output.ts");
  context.result(result, () => `${words(result)}${result.services.length ? services(result, table) : ""}`);
  return result.state === "healthy" ? undefined : exitCodes.failed;
}

const summary: Readonly<Record<DevcloudStatus["state"], string>> = {
  absent: "there is no development cloud; make one with: coffer devcloud up",
  down: "the development cloud is down; start it with: coffer devcloud up",
  healthy: "the development cloud is healthy",
  unhealthy: "the development cloud is not healthy; what is down is started by: coffer devcloud up",
};

function words({ state, problems, shape, memory, disk, cloudsFile, logs }: DevcloudStatus): string {
  const lines = [summary[state], ...problems.map((problem) => `  ${problem}`)];
  if (state !== "absent") {
    const fake = shape.fake ? ` and ${shape.fake} pretended` : "";
    lines.push(
      `hypervisors  ${shape.hypervisors}${fake}`,
      `memory       ${memory.free} of ${memory.total} MiB free`,
      `disk         ${disk.free} of ${disk.total} GiB free`,
      `clouds.yaml  ${cloudsFile}`,
      `logs         ${logs}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function services(status: DevcloudStatus, table: typeof import("../output.ts").table): string {
  const rows = table(
    status.services,
    [
      { title: "", value: (row) => (row.running && row.answers !== false ? "ok" : "!!") },
      { title: "service", value: (row) => row.name },
      { title: "since", value: (row) => row.since?.slice(0, 19).replace("T", " ") ?? "down" },
      { title: "MiB", value: (row) => String(row.memory ?? "") },
      { title: "last words", value: (row) => row.lastWords ?? "" },
    ],
    "nothing",
  );
  return `\n${rows}`;
}
