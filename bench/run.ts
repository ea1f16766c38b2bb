/**
 * Benchmarks. Each figure is a ratio against something measured in the same run, in turn with it, so that it means
 * something on another machine. Run with: ./bench/run [openstack] [ROUNDS]; prints the tables of docs/performance.md.
 */
import { parseDocument } from "yaml";
import { loadSpec } from "../spec/index.ts";
import { setUp } from "../test/support/set-up.ts";
import { specOf } from "../test/support/specs.ts";
import { contentsFigures } from "./contents.ts";
import { driftOfTen } from "./drift.ts";
import { type Figure, table } from "./figures.ts";
import { type BenchTarget, onDocker, onOpenstack } from "./targets.ts";
import { firstUp, laterUps } from "./ups.ts";

const instance = { databases: ["shop"], users: { app: { all: ["shop"] } } };

/** The rows that are the same on both targets. */
const onBoth: readonly ((target: BenchTarget, rounds: number) => Promise<Figure[]>)[] = [
  firstUp,
  laterUps,
  (target, times) => contentsFigures(target, "mariadb", times),
  (target, times) => contentsFigures(target, "postgresql", times),
  driftOfTen,
];

/** 10,000 lines validated, against the same lines parsed. */
function validation(): Figure {
  const text = largeSpec(10_000);
  const figure: Figure = { what: "validating 10,000 lines", against: "parsing them", aim: 3, ours: [], theirs: [] };
  for (let round = 0; round < rounds + 2; round++) {
    const theirs = timedSync(() => parseDocument(text));
    const ours = timedSync(() => loadSpec(text, "large.yaml"));
    // The first two rounds warm the compiler up for both sides.
    if (round < 2) continue;
    figure.ours.push(ours);
    figure.theirs.push(theirs);
  }
  return figure;
}

function largeSpec(lines: number): string {
  const blocks: Parameters<typeof specOf>[0] = {};
  for (let i = 0; specOf({}).split("\n").length + i * 9 < lines; i++) {
    blocks[`mariadb-i${i}`] = {
      ...instance,
      parameters: { max_connections: 60 },
      users: { app: { all: ["shop"] }, b: { read: ["shop"] } },
    };
  }
  return specOf(blocks);
}

function timedSync(act: () => unknown): number {
  const started = performance.now();
  act();
  return (performance.now() - started) / 1000;
}

const [first, second] = process.argv.slice(2);
const cloud = first === "openstack";
const rounds = Number((cloud ? second : first) ?? (cloud ? 3 : 5));
const print = (rows: readonly Figure[]) => process.stdout.write(table(rows));
if (cloud) {
  const { againstHeat, firstQuery, unchanged } = await import("./openstack.ts");
  const { up } = await import("../devcloud/index.ts");
  await up({ shape: { heat: true }, tell() {} });
  await setUp("openstack");
  // A table for each, because a cloud may break while the next one is taken.
  for (const measured of [againstHeat, firstQuery, unchanged]) print([await measured(rounds)].flat());
  for (const measured of onBoth) print(await measured(onOpenstack, rounds));
} else {
  await setUp("docker");
  const rows: Figure[] = [];
  for (const measured of onBoth) rows.push(...(await measured(onDocker, rounds)));
  print([...rows, validation()]);
}
