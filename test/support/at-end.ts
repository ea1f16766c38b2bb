/** What the tests of a process share is given back when all of them have ended. */
import { after } from "node:test";

const acts: (() => Promise<void>)[] = [];

// Of the process: whoever imports this first does so before any group of tests begins.
after(async () => {
  await Promise.all(acts.map((act) => act()));
});

export function atEnd(act: () => Promise<void>): void {
  acts.push(act);
}
