/** The gRPC server: Pulumi's ResourceProvider over the four resources. What is not listed here answers "unimplemented". */

import grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import service from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import p from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { unknownConfigKeys } from "./config.ts";
import { connect } from "./connection.ts";
import { EngineLog } from "./engine-log.ts";
import { Lifecycle } from "./lifecycle.ts";
import { functionNotServed } from "./resources.ts";
import { fromStruct, NotServed, rpcError } from "./wire.ts";

const VERSION = "5.0.0";
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

export interface Served {
  /** On 127.0.0.1. */
  port: number;
  /** Whether the engine that is served takes connections, waited for at most so many milliseconds. */
  answers(limit: number): Promise<boolean>;
}

/** Listens on a free port. `onCut` is called when a call is cut off in the middle: its engine has died. */
export async function serve(engineAddress: string, onCut: () => void): Promise<Served> {
  const log = new EngineLog();
  log.connect(engineAddress);
  const server = new grpc.Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  server.addService(service.ResourceProviderService, methods(log, new Lifecycle(log), onCut));
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve({ port, answers: (limit) => log.answers(limit) });
    });
  });
}

/** A call as an async function of its request. */
type Unary = <Request, Response>(
  answer: (request: Request) => Promise<Response>,
) => grpc.handleUnaryCall<Request, Response>;

const unaryCalls =
  (onCut: () => void): Unary =>
  (answer) =>
  (call, done) => {
    let answered = false;
    // Told of every call that ends, also of one that was answered.
    call.on("cancelled", () => {
      if (!answered) onCut();
    });
    const answering = answer(call.request).finally(() => {
      answered = true;
    });
    answering.then(
      (response) => done(null, response),
      (error: unknown) => done(rpcError(error)),
    );
  };

function methods(log: EngineLog, lifecycle: Lifecycle, onCut: () => void): grpc.UntypedServiceImplementation {
  const unary = unaryCalls(onCut);
  const meet = (address: string) => {
    if (log.connect(address)) lifecycle.begin();
  };
  return {
    handshake: unary(async (request: p.ProviderHandshakeRequest) => {
      meet(request.getEngineAddress());
      // Plain values only: the engine puts the marks of secrets back by property name.
      const response = new p.ProviderHandshakeResponse();
      response.setSupportsAutonamingConfiguration(true);
      return response;
    }),
    attach: unary(async (request: plugin.PluginAttach) => {
      meet(request.getAddress());
      return new empty.Empty();
    }),
    getPluginInfo: unary(async () => {
      const response = new plugin.PluginInfo();
      response.setVersion(VERSION);
      return response;
    }),
    getSchema: unary(async () => {
      const response = new p.GetSchemaResponse();
      response.setSchema(JSON.stringify({ name: "docker", version: VERSION, resources: {} }));
      return response;
    }),
    checkConfig: unary(async (request: p.CheckRequest) => {
      const response = new p.CheckResponse();
      response.setInputs(request.getNews());
      for (const key of unknownConfigKeys(fromStruct(request.getNews()))) {
        const failure = new p.CheckFailure();
        failure.setProperty(key);
        failure.setReason(`"${key}" is not a known setting of the docker provider`);
        response.addFailures(failure);
      }
      return response;
    }),
    diffConfig: unary(async (request: p.DiffRequest) => {
      // Never a replacement: that would replace every resource of the provider.
      const same = JSON.stringify(fromStruct(request.getOldInputs())) === JSON.stringify(fromStruct(request.getNews()));
      const response = new p.DiffResponse();
      response.setChanges(same ? p.DiffResponse.DiffChanges.DIFF_NONE : p.DiffResponse.DiffChanges.DIFF_SOME);
      return response;
    }),
    configure: unary(async (request: p.ConfigureRequest) => {
      lifecycle.use(await connect(fromStruct(request.getArgs()), process.env));
      const response = new p.ConfigureResponse();
      response.setSupportspreview(true);
      response.setSupportsAutonamingConfiguration(true);
      return response;
    }),
    invoke: unary(async (request: p.InvokeRequest) => {
      throw functionNotServed(request.getTok());
    }),
    call: unary(async (request: p.CallRequest) => {
      throw functionNotServed(request.getTok());
    }),
    construct: unary(async (request: p.ConstructRequest) => {
      throw new NotServed(`${request.getType()} is not a component of the docker plugin; it has none`);
    }),
    check: unary((request: p.CheckRequest) => lifecycle.check(request)),
    diff: unary((request: p.DiffRequest) => lifecycle.diff(request)),
    create: unary((request: p.CreateRequest) => lifecycle.create(request)),
    read: unary((request: p.ReadRequest) => lifecycle.read(request)),
    update: unary((request: p.UpdateRequest) => lifecycle.update(request)),
    delete: unary((request: p.DeleteRequest) => lifecycle.delete(request)),
    cancel: unary(async () => {
      lifecycle.cancel();
      return new empty.Empty();
    }),
  };
}
