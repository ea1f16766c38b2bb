/** Warnings to Pulumi's engine, which shows them beside the resource. */

import grpc from "@grpc/grpc-js";
import service from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/engine_pb.js";

export class EngineLog {
  #client: InstanceType<typeof service.EngineClient> | undefined;

  /** @param address host:port of the engine; "" for none: then warnings go nowhere */
  connect(address: string): void {
    if (address === "" || this.#client) return;
    this.#client = new service.EngineClient(address, grpc.credentials.createInsecure());
  }

  /** A warning that cannot be delivered is no reason to fail. */
  async warn(urn: string, message: string): Promise<void> {
    const client = this.#client;
    if (!client) return;
    const request = new messages.LogRequest();
    request.setSeverity(messages.LogSeverity.WARNING);
    request.setUrn(urn);
    request.setMessage(message);
    await new Promise<void>((resolve) => {
      client.log(request, () => resolve());
    });
  }

  close(): void {
    this.#client?.close();
  }
}
