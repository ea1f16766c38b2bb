/** What the targets themselves say about the machines of instances, beside what their guests say. Bounded; never throws. */
import { GuestError } from "../access/guest.ts";
import { openMachine } from "../access/index.ts";
import type { RealObject } from "../access/inventory.ts";
import { messageOf } from "./errors.ts";
import { inventoryAt, type Location } from "./locations.ts";

/** Milliseconds until a guest or a target answers at all: longer than a connection has, so that its own words are told. */
export const lookMs = 15_000;

/** The real objects of one instance. */
export interface MachineLook {
  location: Location;
  /** Undefined: proven not to exist. */
  server?: RealObject;
  data?: RealObject;
  /** Oldest first. */
  snapshots: readonly RealObject[];
}

export interface MachineLooks {
  /** By the instance's uuid; undefined where its target did not answer. */
  of(uuid: string): MachineLook | undefined;
  /** Why a target did not answer. */
  problem?: string;
}

/** One question to each target, whatever the number of instances. */
export async function lookAtMachines(locations: readonly Location[], stackId: string): Promise<MachineLooks> {
  const seen = await Promise.all(
    locations.map(async (location) => {
      try {
        return {
          location,
          objects: await within(lookMs, placeOf(location), () => inventoryAt(location).list(stackId)),
        };
      } catch (error) {
        return { location, problem: messageOf(error) };
      }
    }),
  );
  const problem = seen.find((one) => one.problem !== undefined)?.problem;
  return { of: (uuid) => lookOf(uuid, seen), ...(problem === undefined ? {} : { problem }) };
}

/** Pure. Where one of several targets did not answer, what the others lack proves nothing. */
export function lookOf(
  uuid: string,
  seen: readonly { location: Location; objects?: readonly RealObject[] }[],
): MachineLook | undefined {
  const looks = seen.flatMap(({ location, objects }) => {
    const own = objects?.filter(({ instance }) => instance === uuid) ?? [];
    const [server] = own.filter(({ kind }) => kind === "server");
    const [data] = own.filter(({ kind }) => kind === "volume");
    const snapshots = own.filter(({ kind }) => kind === "snapshot");
    return own.length ? [{ location, ...(server ? { server } : {}), ...(data ? { data } : {}), snapshots }] : [];
  });
  const [first] = seen;
  if (looks.length || !first || seen.some(({ objects }) => objects === undefined)) return looks[0];
  return { location: first.location, snapshots: [] };
}

/** The target's words for a machine: its status with the fault, or whether it runs. */
export function machineWords(server: RealObject): string {
  if (server.state !== undefined) return server.state;
  if (server.running) return "running";
  return server.exitCode === undefined ? "stopped" : `stopped (exit code ${server.exitCode})`;
}

/** What the targets say of objects that failed. Plugins only tell that they did. */
export async function brokenWords(locations: readonly Location[], stackId: string): Promise<readonly string[]> {
  const lists = await Promise.all(
    locations.map((location) =>
      within(lookMs, placeOf(location), () => inventoryAt(location).list(stackId)).catch(() => []),
    ),
  );
  return lists
    .flat()
    .flatMap(({ kind, name, instanceName = "", broken }) =>
      broken === undefined ? [] : [`instance "${instanceName}": the ${kind} ${name} failed: ${broken}`],
    );
}

/** The end of a machine's console log; none where the target has no consoles, or does not tell. */
export async function lastWords(name: string, look: MachineLook, lines: number): Promise<readonly string[]> {
  const { server, location } = look;
  // A target that has no words of its own for its machines has no console either.
  if (server?.state === undefined) return [];
  try {
    const text = await within(lookMs, `the console of "${name}"`, () =>
      openMachine({ ...location, name, server: server.id }).console(lines),
    );
    return text.trimEnd().split(/\r?\n/).filter(Boolean).slice(-lines);
  } catch (error) {
    return [`(not readable: ${messageOf(error)})`];
  }
}

/** Fails with a GuestError when `act`, which asks `who`, takes longer; what it does goes on unseen. */
export async function within<T>(limit: number, who: string, act: () => Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const words = `${who} did not answer within ${limit / 1000} s`;
  const timer = setTimeout(() => reject(new GuestError("timeout", words)), limit);
  try {
    return await Promise.race([act(), late]);
  } finally {
    clearTimeout(timer);
  }
}

const placeOf = ({ target, cloud }: Location): string => (cloud === undefined ? target : `the cloud "${cloud}"`);
