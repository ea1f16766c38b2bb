/** Pulumi's plugins: which one counts as there, and where they come from. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { cacheFolders, checkout, pluginFolder, readStamp, type Stamp, writeFile } from "../../toolchain/cache.ts";
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
function cacheWith(name: string, version: string, stamp: Stamp | undefined): NodeJS.ProcessEnv {
  const env = { COFFER_CACHE: folder("cache") };
  const at = pluginFolder(cacheFolders(env), name, version);
  writeFile(join(at, `pulumi-resource-${name}`), "#!/bin/sh\n", 0o755);
  if (stamp) writeFileSync(join(at, ".coffer-stamp.json"), JSON.stringify(stamp));
  return env;
}

const find = (part: Part, env: NodeJS.ProcessEnv) => part.find(cacheFolders(env), env);

describe("a plugin is there", () => {
  const openstack = versions.openstackPlugin;
  const own = `${openstack}+${openstackRecipe()}`;
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
