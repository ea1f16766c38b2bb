/** Notes to the user: Pulumi's engine shows them as diagnostics of the resource, in previews too. */
import grpc from "@grpc/grpc-js";
import proto from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/engine_pb.js";
import type { Note } from "./kind.ts";

export interface EngineLog {
  noteOn(urn: string): Note;
  /** Waits until everything noted so far has been delivered. */
  flush(): Promise<void>;
  /** Whether the engine takes connections, waited for at most so many milliseconds. */
  answers(limit: number): Promise<boolean>;
  close(): void;
}

/** Without an address (a provider that no engine has met yet) notes go nowhere. */
export function connectEngine(address: string | undefined): EngineLog {
  if (!address) return { noteOn: () => () => {}, flush: async () => {}, answers: async () => false, close: () => {} };
  const client = new proto.EngineClient(address, grpc.credentials.createInsecure());
  const pending = new Set<Promise<void>>();
  return {
    noteOn: (urn) => (severity, message) => {
      const request = new messages.LogRequest();
      request.setSeverity(severity === "info" ? messages.LogSeverity.INFO : messages.LogSeverity.WARNING);
      request.setMessage(message);
      request.setUrn(urn);
      const sent = new Promise<void>((done) => {
        // A note that cannot be delivered must not fail the work it speaks of.
        client.log(request, () => done());
      });
      pending.add(sent);
      void sent.then(() => pending.delete(sent));
    },
    flush: async () => {
      await Promise.all(pending);
    },
    answers: (limit) =>
      new Promise((answer) => client.waitForReady(Date.now() + limit, (error) => answer(error === undefined))),
    close: () => client.close(),
  };
}
