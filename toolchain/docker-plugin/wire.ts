/** Between protobuf and property values, and errors the way the engine reads them. */

import grpc from "@grpc/grpc-js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import anyproto from "google-protobuf/google/protobuf/any_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { isProps, type Props, unwrap, type Value } from "./values.ts";

type Struct = InstanceType<typeof struct.Struct>;

/** Secret marks are taken off: the engine keeps them by property name. */
export function fromStruct(message: Struct | undefined): Props {
  const value = unwrap((message?.toJavaScript() ?? {}) as Value);
  return isProps(value) ? value : {};
}

export function toStruct(props: Props): Struct {
  return struct.Struct.fromJavaScript(props);
}

/** Answers of a call that is not served. */
export class NotServed extends Error {}

export type RpcError = { code: grpc.status; details: string; metadata?: grpc.Metadata };

export function rpcError(error: unknown): RpcError {
  if (error instanceof InitFailed) return error.toRpc();
  const code = error instanceof NotServed ? grpc.status.UNIMPLEMENTED : grpc.status.UNKNOWN;
  return { code, details: error instanceof Error ? error.message : String(error) };
}

/** Something exists although the call failed: the engine records it with these outputs and tries to mend it next time. */
export class InitFailed extends Error {
  readonly #id: string;
  readonly #outputs: Props;
  readonly #inputs: Props;

  constructor(reason: string, id: string, outputs: Props, inputs: Props) {
    super(reason);
    this.#id = id;
    this.#outputs = outputs;
    this.#inputs = inputs;
  }

  toRpc(): RpcError {
    const detail = new provider.ErrorResourceInitFailed();
    detail.setId(this.#id);
    detail.setProperties(toStruct(this.#outputs));
    detail.setInputs(toStruct(this.#inputs));
    detail.setReasonsList([this.message]);
    const packed = new anyproto.Any();
    packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const answer = new status.Status();
    answer.setCode(grpc.status.UNKNOWN);
    answer.setMessage(this.message);
    answer.addDetails(packed);
    const metadata = new grpc.Metadata();
    // gRPC for Go finds details of an error under this key.
    metadata.add("grpc-status-details-bin", Buffer.from(answer.serializeBinary()));
    return { code: grpc.status.UNKNOWN, details: this.message, metadata };
  }
}
