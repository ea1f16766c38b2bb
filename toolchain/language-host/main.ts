/**
 * The language host: Pulumi starts it as `pulumi-language-nodejs [flags] ENGINE_ADDRESS`, reads its port from the first
 * line, and speaks gRPC with it. `coffer` starts it with `--attached MODULE...`, for all runs of the engine that its command needs:
 * they attach to it (PULUMI_DEBUG_LANGUAGES), and programs find these modules loaded.
 */
import { fstatSync } from "node:fs";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/language_grpc_pb.js";
import { followCommand, tellCommand } from "../attached.ts";
import { stopAll } from "./children.ts";
import { Gate } from "./gate.ts";
import { languageRuntime } from "./service.ts";
import { WaitingProgram } from "./waiting-program.ts";

/** As the engine's own limit: 400 MiB. */
const messageLimit = 400 * 1024 ** 2;

/** Milliseconds that an engine may take from its start to its call, when the command is gone already. */
const graceMs = 3000;

const [first, ...modules] = process.argv.slice(2);
const waiting = first === "--attached" ? new WaitingProgram(modules) : undefined;
waiting?.start();
const gate = new Gate(() => tellCommand("waiting"));

const server = new Server({
  "grpc.max_receive_message_length": messageLimit,
  "grpc.max_send_message_length": messageLimit,
});
server.addService(
  services.LanguageRuntimeService,
  languageRuntime(waiting ? "" : (process.argv.at(-1) ?? ""), gate, waiting),
);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});

let ending = false;
function end(): void {
  if (ending) return;
  ending = true;
  void stopAll().then(() => process.exit(0));
}

process.on("SIGINT", end);
process.on("SIGTERM", end);
process.on("SIGHUP", end);

if (waiting) {
  // An engine outlives the command that started it, to end its work in order: the call that it has open is answered first. One
  // that has died cancels its call, which ends the program.
  followCommand({
    onMessage: (message) => gate.onMessage(message),
    onLeft() {
      gate.onLeft();
      setTimeout(() => server.tryShutdown(end), graceMs);
    },
  });
} else {
  // An engine that has died can no longer be written to.
  process.stdout.on("error", end);
  // The engine holds the other end of our stdin for as long as it lives, however it ends.
  if (fstatSync(0).isFIFO() || fstatSync(0).isSocket()) process.stdin.on("end", end).on("error", end).resume();
  const engineProcess = process.ppid;
  setInterval(() => {
    if (process.ppid !== engineProcess) end();
  }, 1000).unref();
}
