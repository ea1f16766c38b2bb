/** The SDK without the parts that Coffer's program never uses, in a process of its own: what is not loaded, and that it is when used. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { checkout } from "../../toolchain/cache.ts";

const folder = join(checkout, "stacks");

/** Prints what the lines give as JSON; `loaded` tells whether a file of that package is in the module cache. */
async function inProcess(lines: string, isDeferred = true): Promise<unknown> {
  const script = `
    import { createRequire } from "node:module";
    const require = createRequire(${JSON.stringify(`${folder}/`)});
    const loaded = (name) => Object.values(require.cache).some((module) => module.children.length && module.filename.includes("/node_modules/" + name + "/"));
    ${isDeferred ? `(await import(${JSON.stringify(join(checkout, "toolchain/language-host/deferred.ts"))})).deferUnusedParts(${JSON.stringify(folder)});` : ""}
    const pulumi = (await import(${JSON.stringify(join(checkout, "node_modules/@pulumi/pulumi/index.js"))}));
    console.log(JSON.stringify(await (async () => { ${lines} })()));`;
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
  return JSON.parse(stdout);
}

const heavy = ["@npmcli/arborist", "@pulumi/pulumi/automation", "@pulumi/pulumi/dynamic", "@pulumi/pulumi/provider"];

describe("parts of the SDK that are deferred", () => {
  test("they are loaded without it, and not with it", async () => {
    const asked = `return ${JSON.stringify(heavy)}.map(loaded);`;
    assert.deepEqual(await inProcess(asked, false), [true, true, true, true], "the SDK loads them by itself");
    assert.deepEqual(await inProcess(asked), [false, false, false, false]);
  });

  test("the SDK offers the same names", async () => {
    const names = "return [Object.keys(pulumi).sort(), Object.keys(pulumi.runtime).sort()];";
    const [outer, runtime] = (await inProcess(names)) as [string[], string[]];
    assert.deepEqual([outer, runtime], await inProcess(names, false));
    assert.ok(outer.includes("automation") && runtime.includes("computeCodePaths"));
  });

  const uses: { why: string; lines: string; want: unknown }[] = [
    {
      why: "a function is serialised when somebody asks for it",
      lines: `const { text } = await pulumi.runtime.serializeFunction(() => 40 + 2); return text.includes("40 + 2");`,
      want: true,
    },
    {
      why: "the automation API is there when it is used",
      lines: "return [typeof pulumi.automation.LocalWorkspace.create, loaded('@pulumi/pulumi/automation')];",
      want: ["function", true],
    },
    {
      why: "so are dynamic providers",
      lines: "return pulumi.dynamic.Resource.prototype instanceof pulumi.CustomResource;",
      want: true,
    },
    {
      why: "nobody waits for the debugger's session",
      lines: `await require("@pulumi/pulumi/runtime/closure/v8Hooks").isInitializedAsync(); return loaded("typescript");`,
      want: false,
    },
  ];
  for (const { why, lines, want } of uses) {
    test(why, async () => assert.deepEqual(await inProcess(lines), want));
  }
});

describe("the client of Docker's API", () => {
  const client = (lines: string) =>
    inProcess(
      `const { Docker } = await import(${JSON.stringify(join(checkout, "toolchain/docker-client.ts"))}); ${lines}`,
    );

  test("loads neither BuildKit's sessions nor SSH", async () => {
    const packages = JSON.stringify(["@grpc/proto-loader", "ssh2", "dockerode"]);
    const loaded = `return ${packages}.map((name) => Object.keys(require.cache).some((path) => path.includes("/node_modules/" + name + "/")));`;
    assert.deepEqual(await client(loaded), [false, false, true]);
  });

  test("an engine behind SSH loads SSH", async () => {
    const uses = `new Docker({ protocol: "ssh", host: "127.0.0.1", port: 1, username: "x" }).ping().catch(() => {});
      return Object.keys(require.cache).some((path) => path.includes("/node_modules/ssh2/"));`;
    assert.equal(await client(uses), true);
  });
});
