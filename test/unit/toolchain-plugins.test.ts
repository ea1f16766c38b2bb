/** Pulumi's plugins: which one counts as there, and where they come from. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { versionsOf } from "../../operations/version.ts";
import { cacheFolders, checkout, pluginFolder, readStamp, type Stamp, writeFile } from "../../toolchain/cache.ts";
import { doctor } from "../../toolchain/doctor.ts";
import { stepLine } from "../../toolchain/index.ts";
import { openstackRecipe } from "../../toolchain/openstack-plugin/build.ts";
import { dockerPluginPart, openstackPluginPart } from "../../toolchain/plugins.ts";
import { ensurePart, type Part } from "../../toolchain/steps.ts";
import { versions } from "../../toolchain/versions.ts";

const scratch = mkdtempSync(join(tmpdir(), "coffer-plugins-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
const folder = (name: string): string => mkdtempSync(join(scratch, `${name}-`));

const plugins = [
  { name: "docker", part: dockerPluginPart, version: versions.dockerPlugin },
  { name: "openstack", part: openstackPluginPart, version: versions.openstackPlugin },
];

/** A cache with a plugin's folder in it. */
function cacheWith(name: string, version: string, stamp: Stamp | undefined, more: NodeJS.ProcessEnv = {}) {
  const env: NodeJS.ProcessEnv = { COFFER_CACHE: folder("cache"), ...more };
  const at = pluginFolder(cacheFolders(env), name, version);
  writeFile(join(at, `pulumi-resource-${name}`), "#!/bin/sh\n", 0o755);
  if (stamp) writeFileSync(join(at, ".coffer-stamp.json"), JSON.stringify(stamp));
  return env;
}

const find = (part: Part, env: NodeJS.ProcessEnv) => part.find(cacheFolders(env), env);

const openstack = versions.openstackPlugin;
const own = `${openstack}+${openstackRecipe("with additions")}`;
const plain = `${openstack}+plain.${openstackRecipe("plain")}`;

describe("a plugin is there", () => {
  const cases: { why: string; part: Part; name: string; stamp?: Stamp; there: boolean }[] = [
    {
      why: "downloaded",
      part: openstackPluginPart,
      name: "openstack",
      stamp: { from: "download", version: openstack },
      there: true,
    },
    {
      why: "copied from the user's own",
      part: openstackPluginPart,
      name: "openstack",
      stamp: { from: "installed", version: openstack },
      there: true,
    },
    {
      why: "built from what this checkout has",
      part: openstackPluginPart,
      name: "openstack",
      stamp: { from: "built", version: own },
      there: true,
    },
    {
      why: "built from something else: it is made again",
      part: openstackPluginPart,
      name: "openstack",
      stamp: { from: "built", version: `${openstack}+00000000` },
      there: false,
    },
    { why: "half made", part: openstackPluginPart, name: "openstack", there: false },
    {
      why: "Coffer's own docker plugin, whose shim is made again",
      part: dockerPluginPart,
      name: "docker",
      stamp: { from: "checkout", version: versions.dockerPlugin },
      there: true,
    },
  ];
  for (const { why, part, name, stamp, there } of cases) {
    test(`${name}: ${why}`, async () => {
      const version = name === "docker" ? versions.dockerPlugin : openstack;
      const env = cacheWith(name, version, stamp);
      assert.equal((await find(part, env)) !== undefined, there);
    });
  }

  test("not while Pulumi would pass over it", async () => {
    const env = cacheWith("openstack", openstack, { from: "download", version: openstack });
    writeFileSync(`${pluginFolder(cacheFolders(env), "openstack", openstack)}.partial`, "");
    assert.equal(await find(openstackPluginPart, env), undefined);
  });
});

describe("which plugin is in use", () => {
  const asked = { COFFER_OPENSTACK_PLUGIN: "plain" };
  const cases: { why: string; name: string; stamp?: Stamp; env?: NodeJS.ProcessEnv; from: string | undefined }[] = [
    { why: "none yet", name: "docker", from: undefined },
    {
      why: "the stand-in",
      name: "docker",
      stamp: { from: "checkout", version: versions.dockerPlugin },
      from: "Coffer's stand-in",
    },
    {
      why: "the official download",
      name: "docker",
      stamp: { from: "download", version: versions.dockerPlugin },
      from: "official download",
    },
    {
      why: "the user's own",
      name: "openstack",
      stamp: { from: "installed", version: openstack },
      from: "copied from your own Pulumi",
    },
    {
      why: "the official download, whatever build is asked for",
      name: "openstack",
      stamp: { from: "download", version: openstack },
      env: asked,
      from: "official download",
    },
    {
      why: "our build",
      name: "openstack",
      stamp: { from: "built", version: own },
      from: "Coffer's build with additions",
    },
    {
      why: "our plain build",
      name: "openstack",
      stamp: { from: "built", version: plain },
      env: asked,
      from: "Coffer's build without additions",
    },
  ];
  for (const { why, name, stamp, env: more, from } of cases) {
    const version = name === "docker" ? versions.dockerPlugin : openstack;
    const place = () => (stamp ? cacheWith(name, version, stamp, more) : { COFFER_CACHE: folder("cache") });

    test(`${name}: doctor and the setup say so: ${why}`, async () => {
      const env = place();
      const title = { docker: "Docker plugin", openstack: "OpenStack plugin" }[name];
      const row = (await doctor({ ...env, PATH: process.env.PATH })).find(({ part }) => part === title);
      assert.equal(row?.from, from ?? "");
      assert.equal(row?.ok, from !== undefined);
      const found = await find(name === "docker" ? dockerPluginPart : openstackPluginPart, env);
      const step = { name: `${name}-plugin`, title: "It", state: "present" as const, seconds: 0, ...found };
      if (found) assert.equal(stepLine(step), `It: there already (${from})`);
    });

    test(`${name}: version says so: ${why}`, async () => {
      const { plugins: all } = await versionsOf({ root: checkout, environment: place() });
      assert.deepEqual(
        all.find((one) => one.name === name),
        { name, version, from: from ?? null },
      );
    });
  }

  test("version prints a line for each", () => {
    const { dockerPlugin: version } = versions;
    const env = cacheWith("docker", version, { from: "checkout", version });
    const words = execFileSync(process.execPath, [join(checkout, "cli", "main.ts"), "version"], {
      encoding: "utf8",
      env: { ...env, PATH: process.env.PATH, HOME: scratch },
    });
    const lines = [
      `Pulumi docker plugin ${version}: Coffer's stand-in`,
      `Pulumi openstack plugin ${openstack}: not set up yet`,
    ];
    assert.deepEqual(words.trim().split("\n").slice(1), lines);
  });
});

describe("the build without additions", () => {
  const env = { COFFER_CACHE: "/c", COFFER_OPENSTACK_PLUGIN: "plain" };

  test("has a folder of its own, since Pulumi finds a plugin by its version alone", () => {
    assert.equal(cacheFolders(env).pulumiHome, "/c/pulumi-home-plain");
    assert.equal(cacheFolders({ COFFER_CACHE: "/c", COFFER_OPENSTACK_PLUGIN: "" }).pulumiHome, "/c/pulumi-home");
  });

  test("is no substitute for the other one, nor the other for it", async () => {
    const swapped = [
      cacheWith("openstack", openstack, { from: "built", version: plain }),
      cacheWith("openstack", openstack, { from: "built", version: own }, { COFFER_OPENSTACK_PLUGIN: "plain" }),
    ];
    for (const one of swapped) assert.equal(await find(openstackPluginPart, one), undefined);
  });

  test("another word is refused, with the one that is allowed", () =>
    assert.throws(
      () => cacheFolders({ COFFER_CACHE: "/c", COFFER_OPENSTACK_PLUGIN: "official" }),
      /COFFER_OPENSTACK_PLUGIN is "official"; allowed: plain/,
    ));
});

for (const { name, part, version } of plugins) {
  test(`${name}: the one of the user's own Pulumi is copied, before any download`, async () => {
    const home = folder("home");
    const program = join(home, ".pulumi", "plugins", `resource-${name}-v${version}`, `pulumi-resource-${name}`);
    mkdirSync(dirname(program), { recursive: true });
    writeFile(program, "#!/bin/sh\necho theirs\n", 0o755);
    const env = { HOME: home, COFFER_CACHE: folder("cache"), PATH: process.env.PATH };
    const step = await ensurePart(part, { env });
    assert.equal(step.from, "installed");
    assert.equal(step.path, join(pluginFolder(cacheFolders(env), name, version), `pulumi-resource-${name}`));
    rmSync(home, { recursive: true });
    assert.match(readFileSync(step.path ?? "", "utf8"), /theirs/);
    assert.equal((await ensurePart(part, { env })).state, "present");
    assert.deepEqual(readStamp(dirname(step.path ?? "")), { from: "installed", version });
  });

  test(`${name}: the version is the npm package's, since Pulumi asks for exactly that one`, () => {
    const path = join(checkout, "node_modules", "@pulumi", name, "package.json");
    if (!existsSync(path)) return assert.fail(`${path} is missing: npm ci`);
    const manifest: { version: string } = JSON.parse(readFileSync(path, "utf8"));
    assert.equal(manifest.version.replace(/^v/, ""), version);
  });
}
