/** The provider as one process for several runs of the engine: real processes, and an engine that is only as real as its address. */
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
import { type Attached, attachedProvider } from "../../operations/attached.ts";

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
  Number(/^coffer:(\d+)$/.exec(words)?.[1]);

/** As an engine introduces itself. */
function meet(port: number, engine: string): Promise<boolean> {
  const client = new services.ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  const request = new p.ProviderHandshakeRequest();
  request.setEngineAddress(engine);
  return new Promise((done, failed) => {
    client.handshake(request, new Metadata(), { deadline: Date.now() + 20_000 }, (error, response) => {
      client.close();
      if (error) failed(error);
      else done(response.getAcceptSecrets());
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

test("it outlives a command that was killed for as long as its engine lives", async () => {
  const { address, end } = await engine();
  const orphan = await commandThatDies(address);
  // It asks every half a second.
  for (let asked = 0; asked < 3; asked++) {
    await new Promise((again) => setTimeout(again, 500));
    assert.equal(runs(orphan), true, "it left its engine alone");
  }
  end();
  await gone(orphan);
});

test("without an engine it ends with the command that was killed", async () => {
  await gone(await commandThatDies());
});

/** A process like `coffer` starts the provider, an engine meets it, and the process is killed. Gives the provider's pid. */
async function commandThatDies(met?: string): Promise<number> {
  const script = `
    import { attachedProvider } from ${JSON.stringify(join(root, "operations/attached.ts"))};
    const provider = attachedProvider(${JSON.stringify(place)});
    const { PULUMI_DEBUG_PROVIDERS } = await provider.attachment({});
    console.log(provider.pid, PULUMI_DEBUG_PROVIDERS);
    setInterval(() => {}, 1000);`;
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script];
  const command = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(command.stdout, "data")) as [Buffer];
  const [pid = "", words = ""] = line.toString().trim().split(" ");
  if (met) await meet(portIn({ PULUMI_DEBUG_PROVIDERS: words }), met);
  command.kill("SIGKILL");
  await once(command, "exit");
  return Number(pid);
}
