/** What tests need on the machine and in the cloud, set up as `coffer up` does it, with progress. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureImage, recipes } from "../../images/index.ts";
import { cacheFolders } from "../../toolchain/cache.ts";
import { distribution } from "../../toolchain/debian.ts";
import { ensureToolchain, type PartName, stepLine, type ToolchainEvent } from "../../toolchain/index.ts";
import { ensureQuietPackages, restorePolicy } from "../../toolchain/quiet-packages.ts";

/** `pulumi`: the CLI alone. The others: all that a stack on that target stands on, images included. */
export type Ground = "pulumi" | "docker" | "openstack";

const parts: Readonly<Record<Ground, readonly PartName[]>> = {
  pulumi: ["pulumi"],
  docker: ["pulumi", "docker-plugin", "docker"],
  openstack: ["pulumi", "openstack-plugin"],
};

/** The folder that `coffer up` uses: one lock for all who build the same image. */
const imageCache = (): string => join(cacheFolders(process.env).root, "images");

/** What is there already costs next to nothing. Sets this process's environment, which those it starts inherit. */
export async function setUp(what: Ground): Promise<void> {
  const steps = await ensureToolchain(parts[what], { onEvent: tellStep });
  if (what === "docker") await dockerImages(steps.find((step) => step.name === "docker")?.path);
  if (what === "openstack") {
    await cloudEnvironment();
    await cloudImages();
  }
}

/** A real sshd for tests of SSH, with what they run through it. Where there is none those say why they are skipped: no product needs it. */
export async function sshServer(): Promise<void> {
  const { logs, locks } = cacheFolders(process.env);
  const saved = join(locks, "policy-rc.d.saved");
  if (process.getuid?.() !== 0 || !distribution().isDebian) return;
  restorePolicy(saved);
  const programs = { "openssh-server": "/usr/sbin/sshd", sudo: "/usr/bin/sudo", socat: "/usr/bin/socat" };
  const missing = Object.entries({ ...programs, procps: "/usr/bin/ps" }).filter(([, program]) => !existsSync(program));
  const names = missing.map(([name]) => name);
  await ensureQuietPackages(names, { saved, log: join(logs, "apt.log"), progress: tell });
}

async function dockerImages(address: string | undefined): Promise<void> {
  if (address !== undefined) process.env.DOCKER_HOST = address;
  const { docker } = await import("./checkout.ts");
  for (const recipe of recipes) {
    const image = await ensureImage(docker, recipe, { cacheDir: imageCache(), onProgress: tell });
    tell(`image ${image.name}: ${image.built ? "built" : "there already"}`);
  }
}

/**
 * The cloud that COFFER_TEST_CLOUD names, or `devcloud` of the clouds.yaml that OS_CLIENT_CONFIG_FILE names; else the
 * development cloud of this machine is brought up. A mere OS_CLOUD is not taken: it may be anybody's real cloud.
 */
async function cloudEnvironment(): Promise<void> {
  const { COFFER_TEST_CLOUD: named, OS_CLIENT_CONFIG_FILE: file } = process.env;
  if (!named && !file) {
    const { devcloudEnvironment, up } = await import("../../devcloud/index.ts");
    await up({ tell: tellCloud });
    Object.assign(process.env, devcloudEnvironment());
  }
  process.env.OS_CLOUD = named || "devcloud";
  // What only an operator may do is tested where there is one.
  if (!named) process.env.COFFER_TEST_ADMIN_CLOUD ??= "devcloud-admin";
}

async function cloudImages(): Promise<void> {
  const [{ openCloud }, { ensureCloudImage }] = await Promise.all([
    import("../../access/openstack/cloud-session.ts"),
    import("../../access/openstack/images.ts"),
  ]);
  const cloud = openCloud({});
  const ensured = recipes.map(async (recipe) => {
    const { built, uploaded } = await ensureCloudImage(cloud, recipe, { cacheDir: imageCache(), onProgress: tell });
    const words = uploaded ? `${built ? "built and " : ""}uploaded` : "there already";
    tell(`image of ${recipe.engine} ${recipe.version} in cloud ${cloud.name}: ${words}`);
  });
  await Promise.all(ensured);
}

const tell = (line: string): void => void process.stdout.write(`${line}\n`);

function tellStep(event: ToolchainEvent): void {
  if (event.kind === "progress") tell(`${event.title}: ${event.text}`);
  else if (event.step.state !== "working") tell(stepLine(event.step));
}

function tellCloud(event: import("../../devcloud/index.ts").DevcloudEvent): void {
  if (event.kind === "ended" && event.outcome !== "skipped")
    tell(`${event.title}: ${event.outcome}, ${event.seconds.toFixed(1)} s`);
  if (event.kind === "note") tell(event.text);
}
