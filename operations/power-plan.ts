/** What stopping, starting and rebooting an instance takes, from what its machine and its guest say. Pure. */

export type PowerVerb = "stop" | "start" | "reboot";

export interface PowerFacts {
  verb: PowerVerb;
  name: string;
  /** Go on where the guest does not answer. */
  force: boolean;
  machine: {
    running: boolean;
    busy?: "build" | "reboot" | "resize";
    broken?: string;
    /** The target's words. */
    words: string;
  };
  /** Why the guest of a running machine does not answer; undefined: it answers, or nobody asked it. */
  silence?: string;
}

export type PowerStep =
  | { kind: "end-database" }
  | { kind: "stop-machine" }
  | { kind: "start-machine" }
  | { kind: "reboot-machine"; hard: boolean }
  | { kind: "await-guest" }
  | { kind: "start-database" }
  | { kind: "await-healthy" };

export interface PowerPlan {
  /** None: the instance is stopped already, which is all that was asked. */
  steps: readonly PowerStep[];
  refusal?: { message: string; remedy: string };
}

/** The steps up to a database server that answers. */
const serving: readonly PowerStep[] = [{ kind: "await-guest" }, { kind: "start-database" }, { kind: "await-healthy" }];

/** Whether the plan depends on the guest: nobody asks one whose machine is not running, or is being moved. */
export function asksGuest({ verb, machine }: Pick<PowerFacts, "verb" | "machine">): boolean {
  return verb !== "start" && machine.running && machine.busy === undefined && machine.broken === undefined;
}

export function planPower(facts: PowerFacts): PowerPlan {
  const { verb, force, machine, silence } = facts;
  const { running, busy, broken } = machine;
  if (busy === "reboot" && verb !== "stop") return { steps: serving };
  if (busy !== undefined) return refuse(facts, "wait until that has ended; `coffer up` completes a resize or a build");
  if (broken !== undefined) {
    if (verb === "reboot" && force) return { steps: [{ kind: "reboot-machine", hard: true }, ...serving] };
    return refuse(facts, `a hard reboot may bring it back: coffer reboot ${facts.name} --force`);
  }
  if (!running) return { steps: verb === "stop" ? [] : [{ kind: "start-machine" }, ...serving] };
  if (verb === "start") return { steps: serving };
  if (silence !== undefined && !force) return silent(facts, silence);
  const end: readonly PowerStep[] = silence === undefined ? [{ kind: "end-database" }] : [];
  if (verb === "stop") return { steps: [...end, { kind: "stop-machine" }] };
  return { steps: [...end, { kind: "reboot-machine", hard: silence !== undefined }, ...serving] };
}

function refuse({ name, machine }: PowerFacts, remedy: string): PowerPlan {
  return { steps: [], refusal: { message: `the machine of "${name}" is ${machine.words}`, remedy } };
}

function silent({ verb, name, machine }: PowerFacts, silence: string): PowerPlan {
  const message = `the guest of "${name}" does not answer, so its database cannot be ended cleanly first (machine: ${machine.words}): ${silence}`;
  const what =
    verb === "stop"
      ? "presses the power button; what has not ended when the target's own time is over is cut off"
      : "cuts the power and starts it again";
  return {
    steps: [],
    refusal: { message, remedy: `look at it with \`coffer show ${name}\`; coffer ${verb} ${name} --force ${what}` },
  };
}
