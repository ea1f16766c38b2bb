/**
 * Several files of tests in one process: those named on the command line, each as a group with the hooks of its own. What a file changes
 * of the process it must take back.
 */
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
// What they share is given back after all of them, not after the one that imports it first.
import "../support/at-end.ts";

// One after the other: a module that awaits something is loaded for all who wait for it, and their tests would go to the first one's group.
for (const file of process.argv.slice(2))
  await new Promise<void>((loaded) =>
    describe(file, async () => {
      try {
        await import(pathToFileURL(file).href);
      } catch (error) {
        // A group that fails by itself is not counted.
        test("it can be loaded", () => {
          throw error;
        });
      } finally {
        loaded();
      }
    }),
  );
