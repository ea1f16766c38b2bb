/** Commands on Coffer itself. */
import type { Command } from "../command.ts";
import { exitCodes } from "../failure.ts";

export const doctor: Command = {
  name: "doctor",
  describe: "every part that Coffer stands on",
  notes: "Where each part came from, and what to do where one is missing.",
  async run(context) {
    const operations = await import("../../operations/doctor.ts");
    const rows = await operations.doctor(context.workspace);
    const { table } = await import("../output.ts");
    context.result(rows, () => {
      const remedies = rows.filter((row) => !row.ok).map((row) => `${row.part}: ${row.remedy}`);
      const parts = table(
        rows,
        [
          { title: "", value: (row) => (row.ok ? "ok" : "!!") },
          { title: "part", value: (row) => row.part },
          { title: "version", value: (row) => row.version || "missing" },
          { title: "wanted", value: (row) => row.wanted },
          { title: "from", value: (row) => row.from },
          { title: "path", value: (row) => row.path },
        ],
        "nothing",
      );
      return remedies.length ? `${parts}\nWhat to do:\n${remedies.map((line) => `  ${line}\n`).join("")}` : parts;
    });
    return rows.every((row) => row.ok) ? undefined : exitCodes.failed;
  },
};

export const version: Command = {
  name: "version",
  describe: "Coffer's version, and its Pulumi plugins",
  async run(context) {
    const { versionsOf } = await import("../../operations/version.ts");
    const versions = await versionsOf(context.workspace);
    context.result(versions, () => {
      const plugins = versions.plugins.map(
        ({ name, version: of, from }) => `Pulumi ${name} plugin ${of}: ${from ?? "not set up yet"}\n`,
      );
      return `coffer ${versions.coffer}\n${plugins.join("")}`;
    });
    return undefined;
  },
};
