/** The gRPC side of the provider: what it says of an instance as a whole, and what it leaves alone when it is told to. */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import p from "@pulumi/pulumi/proto/provider_pb.js";
import type { EngineLog } from "../../provider/engine-log.ts";
import { EngineRuns } from "../../provider/engine-run.ts";
import type { Kind } from "../../provider/kind.ts";
import { RunReads } from "../../provider/run-reads.ts";
import { providerService } from "../../provider/service.ts";
import { toWire } from "../../provider/values.ts";

const component = "urn:pulumi:demo::coffer::coffer:components:Instance::orders";
const urnOf = (name: string) => `urn:pulumi:demo::coffer::coffer:components:Instance$coffer:guest:Users::${name}`;

/** Its Read cannot see the guest, and its Diff always finds a difference. */
const blind: Kind = {
  token: "coffer:guest:Users",
  secrets: [],
  live: true,
  check: () => [],
  diff: () => [{ path: "users", kind: "update", fromInputs: false }],
  preview: (_context, inputs) => inputs,
  async create(context, inputs) {
    context.signal.throwIfAborted();
    return { id: "i", outputs: inputs };
  },
  async read(context, id, _inputs, outputs) {
    context.noteOnInstance(id, "warning", `cannot read ${context.urn}`);
    return outputs;
  },
  update: async (_context, _id, _old, inputs) => inputs,
  previewUpdate: async (_context, _old, inputs) => inputs,
  async delete() {},
};

function serve() {
  const said: [urn: string, message: string][] = [];
  const log: EngineLog = {
    noteOn: (urn) => (_severity, message) => void said.push([urn, message]),
    flush: async () => {},
    answers: async () => true,
    close: () => {},
  };
  const calls = new EventEmitter();
  let cut = 0;
  const onCut = () => {
    cut += 1;
  };
  const service = providerService([blind], new EngineRuns(undefined, () => log), new RunReads(), onCut) as Record<
    string,
    (call: { request: unknown; on: unknown }, callback: (error: unknown, response: unknown) => void) => void
  >;
  const call = <R>(method: string, request: unknown): Promise<R> =>
    new Promise((resolve, reject) => {
      service[method]?.({ request, on: calls.on.bind(calls) }, (error, response) =>
        error ? reject(error) : resolve(response as R),
      );
    });
  const cutOff = () => {
    calls.emit("cancelled");
    return cut;
  };
  return { said, call, cutOff };
}

test("what all parts of an instance would say is said once, of the instance", async () => {
  const { said, call } = serve();
  const read = (name: string, instance: string) => {
    const request = new p.ReadRequest();
    request.setUrn(urnOf(name));
    request.setId(instance);
    return call("read", request);
  };
  await read("orders-users", "orders");
  await read("orders-databases", "orders");
  await read("ledger-users", "ledger");
  assert.deepEqual(said, [
    [component, `cannot read ${urnOf("orders-users")}`],
    [component.replace("orders", "ledger"), `cannot read ${urnOf("ledger-users")}`],
  ]);
});

test("a resource that has to wait has no difference, whatever the real thing is", async () => {
  const { call } = serve();
  const diff = async (ignored: string[]) => {
    const request = new p.DiffRequest();
    request.setUrn(urnOf("orders-users"));
    for (const set of ["setOldInputs", "setOlds", "setNews"] as const) request[set](toWire({ users: [] }, []));
    request.setIgnorechangesList(ignored);
    return (await call<p.DiffResponse>("diff", request)).getChanges();
  };
  assert.equal(await diff([]), p.DiffResponse.DiffChanges.DIFF_SOME);
  assert.equal(await diff(["*"]), p.DiffResponse.DiffChanges.DIFF_NONE);
  assert.equal(await diff(["parameters"]), p.DiffResponse.DiffChanges.DIFF_SOME);
});

test("the next engine is told anew, and is not cancelled with the one before", async () => {
  const { said, call } = serve();
  const meet = (address: string) => {
    const request = new p.ProviderHandshakeRequest();
    request.setEngineAddress(address);
    return call("handshake", request);
  };
  const read = () => {
    const request = new p.ReadRequest();
    request.setUrn(urnOf("orders-users"));
    request.setId("orders");
    return call("read", request);
  };
  await meet("127.0.0.1:1");
  await read();
  // Both of an engine's providers introduce themselves.
  await meet("127.0.0.1:1");
  await read();
  assert.equal(said.length, 1);
  await call("cancel", undefined);
  await assert.rejects(create(call), { details: "cancelled by the user" });
  await meet("127.0.0.1:2");
  await create(call);
  await read();
  assert.equal(said.length, 2);
});

test("a call that is cut off is told, for its engine has died; one that was answered is not", async () => {
  const { call, cutOff } = serve();
  await call("getPluginInfo", undefined);
  assert.equal(cutOff(), 0);
  void call("getPluginInfo", undefined);
  assert.equal(cutOff(), 1);
});

function create(call: ReturnType<typeof serve>["call"]): Promise<unknown> {
  const request = new p.CreateRequest();
  request.setUrn(urnOf("orders-users"));
  request.setProperties(toWire({ users: [] }, []));
  return call("create", request);
}
