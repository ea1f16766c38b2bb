/** The language host: what it starts for the engine's requests, and the real host as a process, spoken to over gRPC. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { credentials, type ServiceError, status } from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/language_grpc_pb.js";
import lang from "@pulumi/pulumi/proto/language_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { checkout } from "../../toolchain/cache.ts";
import { pluginOf, programDependencies, requiredPlugins } from "../../toolchain/language-host/packages.ts";
import { pluginArguments } from "../../toolchain/language-host/plugin.ts";
import { launchOf, programOptions, splitWords } from "../../toolchain/language-host/program.ts";
import { versions } from "../../toolchain/versions.ts";

const scratch = mkdtempSync(join(tmpdir(), "coffer-language-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

type Options = Parameters<typeof struct.Struct.fromJavaScript>[0];

function info(folder: string, options: Options = {}): lang.ProgramInfo {
  const program = new lang.ProgramInfo().setRootDirectory(folder).setProgramDirectory(folder).setEntryPoint("main.ts");
  return program.setOptions(struct.Struct.fromJavaScript(options));
}

describe("launchOf", () => {
  const request = new lang.RunRequest()
    .setInfo(
      info(checkout, { typescript: false, nodeargs: "--disable-warning=ExperimentalWarning --stack-size='2 000'" }),
    )
    .setMonitorAddress("127.0.0.1:1")
    .setProject("p")
    .setStack("s")
    .setOrganization("o")
    .setParallel(4)
    .setArgsList(["last"]);
  request.getConfigMap().set("p:key", "a secret").set("p:other", "x");
  request.setConfigsecretkeysList(["p:key"]);
  const launch = launchOf(request, "127.0.0.1:2", { PATH: "/bin" });

  test("Node's own arguments, the runner, its flags, the entry point, the program's arguments, in this order", () => {
    const runner = join(checkout, "node_modules/@pulumi/pulumi/cmd/run/index.js");
    assert.deepEqual(launch.nodeArguments, ["--disable-warning=ExperimentalWarning", "--stack-size=2 000"]);
    assert.equal(launch.runner, runner);
    assert.deepEqual(launch.args, [
      ...["--monitor", "127.0.0.1:1", "--engine", "127.0.0.1:2", "--organization", "o", "--project", "p"],
      ...["--root-directory", checkout, "--stack", "s", "--pwd", checkout, "--parallel", "4"],
      ...["main.ts", "last"],
    ]);
  });

  test("configuration is in the environment, and no secret in an argument", () => {
    assert.ok(!launch.args.join(" ").includes("a secret"));
    assert.deepEqual(JSON.parse(launch.env.PULUMI_CONFIG ?? ""), { "p:key": "a secret", "p:other": "x" });
    assert.deepEqual(JSON.parse(launch.env.PULUMI_CONFIG_SECRET_KEYS ?? ""), ["p:key"]);
    assert.equal(launch.env.PATH, "/bin");
  });

  test("a preview is a dry run; what is not set is not passed", () => {
    const preview = launchOf(new lang.RunRequest().setInfo(info(checkout)).setDryrun(true), "", {});
    assert.ok(preview.args.includes("--dry-run"));
    assert.ok(!preview.args.includes("--parallel") && !preview.args.includes("--engine"));
  });

  test("a program without the SDK is told what to do", () => {
    const alone = new lang.RunRequest().setInfo(info(scratch));
    assert.throws(() => launchOf(alone, "", {}), /@pulumi\/pulumi is not installed for .*npm ci/);
  });
});

describe("runtime options", () => {
  const cases: { why: string; options: Options; want: string; tsconfig?: string }[] = [
    { why: "TypeScript through ts-node is Pulumi's default", options: {}, want: "true" },
    { why: "off: Node runs TypeScript itself", options: { typescript: false }, want: "false" },
    { why: "another tsconfig", options: { tsconfig: "t.json" }, want: "true", tsconfig: "t.json" },
  ];
  for (const { why, options, want, tsconfig } of cases) {
    test(why, () => {
      const { environment } = programOptions(info("/x", options));
      assert.equal(environment.PULUMI_NODEJS_TYPESCRIPT, want);
      assert.equal(environment.PULUMI_NODEJS_TSCONFIG_PATH, tsconfig);
    });
  }

  const words: { text: string; want: string[] }[] = [
    { text: "", want: [] },
    { text: "  -a  -b ", want: ["-a", "-b"] },
    { text: `--x="a b" 'c d'e`, want: ["--x=a b", "c de"] },
  ];
  for (const { text, want } of words) {
    test(`words of <${text}>`, () => assert.deepEqual(splitWords(text), want));
  }
});

describe("packages", () => {
  const cases: { why: string; manifest: Record<string, unknown>; want: object | undefined }[] = [
    { why: "an ordinary package", manifest: { name: "yaml", version: "1.0.0" }, want: undefined },
    { why: "an SDK without a plugin", manifest: { name: "@pulumi/x", pulumi: { resource: false } }, want: undefined },
    {
      why: "an SDK",
      manifest: { name: "@pulumi/docker", version: "5.0.0", pulumi: { resource: true } },
      want: { name: "docker", version: "5.0.0", server: "" },
    },
    {
      why: "an SDK that says it all",
      manifest: {
        name: "@s/x",
        version: "1.0.0",
        pulumi: { resource: true, name: "xx", version: "v2.0.0", server: "u" },
      },
      want: { name: "xx", version: "2.0.0", server: "u" },
    },
  ];
  for (const { why, manifest, want } of cases) {
    test(why, () => assert.deepEqual(pluginOf(manifest), want));
  }

  test("of this checkout, the docker plugin of the version we set up", () => {
    const docker = requiredPlugins(join(checkout, "stacks")).find(({ name }) => name === "docker");
    assert.equal(docker?.version, versions.dockerPlugin);
  });

  test("direct dependencies are some of all", () => {
    const direct = programDependencies(checkout, false);
    assert.ok(direct.some(({ name, version }) => name === "@pulumi/pulumi" && version === versions.pulumi));
    assert.ok(programDependencies(checkout, true).length > direct.length);
  });

  test("the nearest node_modules wins", () => {
    const outer = mkdtempSync(join(scratch, "outer-"));
    const inner = join(outer, "inner");
    for (const [at, version] of [
      [outer, "1.0.0"],
      [inner, "2.0.0"],
    ] as const) {
      mkdirSync(join(at, "node_modules/@pulumi/x"), { recursive: true });
      const manifest = { name: "@pulumi/x", version, pulumi: { resource: true } };
      writeFileSync(join(at, "node_modules/@pulumi/x/package.json"), JSON.stringify(manifest));
    }
    assert.deepEqual(
      requiredPlugins(inner).map(({ version }) => version),
      ["2.0.0"],
    );
  });
});

test("a policy pack's runner takes the engine before the folder, a provider's after it", () => {
  const request = new lang.RunPluginRequest().setInfo(info(checkout)).setArgsList(["127.0.0.1:1"]);
  assert.deepEqual(pluginArguments(request.setKind("analyzer")).slice(1), ["127.0.0.1:1", checkout]);
  assert.deepEqual(pluginArguments(request.setKind("resource")).slice(1), [checkout, "127.0.0.1:1"]);
});

interface Host {
  child: ChildProcess;
  client: InstanceType<typeof services.LanguageRuntimeClient>;
  ended: Promise<number | null>;
}

async function withHost(work: (host: Host) => Promise<void>): Promise<void> {
  const entry = join(checkout, "toolchain/language-host/main.ts");
  const child = spawn(process.execPath, [entry, "-v=3", "127.0.0.1:1"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<number | null>((done) => child.on("exit", done));
  const port = await new Promise<string>((read) => child.stdout?.once("data", (data: Buffer) => read(data.toString())));
  const client = new services.LanguageRuntimeClient(`127.0.0.1:${port.trim()}`, credentials.createInsecure());
  try {
    await work({ child, client, ended });
  } finally {
    client.close();
    child.kill("SIGKILL");
  }
}

/** A program that says "up" through a file and waits; it is never asked to reach an engine. */
function waitingProgram(deaf: boolean): { folder: string; request: lang.RunRequest; started: string } {
  const folder = mkdtempSync(join(scratch, "program-"));
  const started = join(folder, "started");
  symlinkSync(join(checkout, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "main.ts"), "");
  // Node reads this file before the runner, so that the test needs no engine.
  const ears = deaf ? 'process.on("SIGINT", () => undefined);' : "";
  const early = `${ears} require("fs").writeFileSync(${JSON.stringify(started)}, String(process.pid)); for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);`;
  writeFileSync(join(folder, "early.cjs"), early);
  const options = { typescript: false, nodeargs: `--require "${join(folder, "early.cjs")}"` };
  const request = new lang.RunRequest().setInfo(info(folder, options)).setMonitorAddress("127.0.0.1:1");
  return { folder, request, started };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function pidIn(path: string): Promise<number> {
  const { readFile } = await import("node:fs/promises");
  for (;;) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (text !== "") return Number(text);
    await new Promise((next) => setImmediate(next));
  }
}

describe("the host as a process", () => {
  test("says its version, and refuses by name what it does not do", () =>
    withHost(async ({ client }) => {
      const version = await new Promise((done, failed) =>
        client.getPluginInfo(new empty.Empty(), (error, answer) => (error ? failed(error) : done(answer.getVersion()))),
      );
      assert.equal(version, versions.pulumi);
      const refusal = await new Promise<ServiceError | null>((done) =>
        client.pack(new lang.PackRequest(), (error) => done(error)),
      );
      assert.equal(refusal?.code, status.UNIMPLEMENTED);
      assert.match(refusal?.details ?? "", /does not offer Pack/);
      const plugin = client.runPlugin(new lang.RunPluginRequest().setKind("converter").setInfo(info(checkout)));
      const failure = await new Promise<ServiceError>((done) => plugin.on("error", done).resume());
      assert.match(failure.details, /kind "converter"/);
    }));

  test("a program that cannot start is an answer in words", () =>
    withHost(async ({ client }) => {
      const request = new lang.RunRequest().setInfo(info(scratch));
      const answer = await new Promise<lang.RunResponse>((done, failed) =>
        client.run(request, (error, response) => (error ? failed(error) : done(response))),
      );
      assert.match(answer.getError(), /@pulumi\/pulumi is not installed/);
      assert.equal(answer.getBail(), false);
    }));

  const endings: { why: string; end: (host: Host) => void; exits: boolean; deaf: boolean }[] = [
    {
      why: "the engine dies: its end of stdin closes",
      end: ({ child }) => child.stdin?.destroy(),
      exits: true,
      deaf: false,
    },
    {
      why: "the engine ends the host, and the program is deaf",
      end: ({ child }) => child.kill("SIGINT"),
      exits: true,
      deaf: true,
    },
    {
      why: "the engine cancels",
      end: ({ client }) => client.cancel(new empty.Empty(), () => undefined),
      exits: false,
      deaf: false,
    },
  ];
  for (const { why, end, exits, deaf } of endings) {
    test(`the program ends: ${why}`, () =>
      withHost(async (host) => {
        const { request, started } = waitingProgram(deaf);
        const answered = new Promise<lang.RunResponse | undefined>((done) =>
          host.client.run(request, (_error, answer) => done(answer)),
        );
        const pid = await pidIn(started);
        end(host);
        if (exits) assert.equal(await host.ended, 0);
        else assert.match((await answered)?.getError() ?? "", /was ended by SIG/);
        assert.equal(isAlive(pid), false);
      }));
  }
});
