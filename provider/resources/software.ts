/**
 * coffer:guest:Software: what makes a guest of a machine that started from a stock cloud image. Installed once, at the
 * first boot of each system disk; a recipe that changed later is only taken by a new system disk.
 * Inputs: guest, machineId (another one: another system disk), engine, version. Outputs: the inputs and `recipe` (the hash
 * of what was installed; "" when it is not done).
 */
import { type Guest, GuestError } from "../../access/guest.ts";
import { recipeOf } from "../../images/index.ts";
import { type Software, softwareOf } from "../../images/stock.ts";
import { inputChanges } from "../changes.ts";
import { addressOf, inGuest, stepsOf } from "../in-guest.ts";
import { type Context, HalfMade, type Kind } from "../kind.ts";
import { installedOn, planSoftware, type SeenMachine, seenMachine } from "../software-plan.ts";
import { askScript, executeStep, summaries } from "../software-steps.ts";
import { UNKNOWN, type Values } from "../values.ts";

export const software: Kind = {
  token: "coffer:guest:Software",
  secrets: ["guest"],
  live: false,
  check: () => [],

  diff(old, inputs) {
    const changes = inputChanges(old.inputs, inputs);
    if (changes.length > 0 || old.outputs.recipe) return changes;
    return [{ path: "recipe", kind: "update", fromInputs: false }];
  },

  preview(context, inputs) {
    announce(context, inputs);
    return { ...inputs, recipe: UNKNOWN };
  },

  async create(context, inputs) {
    const id = `${addressOf(inputs).uuid}/software`;
    return { id, outputs: await converge(context, id, inputs) };
  },

  read: async (_context, _id, _inputs, outputs) => outputs,

  async previewUpdate(context, old, inputs) {
    announce(context, inputs);
    return { ...old.outputs, ...inputs, recipe: UNKNOWN };
  },

  update: (context, id, _old, inputs) => converge(context, id, inputs),

  async delete() {},
};

function announce(context: Context, inputs: Values): void {
  const { suite, packages } = softwareIn(inputs);
  const words = `installs ${packages[0]} at the first boot, from the Debian ${suite} packages of the image's mirror: that takes minutes`;
  context.note("info", words);
}

async function converge(context: Context, id: string, inputs: Values): Promise<Values> {
  const wanted = softwareIn(inputs);
  const { name, hostKey } = addressOf(inputs);
  return inGuest(context, inputs, async (guest) => {
    try {
      const steps = stepsOf(named(name, planSoftware(wanted, await look(guest, wanted), String(hostKey))));
      for (const step of steps) {
        context.signal.throwIfAborted();
        const words = summaries[step.kind];
        if (words !== undefined) context.note("info", words);
        await executeStep(context, guest, wanted.script, step);
      }
      return { ...inputs, recipe: installedOn(await look(guest, wanted)) ?? "" };
    } catch (error) {
      throw new HalfMade({ id, outputs: { ...inputs, recipe: "" } }, error);
    }
  });
}

async function look(guest: Guest, { user, script }: Software): Promise<SeenMachine> {
  try {
    return seenMachine((await askScript(guest, script, ["look", user.name, String(user.id)])).stdout);
  } catch (error) {
    if (!(error instanceof GuestError) || error.problem !== "failed" || !/sudo/.test(error.message)) throw error;
    const words = `its login user cannot become root: take an image with sudo, whose cloud-init may use it`;
    throw new GuestError("failed", `${error.message}; ${words}`, { cause: error });
  }
}

/** The refusals, with whose they are and the way out: the image of a server that is there stays until then. */
function named<P extends ReturnType<typeof planSoftware>>(name: string, plan: P): P {
  const remedy = `a server keeps its image: take it away with \`coffer force-delete ${name}\`, write it into the spec again with another image, and: coffer up`;
  const refusals = plan.refusals.map((words) => `"${name}" cannot be installed in its stock image: ${words}`);
  return refusals.length > 0 ? { ...plan, refusals: [...refusals, remedy] } : plan;
}

const softwareIn = (inputs: Values): Software => softwareOf(recipeOf(String(inputs.engine), String(inputs.version)));
