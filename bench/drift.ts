/** `drift` of ten instances, which looks at all of them at once, against `drift` of one of them, in the same stack. */
import type { Figure } from "./figures.ts";
import { timed } from "./measure.ts";
import type { BenchTarget, Instances } from "./targets.ts";

const each = 5;

function ten(): Instances {
  const names = Array.from({ length: each }, (_, at) => [`mariadb-${at + 1}`, `postgresql-${at + 1}`]).flat();
  return Object.fromEntries(names.map((name) => [name, { databases: ["shop"], users: { app: { all: ["shop"] } } }]));
}

export async function driftOfTen(target: BenchTarget, rounds: number): Promise<Figure[]> {
  const instances = ten();
  const [first = ""] = Object.keys(instances);
  const what = `\`drift\` of ${Object.keys(instances).length} instances${target.words}`;
  const figure: Figure = { what, against: "`drift` of one of them", aim: 3, ours: [], theirs: [] };
  // A few at a time: each apply starts the servers that it adds at once.
  const stack = await target.stack({});
  try {
    const names = Object.keys(instances);
    for (let made = 2; made <= names.length; made += 2) {
      stack.write(Object.fromEntries(names.slice(0, made).map((name) => [name, instances[name] ?? {}])));
      await stack.up();
    }
    await stack.drift();
    for (let round = 0; round < rounds; round++) {
      figure.theirs.push(await timed(() => stack.drift(first)));
      figure.ours.push(await timed(() => stack.drift()));
    }
  } finally {
    await stack.cleanUp();
  }
  return [figure];
}
