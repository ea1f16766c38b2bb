/** What the cloud is made of, as data: services that run, and tasks that are done once. */

export interface Service {
  kind: "service";
  name: string;
  /** Names of the services and tasks that must be there before it starts. */
  needs: readonly string[];
  argv: readonly [string, ...string[]];
  /** Added to the environment that all services have. */
  env?: Readonly<Record<string, string>>;
  /** When it is there for those that need it: at its start when absent. */
  ready?: Ready;
  stop: Stop;
}

/** A listener that accepts connections, or an API that answers: some listen long before they do. */
export type Ready =
  | { kind: "tcp"; address: string; port: number }
  | { kind: "http"; url: string }
  | { kind: "socket"; path: string };

export interface Stop {
  /** Services of a wave are stopped side by side, lower waves first. */
  wave: 0 | 1 | 2 | 3;
  /** Until it is killed, after SIGTERM. */
  seconds: number;
}

export interface Task {
  kind: "task";
  name: string;
  needs: readonly string[];
  /** How long its result lasts: until `wipe`, or as long as the namespaces do. */
  lasts: "state" | "world";
  act: Act;
  /** It waits more than it computes: it does not take turns with the others. */
  light?: true;
}

export type Act =
  /** Commands in the cloud's namespaces, one after the other; each must end with 0. */
  | { kind: "commands"; commands: readonly Command[] }
  /** Something done through the APIs; the executor knows it by this name. */
  | { kind: "api"; call: "catalogue" | "heat-catalogue" | "flavors" | "networks" | "volume-type" | "fake-zone" };

export interface Command {
  argv: readonly [string, ...string[]];
  env?: Readonly<Record<string, string>>;
}

export type Part = Service | Task;

export const quick: Stop = { wave: 1, seconds: 8 };
