/**
 * coffer:guest:Databases: the databases of one instance, as a list. One that leaves the list is refused unless the
 * spec names it in `drop`; databases made by hand are left alone.
 * Outputs: the inputs, `observed`, `reachable`, and `unfinished`: names that were managed before a change that failed half way.
 */
import type { Guest } from "../../access/guest.ts";
import type { Database, Engine, ObservedDatabase, OpenServer, Plan, SqlStep } from "../../engines/engine.ts";
import { engineOf } from "../../engines/index.ts";
import { ownSession } from "../../engines/shared/look.ts";
import { takesAway } from "../../engines/shared/losses.ts";
import { inputChanges } from "../changes.ts";
import { inGuest, isUnread, readInGuest, recorded, stepsOf } from "../in-guest.ts";
import { HalfMade, type Kind } from "../kind.ts";
import { sharedSession } from "../reads.ts";
import { hasUnknown, UNKNOWN, type Values } from "../values.ts";

export const databases: Kind = {
  token: "coffer:guest:Databases",
  secrets: ["guest"],
  live: true,

  check(inputs, old) {
    if (!old || hasUnknown(inputs.databases) || hasUnknown(inputs.drop)) return [];
    const keeps = new Set([...namesIn(inputs), ...dropIn(inputs)]);
    return namesIn(old)
      .filter((name) => !keeps.has(name))
      .map((name) => ({
        property: "databases",
        reason: `database ${JSON.stringify(name)} is no longer listed, and dropping it would lose its data; list it again, or write in the spec, to drop it for good: drop: [${JSON.stringify(name)}]`,
      }));
  },

  diff(old, inputs) {
    const changes = inputChanges(old.inputs, inputs);
    if (hasUnknown({ ...inputs, guest: null })) return changes;
    if (isUnread(old.outputs)) return [...changes, { path: "reachable", kind: "update", fromInputs: false }];
    if (!changes.length && !isDone(plan(inputs, observedIn(old.outputs), managed(old)))) {
      changes.push({ path: "databases", kind: "update", fromInputs: false });
    }
    return changes;
  },

  preview: (_context, inputs) => ({ ...inputs, observed: UNKNOWN, reachable: true }),

  async create(context, inputs) {
    const id = `${String(inputs.uuid)}/databases`;
    return {
      id,
      outputs: await inGuest(context, inputs, (guest) => converge(context.note, guest, id, inputs, nothing)),
    };
  },

  read: (context, _id, inputs, outputs) =>
    readInGuest(context, inputs, outputs, async (guest) => ({
      ...inputs,
      observed: recorded(await sharedSession(engineIn(inputs), guest)((server) => observe(server, inputs))),
      ...(outputs.unfinished ? { unfinished: outputs.unfinished } : {}),
      ...(outputs.unfinishedExtensions ? { unfinishedExtensions: outputs.unfinishedExtensions } : {}),
    })),

  async previewUpdate(context, old, inputs) {
    if (!hasUnknown({ ...inputs, guest: null }) && old.outputs.reachable !== false) {
      for (const step of stepsOf(plan(inputs, observedIn(old.outputs), managed(old))))
        context.note(takesAway(step) ? "warning" : "info", step.summary);
    }
    return { ...old.outputs, ...inputs, observed: UNKNOWN };
  },

  update: (context, id, old, inputs) =>
    inGuest(context, inputs, (guest) => converge(context.note, guest, id, inputs, managed(old))),

  // Removing an instance never runs DROP: its data stays on the volume as it is.
  async delete() {},
};

async function converge(
  note: (severity: "info", message: string) => void,
  guest: Guest,
  id: string,
  inputs: Values,
  previous: Managed,
): Promise<Values> {
  return ownSession(() => engineIn(inputs).open(guest))(async (open) => {
    try {
      const steps = stepsOf(plan(inputs, await observe(open, inputs, previous), previous));
      await open.executeAll(steps, {}, ({ summary }) => note("info", summary));
      return { ...inputs, observed: recorded(await observe(open, inputs)), reachable: true };
    } catch (error) {
      const unfinished: Values = {
        unfinished: recorded(previous.names),
        unfinishedExtensions: recorded(previous.extensions),
      };
      throw new HalfMade({ id, outputs: { ...inputs, observed: [], reachable: false, ...unfinished } }, error);
    }
  });
}

const engineIn = (inputs: Values): Engine => engineOf(String(inputs.engine));
const listIn = (inputs: Values): readonly Database[] => (inputs.databases ?? []) as unknown as readonly Database[];
const namesIn = (inputs: Values): string[] => listIn(inputs).map((database) => database.name);
/** All that Coffer may have made and not dropped: the list as it was, and the lists before changes that failed since. */
function managed({ inputs, outputs }: { inputs: Values; outputs: Values }): Managed {
  const extensions = new Map(Object.entries((outputs.unfinishedExtensions ?? {}) as Extensions));
  for (const { name, extensions: own = [] } of listIn(inputs))
    if (own.length) extensions.set(name, [...new Set([...(extensions.get(name) ?? []), ...own])]);
  const names = [...new Set([...namesIn(inputs), ...((outputs.unfinished ?? []) as readonly string[])])];
  return { names, extensions: Object.fromEntries(extensions) };
}

type Extensions = Readonly<Record<string, readonly string[]>>;

interface Managed {
  names: readonly string[];
  /** By database. */
  extensions: Extensions;
}

const nothing: Managed = { names: [], extensions: {} };

/** Extensions are read where there are some to speak of: each database with them takes a connection. */
function observe(server: OpenServer, inputs: Values, { extensions } = nothing): Promise<readonly ObservedDatabase[]> {
  const listed = listIn(inputs).filter((database) => database.extensions?.length);
  return server.databases([...listed.map(({ name }) => name), ...Object.keys(extensions)]);
}

const dropIn = (inputs: Values): readonly string[] => (inputs.drop ?? []) as readonly string[];
const observedIn = (outputs: Values) => (outputs.observed ?? []) as unknown as readonly ObservedDatabase[];
const isDone = (p: Plan<SqlStep>): boolean => !p.steps.length && !p.refusals.length;

function plan(inputs: Values, observed: readonly ObservedDatabase[], previous: Managed): Plan<SqlStep> {
  const { names, extensions } = previous;
  return engineIn(inputs).planDatabases(listIn(inputs), observed, names, dropIn(inputs), extensions);
}
