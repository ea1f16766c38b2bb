/** Nova's servers: seen, and moved from state to state. Errors are CloudErrors; every wait has a limit. */
import { type Cloud, CloudError } from "./cloud.ts";
import { callLimits, unlessAbsent, type WaitOptions, waitFor } from "./cloud-wait.ts";

export interface Server {
  id: string;
  name: string;
  /** Nova's word: ACTIVE, SHUTOFF, ERROR, VERIFY_RESIZE... */
  status: string;
  /** What Nova is doing with it; undefined: nothing. */
  task?: string;
  /** Nova's reason for an ERROR. */
  fault?: string;
  metadata: Readonly<Record<string, string>>;
  addresses: readonly ServerAddress[];
  /** Ids of the volumes that it has. */
  volumes: readonly string[];
  /** Ids. An image is unknown for a server that boots from a volume. */
  flavor: string;
  image?: string;
  tags?: readonly string[];
  /** ISO 8601. */
  createdAt: string;
}

export interface ServerAddress {
  /** The network's name. */
  network: string;
  address: string;
  kind: "fixed" | "floating";
  version: 4 | 6;
}

/** What is read of Nova's JSON. */
interface NovaServer {
  id: string;
  name: string;
  status: string;
  created: string;
  metadata: Record<string, string>;
  addresses: Record<string, { addr: string; version: 4 | 6; "OS-EXT-IPS:type"?: "fixed" | "floating" }[]>;
  flavor: { id: string };
  image: { id: string } | "" | null;
  fault?: { message: string; details?: string };
  /** Since version 2.26. */
  tags?: string[];
  "OS-EXT-STS:task_state"?: string | null;
  "os-extended-volumes:volumes_attached"?: { id: string }[];
}

/** The last version in which Nova tells the id of a server's flavor. */
const telling = { "openstack-api-version": "compute 2.46" };

/** Undefined when the project has no such server. */
export async function getServer(
  cloud: Cloud,
  id: string,
  options: Partial<WaitOptions> = {},
): Promise<Server | undefined> {
  const request = { headers: telling, ...options };
  const answer = await unlessAbsent(cloud.call<{ server: NovaServer }>("compute", pathOf(id), request));
  return answer && serverFrom(answer.server);
}

/** The project's servers that have all of this metadata. Nova cannot be asked for them, so all are fetched. */
export async function listServers(cloud: Cloud, metadata: Readonly<Record<string, string>> = {}): Promise<Server[]> {
  const all = await cloud.list<NovaServer>("compute", "/servers/detail", "servers", { headers: telling });
  return all.map(serverFrom).filter((server) => hasMetadata(server.metadata, metadata));
}

export function hasMetadata(has: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(has, key) && has[key] === value);
}

/** What Nova says of a server, for messages: status, task, and the fault of one in ERROR. */
export function faultOf(server: Server | undefined): string {
  if (!server) return "it does not exist";
  const { status, task, fault } = server;
  return `${status}${task ? `, task ${task}` : ""}${fault ? `: ${fault}` : ""}`;
}

/** The last `lines` (all when not given) that the server wrote to its console; "" when it has none yet. */
export async function consoleLog(cloud: Cloud, id: string, lines?: number): Promise<string> {
  // Nova counts what stands behind the last newline as a line, which is mostly nothing.
  const body = { "os-getConsoleOutput": lines === undefined ? {} : { length: lines + 1 } };
  const request = { method: "POST", body } as const;
  try {
    const answer = await cloud.call<{ output: string | null }>("compute", `${pathOf(id)}/action`, request);
    return lines === undefined ? (answer.output ?? "") : lastLines(answer.output ?? "", lines);
  } catch (error) {
    // "Instance not ready": it is not on a host yet.
    if (error instanceof CloudError && error.problem === "conflict") return "";
    throw error;
  }
}

function lastLines(text: string, count: number): string {
  return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).slice(-count).join("");
}

export interface ServerWait extends WaitOptions {
  /** The state, as "ACTIVE". */
  wanted: string;
  done(server: Server): boolean;
  /** True: from here it will not come to it any more. A server in ERROR with which Nova does nothing never does. */
  lost?(server: Server): boolean;
}

/** Waits for a state of a server that must stay in existence. Errors say the last status, task and fault. */
export async function waitForServer(cloud: Cloud, id: string, wait: ServerWait): Promise<Server> {
  const { wanted, done, lost, ...options } = wait;
  const seen = await waitFor<Server | undefined>({
    ...options,
    what: `the server ${id} to be ${wanted}`,
    look: (request) => getServer(cloud, id, request),
    done: (server) => server !== undefined && done(server),
    lost: (server) => (!server || is(server, "ERROR") || lost?.(server) ? faultOf(server) : undefined),
    words: faultOf,
  });
  return seen as Server;
}

/** What makes a server run again, by the state that somebody put it in. */
const starts: Readonly<Record<string, { action: string; task: string }>> = {
  PAUSED: { action: "unpause", task: "unpausing" },
  SUSPENDED: { action: "resume", task: "resuming" },
  SHELVED: { action: "unshelve", task: "unshelving" },
  SHELVED_OFFLOADED: { action: "unshelve", task: "unshelving" },
};

/** Done when it is ACTIVE; one that runs already is left alone. One that was paused, suspended or shelved is woken. */
export async function startServer(cloud: Cloud, id: string, options: WaitOptions): Promise<void> {
  const status = (await getServer(cloud, id))?.status ?? "SHUTOFF";
  const { action, task } = starts[status] ?? { action: "os-start", task: "powering-on" };
  await move(cloud, id, options, {
    body: { [action]: null },
    tasks: [task],
    wanted: "ACTIVE",
    done: (server) => is(server, "ACTIVE"),
    lost: (server) => is(server, starts[status] ? status : "SHUTOFF"),
  });
}

/**
 * Asks the operating system to shut down; done when it is SHUTOFF. Nothing is killed from here, but Nova itself pulls the plug
 * when its own time is over: the image's os_shutdown_timeout, else the cloud's shutdown_timeout (60 s).
 */
export async function stopServer(cloud: Cloud, id: string, options: WaitOptions): Promise<void> {
  await move(cloud, id, options, {
    body: { "os-stop": null },
    tasks: ["powering-off"],
    wanted: "SHUTOFF",
    done: (server) => is(server, "SHUTOFF"),
    lost: (server) => is(server, "ACTIVE"),
  });
}

/** Through the operating system, or `hard`: a power cut, also of one in ERROR. Done when Nova has it ACTIVE again. */
export async function rebootServer(cloud: Cloud, id: string, options: WaitOptions, hard = false): Promise<void> {
  await act(cloud, id, { reboot: { type: hard ? "HARD" : "SOFT" } }, options);
  const done = (server: Server) => is(server, "ACTIVE");
  await waitForServer(cloud, id, { ...options, wanted: "ACTIVE", done });
}

export interface Rebuild {
  /** The image's id. */
  image: string;
  /** Not encoded; undefined: the server keeps what it has. */
  userData?: string;
}

/** A new root disk. Volumes, ports and addresses stay; done when it is in the state that it was in before. */
export async function rebuildServer(cloud: Cloud, id: string, to: Rebuild, options: WaitOptions): Promise<void> {
  const { image: imageRef, userData } = to;
  const user_data = userData === undefined ? {} : { user_data: Buffer.from(userData).toString("base64") };
  await act(cloud, id, { rebuild: { imageRef, ...user_data } }, options);
  const done = (server: Server) => is(server, "ACTIVE") || is(server, "SHUTOFF");
  await waitForServer(cloud, id, { ...options, wanted: "ACTIVE or SHUTOFF on its new image", done });
}

/** To another flavor (its id); done when it waits for `confirmResize` or `revertResize`. */
export async function resizeServer(cloud: Cloud, id: string, flavor: string, options: WaitOptions): Promise<void> {
  await act(cloud, id, { resize: { flavorRef: flavor } }, options);
  const done = (server: Server) => is(server, "VERIFY_RESIZE");
  // Where no host has room, Nova falls back without a fault.
  const lost = (server: Server) => is(server, "ACTIVE") || is(server, "SHUTOFF");
  try {
    await waitForServer(cloud, id, { ...options, wanted: `VERIFY_RESIZE on flavor ${flavor}`, done, lost });
  } catch (error) {
    if (!(error instanceof CloudError && error.problem === "failed")) throw error;
    const reason = await lastActionFailure(cloud, id);
    throw new CloudError("failed", `${error.message}${reason ? ` (${reason})` : ""}`, { cause: error });
  }
}

/** Done when it is ACTIVE or SHUTOFF on the new flavor; the old one's room is given up. */
export async function confirmResize(cloud: Cloud, id: string, options: WaitOptions): Promise<void> {
  await move(cloud, id, options, {
    body: { confirmResize: null },
    tasks: [],
    wanted: "ACTIVE or SHUTOFF after its resize",
    done: (server) => is(server, "ACTIVE") || is(server, "SHUTOFF"),
  });
}

/** Done when it is back on the old flavor, ACTIVE or SHUTOFF. */
export async function revertResize(cloud: Cloud, id: string, options: WaitOptions): Promise<void> {
  await move(cloud, id, options, {
    body: { revertResize: null },
    tasks: ["resize_reverting"],
    wanted: "ACTIVE or SHUTOFF on its old flavor",
    done: (server) => is(server, "ACTIVE") || is(server, "SHUTOFF"),
  });
}

/** A power cut, and gone: stop it first. Volumes and ports that Nova did not make stay. One that is gone is fine. */
export async function deleteServer(cloud: Cloud, id: string, options: WaitOptions): Promise<void> {
  const gone = (server: Server | undefined) => !server || server.status === "DELETED";
  await unlessAbsent(cloud.call("compute", pathOf(id), { method: "DELETE", ...callLimits(options) }));
  let forced = false;
  await waitFor({
    ...options,
    what: `the server ${id} to be deleted`,
    look: async (request) => {
      const server = await getServer(cloud, id, request);
      if (server?.status !== "SOFT_DELETED" || forced) return server;
      // A cloud that keeps deleted servers for a while keeps their volumes attached for as long.
      forced = true;
      await unlessAbsent(act(cloud, id, { forceDelete: null }, request));
      return server;
    },
    done: gone,
    lost: (server) => (server?.status === "ERROR" && !server.task ? faultOf(server) : undefined),
    words: faultOf,
  });
}

interface Move extends Omit<ServerWait, keyof WaitOptions> {
  body: object;
  /** Nova's tasks of this action: one that is under way is not asked for again. */
  tasks: readonly string[];
}

/** Asks for a state and waits for it; asks nothing of a server that is in it or on its way. */
async function move(cloud: Cloud, id: string, options: WaitOptions, { body, tasks, ...wait }: Move): Promise<void> {
  const onItsWay = (server: Server | undefined) =>
    server !== undefined && (wait.done(server) || (server.task !== undefined && tasks.includes(server.task)));
  if (!onItsWay(await getServer(cloud, id))) {
    try {
      await act(cloud, id, body, options);
    } catch (error) {
      // A repeated request finds the first one at work.
      if (!(error instanceof CloudError && error.problem === "conflict")) throw error;
      if (!onItsWay(await getServer(cloud, id))) throw error;
    }
  }
  await waitForServer(cloud, id, { ...options, ...wait });
}

async function act(cloud: Cloud, id: string, body: object, options: WaitOptions): Promise<void> {
  await cloud.call("compute", `${pathOf(id)}/action`, { method: "POST", body, ...callLimits(options) });
}

/** Nova's record of what was done to a server, where it says why it failed. */
async function lastActionFailure(cloud: Cloud, id: string): Promise<string | undefined> {
  const key = "instanceActions";
  const actions = await cloud
    .list<{ action: string; request_id: string; message: string | null }>(
      "compute",
      `${pathOf(id)}/os-instance-actions`,
      key,
      { query: { limit: 1 } },
    )
    .catch(() => []);
  const [last] = actions;
  return last?.message ? `Nova's action "${last.action}": ${last.message} (${last.request_id})` : undefined;
}

/** In that status, and Nova is through with it. */
function is(server: Server, status: string): boolean {
  return server.status === status && server.task === undefined;
}

function pathOf(id: string): string {
  return `/servers/${encodeURIComponent(id)}`;
}

function serverFrom(server: NovaServer): Server {
  const task = server["OS-EXT-STS:task_state"];
  return {
    id: server.id,
    name: server.name,
    status: server.status,
    ...(task ? { task } : {}),
    ...(server.fault ? { fault: server.fault.message } : {}),
    metadata: server.metadata,
    addresses: Object.entries(server.addresses).flatMap(([network, list]) =>
      list.map(({ addr, version, "OS-EXT-IPS:type": kind = "fixed" }) => ({ network, address: addr, kind, version })),
    ),
    volumes: (server["os-extended-volumes:volumes_attached"] ?? []).map(({ id }) => id),
    flavor: server.flavor.id,
    ...(server.image ? { image: server.image.id } : {}),
    ...(server.tags ? { tags: server.tags } : {}),
    createdAt: new Date(server.created).toISOString(),
  };
}
