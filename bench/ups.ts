/** An instance's first `up` and the later ones, on either target. */
import type { Figure } from "./figures.ts";
import { emptyProject, timed } from "./measure.ts";
import { type BenchTarget, benchVersions } from "./targets.ts";

const instance = { databases: ["shop"], users: { app: { all: ["shop"] } } };
const demo = { "mariadb-orders": { ...instance, databases: ["shop", "stats"] }, "postgresql-ledger": instance };

/** Initialising a data directory is a smaller part of MariaDB's start than of PostgreSQL's, and Coffer's own part is the same. */
const firstAims: Readonly<Record<string, number>> = { mariadb: 2.2, postgresql: 1.5 };

/** From an empty stack to a database that answers, against a plain `pulumi up` and the engine set up by hand. */
export async function firstUp(target: BenchTarget, rounds: number): Promise<Figure[]> {
  const made: Figure[] = [];
  for (const engine of Object.keys(benchVersions)) {
    const figure: Figure = {
      what: `first \`up\` of one ${engine} instance${target.words}`,
      against: "empty `pulumi up` + the engine by hand",
      aim: firstAims[engine] ?? 1.5,
      ours: [],
      theirs: [],
    };
    for (let round = 0; round < rounds; round++) {
      const stack = await target.stack({ [`${engine}-one`]: instance });
      try {
        figure.ours.push(await timed(() => stack.up()));
      } finally {
        await stack.cleanUp();
      }
      const empty = await emptyProject();
      try {
        let remove = async () => {};
        const byHand = async () => {
          await empty.up();
          remove = await target.byHand(engine);
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

/** A second `up`, one that adds a user, and `list`, each against an `up` of a program without resources. */
export async function laterUps(target: BenchTarget, rounds: number): Promise<Figure[]> {
  const figure = (what: string, aim: number): Figure => {
    return { what: `${what}${target.words}`, against: "empty `pulumi up`", aim, ours: [], theirs: [] };
  };
  const [noOp, addUser] = [figure("no-op `up` of two instances", 2), figure("`up` that adds a user", 3)];
  const list = figure("`list` of two instances", 0.67);
  const stack = await target.stack(demo);
  const empty = await emptyProject();
  try {
    await stack.up();
    await empty.up();
    for (let round = 0; round < rounds; round++) {
      const theirs = await timed(() => empty.up());
      noOp.ours.push(await timed(() => stack.up()));
      noOp.theirs.push(theirs);
      const users = Object.fromEntries(
        Array.from({ length: round + 2 }, (_, i) => [i ? `app${i}` : "app", { all: ["shop"] }]),
      );
      stack.write({ ...demo, "mariadb-orders": { ...demo["mariadb-orders"], users } });
      addUser.ours.push(await timed(() => stack.up()));
      addUser.theirs.push(theirs);
      list.ours.push(await timed(() => stack.list()));
      list.theirs.push(theirs);
    }
  } finally {
    await stack.cleanUp();
    empty.remove();
  }
  return [noOp, addUser, list];
}
