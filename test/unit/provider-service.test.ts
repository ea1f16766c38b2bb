/** The gRPC side of the provider: what it says of an instance as a whole, and what it leaves alone when it is told to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import p from "@pulumi/pulumi/proto/provider_pb.js";
import type { Kind } from "../../provider/kind.ts";
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
  create: async (_context, inputs) => ({ id: "i", outputs: inputs }),
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
  const log = {
    noteOn: (urn: string) => (_severity: string, message: string) => void said.push([urn, message]),
    flush: async () => {},
  };
  const service = providerService([blind], log) as Record<
    string,
    (call: { request: unknown }, callback: (error: unknown, response: unknown) => void) => void
  >;
  const call = <R>(method: string, request: unknown): Promise<R> =>
    new Promise((resolve, reject) => {
      service[method]?.({ request }, (error, response) => (error ? reject(error) : resolve(response as R)));
    });
  return { said, call };
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
