/** The limits of a container, which change while it runs. */
import { type GuestAddress, GuestError } from "../guest.ts";
import type { Limits, MachineLimits } from "../machine-limits.ts";
import { asGuestError, bounded, connectDocker } from "./engine.ts";

const nanoCpus = 1e9;

/** As the engine keeps them; 0 is no limit. */
export function limitsOf({ NanoCpus, Memory }: { NanoCpus?: number; Memory?: number }): Limits {
  return { ...(NanoCpus ? { cpus: NanoCpus / nanoCpus } : {}), ...(Memory ? { memoryBytes: Memory } : {}) };
}

/** `address.container` is the container's name. */
export function dockerLimits(address: GuestAddress): MachineLimits {
  const name = address.container;
  if (typeof name !== "string") throw new GuestError("failed", `the address of ${address.name} has no container name`);
  const docker = connectDocker();
  const what = `the limits of container ${name}`;
  const ask = <T>(question: Promise<T>) =>
    bounded(question, what).catch((error: unknown) => {
      throw asGuestError(error, what);
    });
  return {
    async read() {
      return limitsOf((await ask(docker.getContainer(name).inspect())).HostConfig);
    },
    async set({ cpus, memoryBytes }) {
      const update = {
        ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * nanoCpus) }),
        // Equal to memory: no swap.
        ...(memoryBytes === undefined ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
      };
      await ask(docker.getContainer(name).update(update));
    },
    async most() {
      return (await ask(docker.info())).NCPU as number;
    },
  };
}
