/**
 * Benchmarks. Each figure is a ratio against something measured in the same run, in turn with it, so that it means
 * something on another machine. Run with: ./bench/run [openstack] [ROUNDS]; prints the tables of docs/performance.md.
 */
import { parseDocument } from "yaml";
import { imageName, recipeOf } from "../images/index.ts";
import { loadSpec } from "../spec/index.ts";
import { type Checkout, makeCheckout } from "../test/support/checkout.ts";
import { setUp } from "../test/support/set-up.ts";
import { specOf } from "../test/support/specs.ts";
import { initialiseByHand } from "./by-hand.ts";
import { contentsFigure } from "./contents.ts";
import { type Figure, table } from "./figures.ts";
import { emptyProject, timed } from "./measure.ts";

const instance = { databases: ["shop"], users: { app: { all: ["shop"] } } };
const demo = { "mariadb-orders": { ...instance, databases: ["shop", "stats"] }, "postgresql-ledger": instance };

/** From an empty stack to a database that answers, against a plain `pulumi up` and the engine set up by hand. */
async function firstUp(): Promise<Figure[]> {
  const made: Figure[] = [];
  for (const engine of ["mariadb", "postgresql"]) {
    const version = engine === "mariadb" ? "10.11" : "15";
    const image = imageName(recipeOf(engine, version));
    const figure: Figure = {
      what: `first \`up\` of one ${engine} instance`,
      against: "empty `pulumi up` + the engine by hand",
      aim: 1.5,
      ours: [],
      theirs: [],
    };
    for (let round = 0; round < rounds; round++) {
      const checkout = await makeCheckout(specOf({ [`${engine}-one`]: instance }));
      try {
        figure.ours.push(await timed(() => checkout.ok(["up", "--stack", checkout.stack])));
      } finally {
        await checkout.cleanUp();
      }
      const empty = await emptyProject();
      try {
        let remove = async () => {};
        const byHand = async () => {
          await empty.up();
          remove = await initialiseByHand(engine, image);
        };
        figure.theirs.push(await timed(byHand));
        await remove();
      } finally {
        empty.remove();
      }
    }
    made.push(figure);
  }
  return made;
}

/** A second `up`, and one that adds a user, each against an `up` of a program without resources. */
async function laterUps(): Promise<Figure[]> {
  const noOp: Figure = {
    what: "no-op `up` of two instances",
    against: "empty `pulumi up`",
    aim: 2,
    ours: [],
    theirs: [],
  };
  const addUser: Figure = { what: "`up` that adds a user", against: "empty `pulumi up`", aim: 2, ours: [], theirs: [] };
  const checkout = await makeCheckout(specOf(demo));
  const empty = await emptyProject();
  const up = (c: Checkout) => timed(() => c.ok(["up", "--stack", c.stack]));
  try {
    await up(checkout);
    await empty.up();
    for (let round = 0; round < rounds; round++) {
      const theirs = await timed(() => empty.up());
      noOp.ours.push(await up(checkout));
      noOp.theirs.push(theirs);
      const users = Object.fromEntries(
        Array.from({ length: round + 2 }, (_, i) => [i ? `app${i}` : "app", { all: ["shop"] }]),
      );
      checkout.writeSpec(specOf({ ...demo, "mariadb-orders": { ...demo["mariadb-orders"], users } }));
      addUser.ours.push(await up(checkout));
      addUser.theirs.push(theirs);
    }
  } finally {
    await checkout.cleanUp();
    empty.remove();
  }
  return [noOp, addUser];
}

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
const onOpenstack = first === "openstack";
const rounds = Number((onOpenstack ? second : first) ?? (onOpenstack ? 3 : 5));
if (onOpenstack) {
  const { againstHeat, firstQuery, unchanged } = await import("./openstack.ts");
  const { up } = await import("../devcloud/index.ts");
  await up({ shape: { heat: true }, tell() {} });
  await setUp("openstack");
  for (const measured of [againstHeat, firstQuery, unchanged])
    process.stdout.write(table([await measured(rounds)].flat()));
} else {
  await setUp("docker");
  const many = [await contentsFigure("mariadb", rounds), await contentsFigure("postgresql", rounds)];
  process.stdout.write(table([...(await firstUp()), ...(await laterUps()), ...many, validation()]));
}
