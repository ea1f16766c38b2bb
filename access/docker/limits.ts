/** The CPU limit of a container, which changes while it runs. */
import type { CpuLimit } from "../cpu-limit.ts";
import { type GuestAddress, GuestError } from "../guest.ts";
import { asGuestError, bounded, connectDocker } from "./engine.ts";

const nanoCpus = 1e9;

/** `address.container` is the container's name. */
export function dockerCpuLimit(address: GuestAddress): CpuLimit {
  const name = address.container;
  if (typeof name !== "string") throw new GuestError("failed", `the address of ${address.name} has no container name`);
  const docker = connectDocker();
  const what = `the CPU limit of container ${name}`;
  const ask = <T>(question: Promise<T>) =>
    bounded(question, what).catch((error: unknown) => {
      throw asGuestError(error, what);
    });
  return {
    async read() {
      const { HostConfig } = await ask(docker.getContainer(name).inspect());
      return HostConfig.NanoCpus ? HostConfig.NanoCpus / nanoCpus : undefined;
    },
    async set(cpus) {
      await ask(docker.getContainer(name).update({ NanoCpus: Math.round(cpus * nanoCpus) }));
    },
    async most() {
      return (await ask(docker.info())).NCPU as number;
    },
  };
}
