/** Where a figure is taken: the same stacks on each target, and the same engine set up by hand there. */
import { parseDocument } from "yaml";
import type { Guest } from "../access/guest.ts";
import { openGuest } from "../access/index.ts";
import { imageName, recipeOf } from "../images/index.ts";
import { type Checkout, makeCheckout, objectsOf } from "../test/support/checkout.ts";
import { demoSpec, makeCloudStack } from "../test/support/cloud.ts";
import { type InstanceOptions, specOf } from "../test/support/specs.ts";
import { serverByHand } from "./by-client.ts";
import { initialiseByHand } from "./by-hand.ts";

export type Instances = Record<string, InstanceOptions>;

export interface BenchStack {
  up(): Promise<void>;
  list(): Promise<void>;
  /** Fails when anything differs. Of all instances, or of one. */
  drift(instance?: string): Promise<void>;
  /** Changes what the spec lists; nothing is applied. */
  write(instances: Instances): void;
  guest(instance: string): Promise<Guest>;
  /** What Coffer wrote down about its runs. */
  logText(): string;
  cleanUp(): Promise<void>;
}

export interface BenchTarget {
  /** For a row's words; empty on Docker, where the first table was taken. */
  words: string;
  stack(instances: Instances): Promise<BenchStack>;
  /** The engine set up without Coffer, until it answers; gives what removes it again. */
  byHand(engine: string): Promise<() => Promise<void>>;
}

/** The datastore versions that specs of this benchmark get, by engine. */
export const benchVersions: Readonly<Record<string, string>> = { mariadb: "10.11", postgresql: "15" };

function stackOf(
  checkout: Pick<Checkout, "ok" | "stack" | "writeSpec" | "logText" | "cleanUp">,
  spec: (instances: Instances) => string,
  guest: BenchStack["guest"],
): BenchStack {
  return {
    up: async () => void (await checkout.ok(["up", "--stack", checkout.stack])),
    list: async () => void (await checkout.ok(["list", "--stack", checkout.stack])),
    drift: async (instance) => {
      const only = instance === undefined ? [] : [instance];
      await checkout.ok(["drift", ...only, "--detailed-exitcode", "--stack", checkout.stack]);
    },
    write: (instances) => checkout.writeSpec(spec(instances)),
    guest,
    logText: checkout.logText,
    cleanUp: checkout.cleanUp,
  };
}

export const onDocker: BenchTarget = {
  words: "",
  async stack(instances) {
    const checkout = await makeCheckout(specOf(instances));
    return stackOf(checkout, specOf, (instance) => containerOf(checkout, instance));
  },
  byHand: (engine) => initialiseByHand(engine, imageName(recipeOf(engine, benchVersions[engine] ?? ""))),
};

/** Of a stack with one instance. */
async function containerOf(checkout: Checkout, name: string): Promise<Guest> {
  const { containers } = await objectsOf(checkout.stackId());
  const [container] = containers;
  const [id = ""] = container?.Names ?? [];
  const uuid = container?.Labels["coffer.instance"] ?? "";
  return openGuest({ target: "docker", name, uuid, container: id.slice(1) });
}

export const onOpenstack: BenchTarget = {
  words: " on OpenStack",
  async stack(instances) {
    const stack = await makeCloudStack(cloudSpec(instances));
    return stackOf(stack, cloudSpec, stack.guest);
  },
  async byHand(engine) {
    const server = serverByHand(process.env.OS_CLOUD ?? "devcloud", engine);
    try {
      await server.toFirstQuery();
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server.remove;
  },
};

/** The same instances with the target, and an access, of the cloud's demo. */
function cloudSpec(instances: Instances): string {
  const spec = parseDocument(specOf(instances));
  spec.set("target", parseDocument(demoSpec()).toJS().target);
  spec.delete("flavors");
  for (const name of Object.keys(instances)) {
    spec.setIn(["instances", name, "flavor"], "m1.small");
    spec.setIn(["instances", name, "access"], { public: true });
  }
  return spec.toString();
}
