/** Our plugins of the engine as one process for several runs of the engine: real processes, and an engine that is only as real as its address. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { credentials, Metadata, Server, ServerCredentials } from "@grpc/grpc-js";
import engineServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import p from "@pulumi/pulumi/proto/provider_pb.js";
import { type Attached, attachedPlugin, attachedProvider, attachmentsOf } from "../../operations/attached.ts";
import { dockerPlugin } from "../../toolchain/checkout-plugins.ts";

const root = resolve(import.meta.dirname, "../..");
const scratch = mkdtempSync(join(tmpdir(), "coffer-test-provider-"));
const mark = crypto.randomUUID();
const place = { root, scratch, environment: { PATH: process.env.PATH ?? "", COFFER_TEST_MARK: mark } };
const made: Attached[] = [];
after(async () => {
  await Promise.all(made.map((provider) => provider.close()));
  rmSync(scratch, { recursive: true, force: true });
});

function newProvider(change: Partial<typeof place> = {}): Attached {
  const provider = attachedProvider({ ...place, ...change });
  made.push(provider);
  return provider;
}

const portIn = ({ PULUMI_DEBUG_PROVIDERS: words = "" }: Record<string, string>): number =>
  Number(/^(?:coffer|docker):(\d+)$/.exec(words)?.[1]);

/** As an engine introduces itself. */
function meet(port: number, engine: string): Promise<boolean> {
  const client = new services.ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  const request = new p.ProviderHandshakeRequest();
  request.setEngineAddress(engine);
  return new Promise((done, failed) => {
    client.handshake(request, new Metadata(), { deadline: Date.now() + 20_000 }, (error, response) => {
      client.close();
      if (error) failed(error);
      // Each plugin says something that a default answer does not.
      else done(response.getAcceptSecrets() || response.getSupportsAutonamingConfiguration());
    });
  });
}

async function engine(): Promise<{ address: string; end(): void }> {
  const server = new Server();
  server.addService(engineServices.EngineService, {} as never);
  const port = await new Promise<number>((done, failed) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? failed(error) : done(bound),
    ),
  );
  return { address: `127.0.0.1:${port}`, end: () => server.forceShutdown() };
}

const runs = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function gone(pid: number): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (runs(pid)) {
    assert.ok(performance.now() < deadline, `process ${pid} did not end within 20 s`);
    await new Promise((again) => setTimeout(again, 50));
  }
}

test("several runs attach to one process; it ends with the command", async () => {
  const provider = newProvider();
  provider.start();
  provider.start();
  const port = portIn(await provider.attachment({ COFFER_SPEC_SNAPSHOT: "a" }));
  const { pid } = provider;
  assert.equal(await meet(port, "127.0.0.1:1"), true);
  assert.equal(portIn(await provider.attachment({ COFFER_SPEC_SNAPSHOT: "b" })), port);
  assert.equal(await meet(port, "127.0.0.1:2"), true);
  assert.equal(provider.pid, pid);
  assert.equal(await provider.failure(), undefined);
  await provider.close();
  assert.equal(runs(pid ?? 0), false);
});

test("one that was killed is started anew", async () => {
  const provider = newProvider();
  await provider.attachment({});
  const { pid = 0 } = provider;
  process.kill(pid, "SIGKILL");
  await gone(pid);
  assert.equal(await meet(portIn(await provider.attachment({})), "127.0.0.1:1"), true);
  assert.notEqual(provider.pid, pid);
});

test("a provider that cannot start says why", async () => {
  const provider = newProvider({ root: join(scratch, "nowhere") });
  provider.start();
  await assert.rejects(provider.attachment({}), /provider "coffer" does not start: .*ENOENT/s);
});

test("several plugins are attached to by one variable", async () => {
  const docker = attachedPlugin(place, dockerPlugin);
  made.push(docker);
  const attached = { provider: newProvider(), languageHost: docker, standIns: [] };
  const { PULUMI_DEBUG_PROVIDERS: words = "", ...others } = await attachmentsOf(attached, {}, false);
  const ports = /^coffer:(\d+),docker:(\d+)$/.exec(words);
  assert.ok(ports, words);
  assert.deepEqual(others, {});
  for (const port of ports.slice(1)) assert.equal(await meet(Number(port), "127.0.0.1:1"), true);
});

const plugins = [
  { what: "the provider", make: "attachedProvider(place)" },
  { what: "the stand-in for the Docker plugin", make: `attachedPlugin(place, ${JSON.stringify(dockerPlugin)})` },
];
for (const { what, make } of plugins) {
  test(`${what} outlives a command that was killed for as long as its engine lives`, async () => {
    const { address, end } = await engine();
    const orphan = await commandThatDies(make, [address]);
    // It asks every half a second.
    for (let asked = 0; asked < 3; asked++) {
      await new Promise((again) => setTimeout(again, 500));
      assert.equal(runs(orphan), true, "it left its engine alone");
    }
    end();
    await gone(orphan);
  });

  test(`${what} stays with the engine that it met last`, async () => {
    const [preview, update] = [await engine(), await engine()];
    const orphan = await commandThatDies(make, [preview.address], async (port) => {
      preview.end();
      await meet(port, update.address);
    });
    for (let asked = 0; asked < 6; asked++) {
      await new Promise((again) => setTimeout(again, 500));
      assert.equal(runs(orphan), true, "it left its engine alone");
    }
    update.end();
    await gone(orphan);
  });

  test(`${what} ends with the command that was killed when there is no engine`, async () => {
    await gone(await commandThatDies(make, []));
  });
}

/**
 * A process like `coffer` starts the plugin, engines meet it, and the process is killed; `afterwards` gets the plugin's port right
 * then. Gives the plugin's pid.
 */
async function commandThatDies(
  make: string,
  engines: readonly string[],
  afterwards: (port: number) => Promise<void> = async () => {},
): Promise<number> {
  const script = `
    import { attachedPlugin, attachedProvider } from ${JSON.stringify(join(root, "operations/attached.ts"))};
    const place = ${JSON.stringify(place)};
    const plugin = ${make};
    const { PULUMI_DEBUG_PROVIDERS } = await plugin.attachment({});
    console.log(plugin.pid, PULUMI_DEBUG_PROVIDERS);
    setInterval(() => {}, 1000);`;
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script];
  const command = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(command.stdout, "data")) as [Buffer];
  const [pid = "", words = ""] = line.toString().trim().split(" ");
  const port = portIn({ PULUMI_DEBUG_PROVIDERS: words });
  for (const address of engines) await meet(port, address);
  command.kill("SIGKILL");
  await once(command, "exit");
  await afterwards(port);
  return Number(pid);
}
