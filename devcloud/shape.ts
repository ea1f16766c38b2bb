/** What the cloud consists of beyond its core. Kept, so that a plain `up` after a reboot brings all of it back. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFile } from "../toolchain/cache.ts";
import type { Layout } from "./layout.ts";

export interface Shape {
  /** Real hypervisors; 1 is this machine's own. */
  hypervisors: number;
  /** Pretended hypervisors, in the availability zone `fake`. */
  fake: number;
  heat: boolean;
}

export const smallest: Shape = { hypervisors: 1, fake: 0, heat: false };

/** The most that the address plan has room for. */
export const largest = { hypervisors: 20, fake: 200 } as const;

/** A cloud only grows: taking a hypervisor away would leave its servers behind. */
export function grown(before: Shape, asked: Partial<Shape>): Shape {
  return {
    hypervisors: Math.max(before.hypervisors, asked.hypervisors ?? 1),
    fake: Math.max(before.fake, asked.fake ?? 0),
    heat: before.heat || (asked.heat ?? false),
  };
}

const fileOf = (at: Layout): string => join(at.state, "shape.json");

export function readShape(at: Layout): Shape {
  try {
    return { ...smallest, ...(JSON.parse(readFileSync(fileOf(at), "utf8")) as Partial<Shape>) };
  } catch {
    return smallest;
  }
}

export function writeShape(at: Layout, shape: Shape): void {
  writeFile(fileOf(at), `${JSON.stringify(shape)}\n`);
}
