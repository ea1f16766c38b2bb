/** The docker plugin as a process, spoken to as Pulumi's engine does, and an image small enough to be written by hand. */

import { type ChildProcess, spawn } from "node:child_process";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import service from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import p from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import Docker from "dockerode";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { pack } from "tar-stream";
import type { Props } from "../../toolchain/docker-plugin/values.ts";
import { fromStruct, toStruct } from "../../toolchain/docker-plugin/wire.ts";

export const MAIN = fileURLToPath(new URL("../../toolchain/docker-plugin/main.ts", import.meta.url));
export const IMAGE = "docker-plugin-test:elf";
export const docker = new Docker();

export type Kind =
  | "container:Container"
  | "volume:Volume"
  | "network:Network"
  | "remoteImage:RemoteImage"
  | "service:Service";
export type Recorded = { id: string; outputs: Props; inputs: Props };
export type Failure = Error & { code: grpc.status; initFailed?: Recorded & { reasons: string[] } };

type Call<Request, Response> = (
  request: Request,
  done: (error: grpc.ServiceError | null, response: Response) => void,
) => grpc.ClientUnaryCall;

export class Plugin {
  readonly #process: ChildProcess;
  readonly #client: InstanceType<typeof service.ResourceProviderClient>;

  private constructor(process: ChildProcess, port: string) {
    this.#process = process;
    this.#client = new service.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  }

  /** Starts the plugin and configures it, as the engine does before anything else. */
  static async start(settings: Props = {}): Promise<Plugin> {
    const child = spawn(process.execPath, [MAIN], { stdio: ["ignore", "pipe", "inherit"] });
    const plugin = new Plugin(child, await firstLine(child));
    try {
      await plugin.configure(settings);
      return plugin;
    } catch (error) {
      await plugin.stop();
      throw error;
    }
  }

  async stop(): Promise<number | null> {
    this.#client.close();
    const ended = new Promise<number | null>((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    return ended;
  }

  async configure(settings: Props): Promise<p.ConfigureResponse> {
    const request = new p.ConfigureRequest();
    request.setArgs(toStruct(settings));
    return send(this.#client.configure.bind(this.#client), request);
  }

  async check(kind: Kind, news: Props, olds: Props = {}): Promise<Props> {
    const request = new p.CheckRequest();
    request.setUrn(urn(kind));
    request.setNews(toStruct(news));
    request.setOlds(toStruct(olds));
    const response = await send<p.CheckRequest, p.CheckResponse>(this.#client.check.bind(this.#client), request);
    const failures = response.getFailuresList().map((one) => `${one.getProperty()}: ${one.getReason()}`);
    if (failures.length > 0) throw new Error(failures.join("\n"));
    return fromStruct(response.getInputs());
  }

  /** Check and create; `preview` gives the outputs a preview would show. */
  async create(kind: Kind, news: Props, preview = false): Promise<Recorded> {
    const inputs = await this.check(kind, news);
    const request = new p.CreateRequest();
    request.setUrn(urn(kind));
    request.setProperties(toStruct(inputs));
    request.setPreview(preview);
    const response = await send<p.CreateRequest, p.CreateResponse>(this.#client.create.bind(this.#client), request);
    return { id: response.getId(), outputs: fromStruct(response.getProperties()), inputs };
  }

  /** The changed paths with their kinds, `R` behind those that replace. */
  async diff(
    kind: Kind,
    recorded: Recorded,
    news: Props,
  ): Promise<{ changes: string[]; deleteBeforeReplace: boolean }> {
    const request = new p.DiffRequest();
    request.setUrn(urn(kind));
    request.setId(recorded.id);
    request.setOlds(toStruct(recorded.outputs));
    request.setOldInputs(toStruct(recorded.inputs));
    request.setNews(toStruct(await this.check(kind, news, recorded.inputs)));
    const response = await send<p.DiffRequest, p.DiffResponse>(this.#client.diff.bind(this.#client), request);
    const replacing: number[] = [
      p.PropertyDiff.Kind.ADD_REPLACE,
      p.PropertyDiff.Kind.UPDATE_REPLACE,
      p.PropertyDiff.Kind.DELETE_REPLACE,
    ];
    const changes: string[] = [];
    response.getDetaileddiffMap().forEach((change, path) => {
      changes.push(`${path}${replacing.includes(change.getKind()) ? " R" : ""}`);
    });
    return { changes, deleteBeforeReplace: response.getDeletebeforereplace() };
  }

  /** undefined: gone. Without a record it is an import. */
  async read(kind: Kind, id: string, recorded?: Recorded): Promise<Recorded | undefined> {
    const request = new p.ReadRequest();
    request.setUrn(urn(kind));
    request.setId(id);
    if (recorded) {
      request.setProperties(toStruct(recorded.outputs));
      request.setInputs(toStruct(recorded.inputs));
    }
    const response = await send<p.ReadRequest, p.ReadResponse>(this.#client.read.bind(this.#client), request);
    if (response.getId() === "") return undefined;
    return {
      id: response.getId(),
      outputs: fromStruct(response.getProperties()),
      inputs: fromStruct(response.getInputs()),
    };
  }

  async update(kind: Kind, recorded: Recorded, news: Props): Promise<Recorded> {
    const inputs = await this.check(kind, news, recorded.inputs);
    const request = new p.UpdateRequest();
    request.setUrn(urn(kind));
    request.setId(recorded.id);
    request.setOlds(toStruct(recorded.outputs));
    request.setOldInputs(toStruct(recorded.inputs));
    request.setNews(toStruct(inputs));
    const response = await send<p.UpdateRequest, p.UpdateResponse>(this.#client.update.bind(this.#client), request);
    return { id: recorded.id, outputs: fromStruct(response.getProperties()), inputs };
  }

  async delete(kind: Kind, recorded: Recorded): Promise<void> {
    const request = new p.DeleteRequest();
    request.setUrn(urn(kind));
    request.setId(recorded.id);
    request.setProperties(toStruct(recorded.outputs));
    await send(this.#client.delete.bind(this.#client), request);
  }

  async cancel(): Promise<void> {
    await send(this.#client.cancel.bind(this.#client), new empty.Empty());
  }

  async invoke(token: string): Promise<void> {
    const request = new p.InvokeRequest();
    request.setTok(token);
    await send(this.#client.invoke.bind(this.#client), request);
  }
}

/** The error that the work ends with; a success is a failure of the test. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    return error as Failure;
  }
  throw new Error("nothing failed");
}

/** The plugin's port. */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    child.once("exit", (code) => reject(new Error(`the plugin ended with ${code} before it printed its port`)));
  });
}

function urn(kind: Kind): string {
  return `urn:pulumi:stack::project::docker:index/${kind}::box`;
}

function send<Request, Response>(call: Call<Request, Response>, request: Request): Promise<Response> {
  return new Promise((resolve, reject) => {
    call(request, (error, response) => (error ? reject(failure(error)) : resolve(response)));
  });
}

function failure(error: grpc.ServiceError): Failure {
  const found = Object.assign(new Error(error.details), { code: error.code });
  const [details] = error.metadata.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(details)) return found;
  const packed = status.Status.deserializeBinary(details).getDetailsList()[0];
  const detail = packed?.unpack(p.ErrorResourceInitFailed.deserializeBinary, "pulumirpc.ErrorResourceInitFailed");
  if (!detail) return found;
  const initFailed = {
    id: detail.getId(),
    outputs: fromStruct(detail.getProperties()),
    inputs: fromStruct(detail.getInputs()),
    reasons: detail.getReasonsList(),
  };
  return Object.assign(found, { initFailed });
}

const LOAD_ADDRESS = 0x400000;
const HEADERS = 64 + 56;

/** A static Linux program for x86-64: an ELF header, one segment, and the code. */
function program(...code: number[]): Buffer {
  const file = Buffer.alloc(HEADERS + code.length);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(file);
  file.writeUInt16LE(2, 16); // executable
  file.writeUInt16LE(62, 18); // x86-64
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(LOAD_ADDRESS + HEADERS), 24); // entry
  file.writeBigUInt64LE(64n, 32); // program headers start here
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(1, 64); // load
  file.writeUInt32LE(5, 68); // read and execute
  file.writeBigUInt64LE(BigInt(LOAD_ADDRESS), 80);
  file.writeBigUInt64LE(BigInt(LOAD_ADDRESS), 88);
  file.writeBigUInt64LE(BigInt(file.length), 96);
  file.writeBigUInt64LE(BigInt(file.length), 104);
  file.writeBigUInt64LE(0x1000n, 112);
  Buffer.from(code).copy(file, HEADERS);
  return file;
}

const SYSCALL = [0x0f, 0x05];
const eax = (value: number) => [0xb8, value, 0, 0, 0];
const edi = (value: number) => [0xbf, value, 0, 0, 0];
/** write(stream, 4 bytes that lie `ahead` of the next instruction) */
const write4 = (stream: number, ahead: number) => [
  ...eax(1),
  ...edi(stream),
  ...[0x48, 0x8d, 0x35, ahead, 0, 0, 0],
  ...[0xba, 4, 0, 0, 0],
  ...SYSCALL,
];

const PROGRAMS = {
  /** Sleeps for ever; as process 1 it ignores SIGTERM. */
  pause: program(...eax(34), ...SYSCALL, 0xeb, 0xf7),
  ok: program(...eax(60), ...edi(0), ...SYSCALL),
  /** Writes "out" to stdout and "err" to stderr, and ends with 3. */
  say: program(...write4(1, 43), ...write4(2, 23), ...eax(60), ...edi(3), ...SYSCALL, ...Buffer.from("out\nerr\n")),
};

export async function importImage(): Promise<void> {
  const tar = pack();
  for (const [name, content] of Object.entries(PROGRAMS)) tar.entry({ name, mode: 0o755 }, content);
  tar.finalize();
  const [repo, tag] = IMAGE.split(":");
  const options = { repo, tag, changes: ['CMD ["/pause"]', "ENV FROM_IMAGE=1"] };
  const stream: NodeJS.ReadableStream = await docker.importImage(Readable.from(tar), options);
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
  });
}
