/** The gRPC side of the provider: unpacks requests, calls the kind, packs the answer. Knows no kind by name. */
import grpc from "@grpc/grpc-js";
import pluginProto from "@pulumi/pulumi/proto/plugin_pb.js";
import p from "@pulumi/pulumi/proto/provider_pb.js";
import statusProto from "@pulumi/pulumi/proto/status_pb.js";
import anyProto from "google-protobuf/google/protobuf/any_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import type struct from "google-protobuf/google/protobuf/struct_pb.js";
import { version } from "../version.ts";
import type { EngineRuns } from "./engine-run.ts";
import { type Change, type Context, HalfMade, type Kind } from "./kind.ts";
import type { RunReads } from "./run-reads.ts";
import { fromWire, toWire } from "./values.ts";

type Handler<Q, R> = (request: Q) => Promise<R>;

/** `onCut` is called when a call is cut off in the middle: its engine has died. */
export function providerService(
  kinds: readonly Kind[],
  runs: EngineRuns,
  reads: RunReads,
  onCut: () => void,
): grpc.UntypedServiceImplementation {
  const kindOf = (urn: string): Kind => {
    const token = urn.split("::")[2]?.split("$").pop();
    const kind = kinds.find((k) => k.token === token);
    if (!kind)
      throw new Error(
        `the provider "coffer" has no resource type "${token}"; it has: ${kinds.map((k) => k.token).join(", ")}`,
      );
    return kind;
  };
  const contextOf = (urn: string): Context => {
    const { log, told, cancelled } = runs.current;
    return {
      urn,
      note: log.noteOn(urn),
      noteOnInstance(name, ...note) {
        const instance = parentUrn(urn, name);
        if (told.has(instance)) return;
        told.add(instance);
        log.noteOn(instance)(...note);
      },
      signal: cancelled.signal,
    };
  };
  const empty = async () => new emptyProto.Empty();

  const handlers = {
    async handshake(request: p.ProviderHandshakeRequest) {
      runs.meet(request.getEngineAddress());
      const response = new p.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      response.setAcceptResources(true);
      return response;
    },
    async getPluginInfo() {
      const response = new pluginProto.PluginInfo();
      response.setVersion(version);
      return response;
    },
    async getSchema() {
      const response = new p.GetSchemaResponse();
      response.setSchema(JSON.stringify({ name: "coffer", version }));
      return response;
    },
    async checkConfig(request: p.CheckRequest) {
      const response = new p.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    },
    async diffConfig() {
      // Never a replacement: a replaced provider replaces every resource under it.
      const response = new p.DiffResponse();
      response.setChanges(p.DiffResponse.DiffChanges.DIFF_NONE);
      return response;
    },
    async configure() {
      const response = new p.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setAcceptresources(true);
      response.setSupportspreview(true);
      return response;
    },
    async check(request: p.CheckRequest) {
      const kind = kindOf(request.getUrn());
      const old = fromWire(request.getOlds());
      // A resource that is new has empty old inputs.
      const failures = kind.check(fromWire(request.getNews()), Object.keys(old).length ? old : undefined);
      const response = new p.CheckResponse();
      // As they came, so that what the program marked as secret stays secret.
      response.setInputs(request.getNews());
      for (const failure of failures) {
        const item = new p.CheckFailure();
        item.setProperty(failure.property);
        item.setReason(failure.reason);
        response.addFailures(item);
      }
      return response;
    },
    async diff(request: p.DiffRequest) {
      const kind = kindOf(request.getUrn());
      // What must wait is not mended either: the engine has put the old inputs in the place of the new ones already.
      if (request.getIgnorechangesList().includes("*")) return diffResponse([]);
      const changes = kind.diff(
        { inputs: fromWire(request.getOldInputs()), outputs: fromWire(request.getOlds()) },
        fromWire(request.getNews()),
      );
      return diffResponse(changes);
    },
    async create(request: p.CreateRequest) {
      const kind = kindOf(request.getUrn());
      const inputs = fromWire(request.getProperties());
      const context = contextOf(request.getUrn());
      const response = new p.CreateResponse();
      if (request.getPreview()) {
        response.setProperties(toWire(kind.preview(context, inputs), kind.secrets));
      } else {
        const made = await halfMadeAsDetail(kind, request.getProperties(), () => kind.create(context, inputs));
        response.setId(made.id);
        response.setProperties(toWire(made.outputs, kind.secrets));
        response.setRefreshBeforeUpdate(kind.live);
      }
      await runs.current.log.flush();
      return response;
    },
    async read(request: p.ReadRequest) {
      const kind = kindOf(request.getUrn());
      const [inputs, outputs] = [fromWire(request.getInputs()), fromWire(request.getProperties())];
      const response = new p.ReadResponse();
      const urn = request.getUrn();
      const ask = () => kind.read(contextOf(urn), request.getId(), inputs, outputs);
      const read = kind.live ? await reads.read(urn, inputs, outputs, ask) : await ask();
      await runs.current.log.flush();
      if (!read) return response;
      response.setId(request.getId());
      response.setInputs(request.getInputs());
      response.setProperties(toWire(read, kind.secrets));
      response.setRefreshBeforeUpdate(kind.live);
      return response;
    },
    async update(request: p.UpdateRequest) {
      const kind = kindOf(request.getUrn());
      const context = contextOf(request.getUrn());
      const old = { inputs: fromWire(request.getOldInputs()), outputs: fromWire(request.getOlds()) };
      const inputs = fromWire(request.getNews());
      const outputs = request.getPreview()
        ? await kind.previewUpdate(context, old, inputs)
        : await halfMadeAsDetail(kind, request.getNews(), () => kind.update(context, request.getId(), old, inputs));
      await runs.current.log.flush();
      const response = new p.UpdateResponse();
      response.setProperties(toWire(outputs, kind.secrets));
      response.setRefreshBeforeUpdate(kind.live);
      return response;
    },
    async delete(request: p.DeleteRequest) {
      const kind = kindOf(request.getUrn());
      await kind.delete(contextOf(request.getUrn()), request.getId(), fromWire(request.getProperties()));
      return empty();
    },
    async cancel() {
      runs.current.cancelled.abort(new Error("cancelled by the user"));
      return empty();
    },
    attach: empty,
  };

  const service: grpc.UntypedServiceImplementation = {};
  for (const [name, handler] of Object.entries(handlers))
    service[name] = unary(handler as Handler<unknown, unknown>, onCut);
  return service;
}

/** A resource's URN has the types of its parents, and its parent's name is known to the resource. */
function parentUrn(urn: string, name: string): string {
  const [scheme, project, types = ""] = urn.split("::");
  return [scheme, project, types.split("$").slice(0, -1).join("$"), name].join("::");
}

function unary(handler: Handler<unknown, unknown>, onCut: () => void): grpc.handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    let answered = false;
    // Told of every call that ends, also of one that was answered.
    call.on("cancelled", () => {
      if (!answered) onCut();
    });
    handler(call.request)
      .finally(() => {
        answered = true;
      })
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(asStatus(error)),
      );
  };
}

function asStatus(error: unknown): Partial<grpc.StatusObject> {
  if (error instanceof DetailedError)
    return { code: grpc.status.UNKNOWN, details: error.message, metadata: error.metadata };
  return { code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) };
}

class DetailedError extends Error {
  readonly metadata: grpc.Metadata;
  constructor(message: string, metadata: grpc.Metadata) {
    super(message);
    this.metadata = metadata;
  }
}

/** A half-made resource is recorded with its id and outputs, secrets marked, so that the next run mends it. */
async function halfMadeAsDetail<T>(kind: Kind, inputs: struct.Struct | undefined, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof HalfMade)) throw error;
    const detail = new p.ErrorResourceInitFailed();
    detail.setId(error.made.id);
    detail.setProperties(toWire(error.made.outputs, kind.secrets));
    detail.setInputs(inputs);
    detail.setReasonsList([error.message]);
    detail.setRefreshBeforeUpdate(kind.live);
    const any = new anyProto.Any();
    any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new statusProto.Status();
    status.setCode(grpc.status.UNKNOWN);
    status.setMessage(error.message);
    status.addDetails(any);
    const metadata = new grpc.Metadata();
    metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
    throw new DetailedError(error.message, metadata);
  }
}

function diffResponse(changes: readonly Change[]): p.DiffResponse {
  const response = new p.DiffResponse();
  response.setHasdetaileddiff(true);
  response.setChanges(changes.length ? p.DiffResponse.DiffChanges.DIFF_SOME : p.DiffResponse.DiffChanges.DIFF_NONE);
  for (const change of changes) {
    const item = new p.PropertyDiff();
    item.setKind(diffKinds[change.replaces ? "replaced" : "updated"][change.kind]);
    item.setInputdiff(change.fromInputs);
    response.getDetaileddiffMap().set(change.path, item);
    const property = change.path.split(/[.[]/)[0] ?? change.path;
    response.addDiffs(property);
    if (change.replaces) response.addReplaces(property);
  }
  response.setDeletebeforereplace(changes.some((change) => change.replaces));
  return response;
}

const diffKinds = {
  updated: { add: p.PropertyDiff.Kind.ADD, update: p.PropertyDiff.Kind.UPDATE, delete: p.PropertyDiff.Kind.DELETE },
  replaced: {
    add: p.PropertyDiff.Kind.ADD_REPLACE,
    update: p.PropertyDiff.Kind.UPDATE_REPLACE,
    delete: p.PropertyDiff.Kind.DELETE_REPLACE,
  },
} as const;
