/** The command on disk images for virtual machines. */
import type { ImageRow, PrunePlan } from "../../operations/images-plan.ts";
import type { Args, Command } from "../command.ts";
import type { Context } from "../context.ts";
import { table } from "../output.ts";

export const image: Command = {
  name: "image",
  changes: "asks",
  describe: "disk images: list, build, upload, prune",
  positionals: [
    { name: "action", describe: "what to do", required: true, choices: ["list", "build", "upload", "prune"] },
    { name: "datastore", describe: "DATASTORE@VERSION to build or upload; without it, all", required: false },
  ],
  options: {
    cloud: {
      type: "string",
      value: "NAME",
      describe: "a cloud of clouds.yaml; default: that of the spec named with -f or --stack, else OS_CLOUD",
    },
  },
  notes: "coffer up builds and uploads by itself what a spec needs.",
  examples: ["coffer image list", "coffer image upload --cloud mycloud", "coffer image prune --cloud mycloud"],
  async run(context, args) {
    const operations = await import("../../operations/images.ts");
    const cloud = args.optional("cloud");
    const request = { ...context.request(), ...(cloud === undefined ? {} : { cloud }) };
    const versions = args.list("datastore");
    switch (args.text("action")) {
      case "build": {
        const built = await operations.buildImages({ ...request, versions });
        context.result(built, () => built.map(({ path }) => `${path}\n`).join(""));
        return undefined;
      }
      case "upload": {
        const uploaded = await operations.uploadImages({ ...request, versions });
        context.result(uploaded, () =>
          uploaded.map(({ engine, version, id }) => `${engine} ${version} is image ${id}\n`).join(""),
        );
        return undefined;
      }
      case "prune":
        return prune(context, args, request);
      default: {
        const found = await operations.listImages(request);
        context.result(found, () => imageTable(found.images, found.cloud));
        if (found.problem) context.tell(`No cloud was asked: ${found.problem}`);
        return undefined;
      }
    }
  },
};

async function prune(
  context: Context,
  args: Args,
  request: ReturnType<Context["request"]> & { cloud?: string },
): Promise<undefined> {
  const operations = await import("../../operations/images.ts");
  const done = await operations.pruneImages({
    ...request,
    async approve(plan) {
      if (args.flag("yes")) return true;
      return context.confirm(`This removes images that nothing uses:\n${pruneLines(plan).join("\n")}`, "--yes");
    },
  });
  context.result(done, () => {
    if (!done.removed) return "nothing was removed\n";
    const lines = pruneLines(done);
    const kept = done.kept.map(({ image: { name, id }, why }) => `kept: ${name} (${id}): ${why}\n`);
    return `${lines.length ? lines.map((line) => `removed: ${line.trim()}\n`).join("") : "nothing to remove\n"}${kept.join("")}`;
  });
  return undefined;
}

function pruneLines({ here, cloud }: Pick<PrunePlan, "here" | "cloud">): string[] {
  return [
    ...here.map(({ engine, version, recipe, size }) => `  here: ${engine} ${version} ${recipe} (${mebibytes(size)})`),
    ...cloud.map(({ id, name }) => `  in the cloud: ${name} (${id})`),
  ];
}

function imageTable(rows: readonly ImageRow[], cloud: string | null): string {
  return table(
    rows,
    [
      { title: "datastore", value: (row) => `${row.engine}@${row.version}` },
      { title: "recipe", value: (row) => row.recipe },
      { title: "current", value: (row) => (row.current ? "yes" : "no") },
      { title: "here", value: (row) => (row.here === null ? "" : mebibytes(row.here)) },
      { title: cloud === null ? "in a cloud" : `in ${cloud}`, value: (row) => row.cloud?.id ?? "" },
      {
        title: "used by",
        value: (row) => (row.cloud === null ? "" : row.cloud.usable ? String(row.cloud.uses) : "not usable"),
      },
    ],
    "no images",
  );
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
