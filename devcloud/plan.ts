/** From the cloud's parts and what is seen of them to the steps that are left. Pure. */
import type { Part, Service, Task } from "./parts.ts";

/** What is there already, by name. */
export interface Observed {
  running: ReadonlySet<string>;
  done: ReadonlySet<string>;
}

export interface Step {
  name: string;
  /** `await`: the service runs; it is only waited for until it answers. */
  act: "start" | "await" | "run";
  part: Part;
  /** Names of other steps of the plan that end before this one begins. */
  needs: readonly string[];
}

/**
 * The steps that bring all parts up, in an order that may also be carried out one by one. Throws when the parts need something that is not
 * among them, or each other in a ring: a defect of the parts.
 */
export function planUp(parts: readonly Part[], observed: Observed): Step[] {
  const steps = new Map<string, Step>();
  // What is done already needs no step; what it stands on (the database under its users) may have to be started again.
  const waits = new Map<string, readonly string[]>();
  for (const part of inOrder(parts)) {
    const needs = [...new Set(part.needs.flatMap((name) => waits.get(name) ?? []))];
    const act = actOf(part, observed);
    if (act !== undefined) steps.set(part.name, { name: part.name, act, part, needs });
    waits.set(part.name, act === undefined ? needs : [part.name]);
  }
  return [...steps.values()];
}

function actOf(part: Part, observed: Observed): Step["act"] | undefined {
  if (part.kind === "task") return observed.done.has(part.name) ? undefined : "run";
  if (!observed.running.has(part.name)) return "start";
  return part.ready === undefined ? undefined : "await";
}

/** Every part after those that it needs; otherwise in the order in which they are given. */
export function inOrder(parts: readonly Part[]): Part[] {
  const byName = new Map(parts.map((part) => [part.name, part]));
  if (byName.size !== parts.length) throw new Error("two parts of the development cloud have the same name");
  const placed = new Set<string>();
  const ordered: Part[] = [];
  const place = (part: Part, above: readonly string[]): void => {
    if (placed.has(part.name)) return;
    if (above.includes(part.name)) throw new Error(`parts need each other: ${[...above, part.name].join(", ")}`);
    for (const name of part.needs) {
      const needed = byName.get(name);
      if (needed === undefined) throw new Error(`${part.name} needs ${name}, and there is no such part`);
      place(needed, [...above, part.name]);
    }
    placed.add(part.name);
    ordered.push(part);
  };
  for (const part of parts) place(part, []);
  return ordered;
}

export interface Stopping {
  wave: Service["stop"]["wave"];
  services: readonly Service[];
}

/** The running services, wave by wave: those that others stand on last. */
export function planDown(parts: readonly Part[], running: ReadonlySet<string>): Stopping[] {
  const services = parts.filter((part) => part.kind === "service").filter(({ name }) => running.has(name));
  return ([0, 1, 2, 3] as const)
    .map((wave) => ({ wave, services: services.filter(({ stop }) => stop.wave === wave) }))
    .filter(({ services: some }) => some.length > 0);
}

export const tasksOf = (parts: readonly Part[]): Task[] => parts.filter((part) => part.kind === "task");
export const servicesOf = (parts: readonly Part[]): Service[] => parts.filter((part) => part.kind === "service");
