/** Warnings to Pulumi's engine, which shows them beside the resource. */

import grpc from "@grpc/grpc-js";
import service from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/engine_pb.js";

export class EngineLog {
  #client: InstanceType<typeof service.EngineClient> | undefined;
  #address = "";

  /** True when that is another engine. @param address host:port of the engine; "" for none: then warnings go nowhere */
  connect(address: string): boolean {
    if (address === "" || address === this.#address) return false;
    this.#client?.close();
    this.#address = address;
    this.#client = new service.EngineClient(address, grpc.credentials.createInsecure());
    return true;
  }

  /** Whether the engine takes connections, waited for at most so many milliseconds; one that is met meanwhile does. */
  async answers(limit: number): Promise<boolean> {
    const client = this.#client;
    if (!client) return false;
    return new Promise((answer) =>
      client.waitForReady(Date.now() + limit, (error) => answer(error === undefined || client !== this.#client)),
    );
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
