/** Makes a container, connects it, fills it, starts it, and waits as long as the program asked for. */

import type Docker from "dockerode";
import { provide } from "../image/index.ts";
import { apiAtLeast, dockerMessage, HalfMade, type Operation, statusOf } from "../operation.ts";
import { flagOf, intOf, isZero, objectsOf, type Props, textOf, textsOf } from "../values.ts";
import { createBody } from "./request.ts";
import { upload } from "./upload.ts";

/** Returns the id and what only a create can tell. */
export async function createContainer(operation: Operation, inputs: Props): Promise<{ id: string; logs?: string }> {
  const problem = refusal(operation, inputs);
  if (problem) throw operation.failure(problem);
  await provide(operation, textOf(inputs, "image"), "");
  const id = await operation.request("creating it", () => create(operation.engine.docker, inputs));
  try {
    const logs = await finish(operation, operation.engine.docker.getContainer(id), inputs);
    return logs === undefined ? { id } : { id, logs };
  } catch (error) {
    throw new HalfMade(id, error instanceof Error ? error.message : String(error));
  }
}

/** What Docker would misread or refuse late, said before anything is made. */
function refusal(operation: Operation, inputs: Props): string | undefined {
  const { api } = operation.engine;
  const spoken = api.join(".");
  const namespace = textOf(inputs, "cgroupnsMode");
  if (!["", "private", "host"].includes(namespace)) return `cgroupnsMode is "${namespace}"; allowed: private, host`;
  if (textsOf(inputs, "command").includes("")) return "command has an empty text in it: Docker cannot run that";
  if (objectsOf(inputs, "volumes").some((volume) => isZero(volume.containerPath) === isZero(volume.fromContainer)))
    return "every entry of volumes needs exactly one of containerPath and fromContainer";
  if (!isZero(inputs.platform) && !apiAtLeast(operation.engine, 41))
    return `platform needs Docker API 1.41 or later, and this engine speaks ${spoken}`;
  const options = objectsOf(inputs, "mounts").some((mount) => mount.volumeOptions !== undefined);
  if (options && !apiAtLeast(operation.engine, 45))
    return `volumeOptions in mounts need Docker API 1.45 or later, and this engine speaks ${spoken}: leave them out`;
  const interval = (inputs.healthcheck as Props | undefined)?.startInterval;
  if (typeof interval === "string" && !/^0[a-z]*$/.test(interval) && !apiAtLeast(operation.engine, 44))
    return `healthcheck.startInterval needs Docker API 1.44 or later, and this engine speaks ${spoken}`;
  return undefined;
}

async function create(docker: Docker, inputs: Props): Promise<string> {
  const platform = textOf(inputs, "platform");
  const query = { name: textOf(inputs, "name"), ...(platform && { platform }) };
  // dockerode takes query and body apart only when told so; its types do not know these two keys.
  const options = { _query: query, _body: createBody(inputs) } as unknown as Docker.ContainerCreateOptions;
  return (await docker.createContainer(options)).id;
}

async function finish(operation: Operation, container: Docker.Container, inputs: Props): Promise<string | undefined> {
  await connect(operation, container, objectsOf(inputs, "networksAdvanced"));
  for (const file of objectsOf(inputs, "uploads")) await upload(operation, container, file);
  if (flagOf(inputs, "start")) {
    await operation.request("starting it", () => container.start());
    if (flagOf(inputs, "wait")) await untilHealthy(operation, container, intOf(inputs, "waitTimeout"));
  }
  return flagOf(inputs, "attach") ? untilEnded(operation, container, inputs) : undefined;
}

async function connect(operation: Operation, container: Docker.Container, networks: Props[]): Promise<void> {
  if (networks.length === 0) return;
  const { docker } = operation.engine;
  try {
    const leave = () => docker.getNetwork("bridge").disconnect({ Container: container.id });
    await operation.request("leaving the network bridge", leave);
  } catch (error) {
    if (!dockerMessage(error).includes("is not connected to")) throw error;
  }
  for (const network of networks) {
    const name = textOf(network, "name");
    await operation.request(`connecting it to the network "${name}"`, () =>
      docker.getNetwork(name).connect({ Container: container.id, EndpointConfig: endpoint(network) }),
    );
  }
}

function endpoint(network: Props): Docker.NetworkConnectOptions["EndpointConfig"] {
  const options = textsOf(network, "driverOpts").map((option) => {
    const [key = "", ...value] = option.split("=");
    return [key, value.join("=")];
  });
  const wanted = {
    Aliases: textsOf(network, "aliases"),
    IPAMConfig: {
      ...(isZero(network.ipv4Address) ? {} : { IPv4Address: textOf(network, "ipv4Address") }),
      ...(isZero(network.ipv6Address) ? {} : { IPv6Address: textOf(network, "ipv6Address") }),
      ...(isZero(network.linkLocalIps) ? {} : { LinkLocalIPs: textsOf(network, "linkLocalIps") }),
    },
    ...(isZero(network.macAddress) ? {} : { MacAddress: textOf(network, "macAddress") }),
    ...(options.length > 0 ? { DriverOpts: Object.fromEntries(options) } : {}),
    ...(isZero(network.gwPriority) ? {} : { GwPriority: intOf(network, "gwPriority") }),
  };
  return wanted as Docker.NetworkConnectOptions["EndpointConfig"];
}

/** Unhealthy is not the end: it may still become healthy before the limit. */
async function untilHealthy(operation: Operation, container: Docker.Container, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  let last = "none";
  while (performance.now() < end) {
    const seen = await operation.wait("waiting for it to be healthy", () => container.inspect());
    if (!seen.State.Health) throw operation.failure("wait is true, but neither image nor program has a healthcheck");
    last = seen.State.Health.Status;
    if (last === "healthy") return;
    await operation.sleep("waiting for it to be healthy", 1000);
  }
  throw operation.failure(`container failed to be in healthy state within ${seconds} s (waitTimeout); it is ${last}`);
}

/** Waits for the end of a job; its output when `logs` is set. */
async function untilEnded(
  operation: Operation,
  container: Docker.Container,
  inputs: Props,
): Promise<string | undefined> {
  const collected = flagOf(inputs, "logs")
    ? operation.wait("following its output", () => output(container, flagOf(inputs, "tty")))
    : undefined;
  try {
    await operation.wait("waiting for it to end (attach)", () => container.wait({ condition: "not-running" }));
  } catch (error) {
    // With `rm` the container may be gone before the wait begins.
    if (statusOf(error) !== 404) throw error;
  }
  return collected;
}

async function output(container: Docker.Container, tty: boolean): Promise<string> {
  const stream = await container.logs({ follow: true, stdout: true, stderr: true });
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  const all = Buffer.concat(chunks);
  return tty ? all.toString() : withoutHeaders(all);
}

/** Docker puts eight bytes before each piece: the stream's number, three zeros, the length. */
function withoutHeaders(framed: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= framed.length; ) {
    const length = framed.readUInt32BE(at + 4);
    pieces.push(framed.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(pieces).toString();
}
