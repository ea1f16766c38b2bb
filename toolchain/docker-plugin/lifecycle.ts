/** The life of a resource, call by call: takes a request apart, asks the pure parts and the resource's module, and answers. */

import p from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import type { Naming } from "./autoname.ts";
import { check } from "./check.ts";
import { diff } from "./diff.ts";
import type { EngineLog } from "./engine-log.ts";
import { type Engine, HalfMade, Operation } from "./operation.ts";
import type { Resource } from "./resource.ts";
import { nameOf, resourceOf } from "./resources.ts";
import type { Change } from "./schema.ts";
import { created, planned, rebuiltInputs, refreshed, renewedInputs, updated } from "./state.ts";
import { hasUnknown, type Props, textOf, UNKNOWN, withoutDefaults } from "./values.ts";
import { fromStruct, InitFailed, toStruct } from "./wire.ts";

const KINDS = {
  add: [p.PropertyDiff.Kind.ADD, p.PropertyDiff.Kind.ADD_REPLACE],
  update: [p.PropertyDiff.Kind.UPDATE, p.PropertyDiff.Kind.UPDATE_REPLACE],
  delete: [p.PropertyDiff.Kind.DELETE, p.PropertyDiff.Kind.DELETE_REPLACE],
} as const;

type Timed = { getUrn(): string; getTimeout(): number };

export class Lifecycle {
  readonly #log: EngineLog;
  #cancelled = new AbortController();
  #engine: Engine | undefined;

  constructor(log: EngineLog) {
    this.#log = log;
  }

  /** Configure has reached this engine. */
  use(engine: Engine): void {
    this.#engine = engine;
  }

  /** Another engine is served: what was cancelled was the one before it. */
  begin(): void {
    this.#cancelled = new AbortController();
  }

  /** Ends every wait; requests that change something are seen through. */
  cancel(): void {
    this.#cancelled.abort();
  }

  async check(request: p.CheckRequest): Promise<p.CheckResponse> {
    const { schema } = resourceOf(request.getUrn());
    const news = fromStruct(request.getNews());
    const checked = check(schema, news, fromStruct(request.getOlds()), naming(request));
    for (const warning of checked.warnings) await this.#log.warn(request.getUrn(), warning);
    const response = new p.CheckResponse();
    response.setInputs(toStruct(checked.inputs));
    for (const { property, reason } of checked.failures) {
      const failure = new p.CheckFailure();
      failure.setProperty(property);
      failure.setReason(reason);
      response.addFailures(failure);
    }
    return response;
  }

  async diff(request: p.DiffRequest): Promise<p.DiffResponse> {
    const { schema } = resourceOf(request.getUrn());
    const recorded = fromStruct(request.getOlds());
    const found = diff(schema, recorded, fromStruct(request.getNews()), request.getIgnorechangesList());
    const response = new p.DiffResponse();
    const { DIFF_NONE, DIFF_SOME } = p.DiffResponse.DiffChanges;
    response.setChanges(found.changes.length > 0 ? DIFF_SOME : DIFF_NONE);
    response.setHasdetaileddiff(true);
    response.setDiffsList([...new Set(found.changes.map((change) => change.property))]);
    response.setReplacesList(found.replaces);
    response.setStablesList(found.stables);
    response.setDeletebeforereplace(found.deleteBeforeReplace);
    for (const change of found.changes) response.getDetaileddiffMap().set(change.path, propertyDiff(change));
    return response;
  }

  async create(request: p.CreateRequest): Promise<p.CreateResponse> {
    const resource = resourceOf(request.getUrn());
    const checked = fromStruct(request.getProperties());
    const inputs = withoutDefaults(checked) as Props;
    const response = new p.CreateResponse();
    if (request.getPreview()) {
      response.setProperties(toStruct(planned(resource.schema, inputs, UNKNOWN)));
      return response;
    }
    refuseUnknown(inputs);
    await this.#warnOfTimeout(resource, request);
    try {
      const { id, observed } = await resource.create(this.#operation(resource, request, inputs), inputs);
      response.setId(id);
      response.setProperties(toStruct(created(resource.schema, inputs, observed, id)));
      return response;
    } catch (error) {
      if (!(error instanceof HalfMade)) throw error;
      const outputs = { ...planned(resource.schema, inputs, null), id: error.id };
      throw new InitFailed(error.message, error.id, outputs, checked);
    }
  }

  async read(request: p.ReadRequest): Promise<p.ReadResponse> {
    const resource = resourceOf(request.getUrn());
    const recorded = fromStruct(request.getProperties());
    const inputs = fromStruct(request.getInputs());
    const imported = Object.keys(recorded).length === 0;
    const response = new p.ReadResponse();
    const found = await resource.read(this.#operation(resource, request, inputs), request.getId(), recorded);
    if (!found) return response;
    const outputs = refreshed(resource.schema, recorded, found.observed, found.id);
    const { schema } = resource;
    response.setId(found.id);
    response.setProperties(toStruct(outputs));
    response.setInputs(toStruct(imported ? rebuiltInputs(schema, outputs) : renewedInputs(schema, inputs, outputs)));
    return response;
  }

  async update(request: p.UpdateRequest): Promise<p.UpdateResponse> {
    const resource = resourceOf(request.getUrn());
    const recorded = fromStruct(request.getOlds());
    const checked = fromStruct(request.getNews());
    const inputs = withoutDefaults(checked) as Props;
    const outputs = updated(resource.schema, recorded, inputs);
    const response = new p.UpdateResponse();
    response.setProperties(toStruct(outputs));
    if (request.getPreview()) return response;
    refuseUnknown(inputs);
    await this.#warnOfTimeout(resource, request);
    const { changes } = diff(resource.schema, recorded, checked, request.getIgnorechangesList());
    try {
      const operation = this.#operation(resource, request, inputs);
      const observed = await resource.update(operation, request.getId(), recorded, inputs, changes);
      response.setProperties(toStruct({ ...outputs, ...observed }));
      return response;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new InitFailed(reason, request.getId(), outputs, checked);
    }
  }

  async delete(request: p.DeleteRequest): Promise<InstanceType<typeof empty.Empty>> {
    const resource = resourceOf(request.getUrn());
    const recorded = fromStruct(request.getProperties());
    await resource.remove(this.#operation(resource, request, recorded), request.getId(), recorded);
    return new empty.Empty();
  }

  #operation(resource: Resource, request: Timed, inputs: Props): Operation {
    const engine = this.#engine;
    if (!engine) throw new Error("the docker provider was asked for a resource before it was configured");
    const kind = resource.schema.token.split(":").pop();
    const title = `${kind} "${textOf(inputs, "name") || nameOf(request.getUrn())}"`;
    const seconds = resource.schema.timeouts ? request.getTimeout() : 0;
    return new Operation(engine, title, seconds, this.#cancelled.signal, resource.secrets(inputs));
  }

  async #warnOfTimeout(resource: Resource, request: Timed): Promise<void> {
    if (resource.schema.timeouts || request.getTimeout() === 0) return;
    await this.#log.warn(request.getUrn(), `customTimeouts have no effect on ${resource.schema.token}`);
  }
}

function naming(request: p.CheckRequest): Naming {
  const settings = request.getAutonaming();
  const { DISABLE, ENFORCE } = p.CheckRequest.AutonamingOptions.Mode;
  const mode = settings?.getMode();
  return {
    logicalName: nameOf(request.getUrn()),
    seed: request.getRandomseed_asU8(),
    mode: mode === DISABLE ? "disable" : mode === ENFORCE ? "enforce" : "propose",
    proposed: settings?.getProposedName() ?? "",
  };
}

function propertyDiff(change: Change): p.PropertyDiff {
  const message = new p.PropertyDiff();
  message.setKind(KINDS[change.kind][change.replace ? 1 : 0]);
  return message;
}

function refuseUnknown(inputs: Props): void {
  const unknown = Object.keys(inputs).filter((key) => hasUnknown(inputs[key]));
  if (unknown.length > 0)
    throw new Error(`the engine sent no value for ${unknown.join(", ")}: a bug in the program or the engine`);
}
