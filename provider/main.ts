/**
 * The Pulumi provider "coffer": a gRPC ResourceProvider. Pulumi's engine starts it with the engine's address as the
 * last argument and reads the port from the first line of its output. `coffer` starts it with `--attached`, for all runs
 * of the engine that its command needs: they attach to it (PULUMI_DEBUG_PROVIDERS).
 */
import grpc from "@grpc/grpc-js";
import proto from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { closeAll } from "../access/index.ts";
import { engineEnds, followCommand } from "../toolchain/attached.ts";
import { EngineRuns } from "./engine-run.ts";
import { authority } from "./resources/authority.ts";
import { certificate } from "./resources/certificate.ts";
import { databases } from "./resources/databases.ts";
import { hostKey } from "./resources/host-key.ts";
import { identity } from "./resources/identity.ts";
import { bootKey, loginKey } from "./resources/key-pair.ts";
import { limits } from "./resources/limits.ts";
import { ownHostKey } from "./resources/own-host-key.ts";
import { server } from "./resources/server.ts";
import { size } from "./resources/size.ts";
import { software } from "./resources/software.ts";
import { users } from "./resources/users.ts";
import { volume } from "./resources/volume.ts";
import { RunReads } from "./run-reads.ts";
import { providerService } from "./service.ts";

/** A checkpoint with hundreds of users passes gRPC's default of 4 MiB. */
const maxMessageBytes = 400 * 1024 * 1024;

const pollMs = 500;

const engineAddress = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
const listener = new grpc.Server({
  "grpc.max_receive_message_length": maxMessageBytes,
  "grpc.max_send_message_length": maxMessageBytes,
});
const kinds = [
  identity,
  loginKey,
  bootKey,
  hostKey,
  ownHostKey,
  software,
  volume,
  size,
  authority,
  certificate,
  server,
  databases,
  users,
  limits,
];
const runs = new EngineRuns(engineAddress);
const reads = new RunReads();
listener.addService(
  proto.ResourceProviderService,
  providerService(kinds, runs, reads, () => void end(1)),
);

async function end(code: number): Promise<never> {
  await closeAll();
  process.exit(code);
}

// Who started it may be killed without telling anybody. A provider that went on would act beside the next run.
if (process.argv.includes("--attached")) {
  followCommand({ onMessage: (message) => reads.onMessage(message), onLeft: () => void endAfterEngine() });
} else {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void end(1);
  }, pollMs).unref();
}

/** An engine outlives the command that started it, to end its work in order; it needs its provider until then. */
async function endAfterEngine(): Promise<void> {
  await engineEnds(async (limit) => {
    const run = runs.current;
    // The update of a gated run introduces itself anew.
    return (await run.log.answers(limit)) || runs.current !== run;
  });
  await end(0);
}
// The engine ends its plugins, which have a process group of their own, by SIGINT; it waits 5 s for one that does not end.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void end(0));

listener.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
