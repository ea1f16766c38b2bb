/**
 * Several files of tests in one process: those named on the command line, each as a group with the hooks of its own. What a file changes
 * of the process it must take back.
 */
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";

for (const file of process.argv.slice(2))
  describe(file, async () => {
    try {
      await import(pathToFileURL(file).href);
    } catch (error) {
      // A group that fails by itself is not counted.
      test("it can be loaded", () => {
        throw error;
      });
    }
  });
