import type { Recipe } from "../recipe.ts";

/** One recipe for each version; they share all but the release. */
const recipe = (version: string, suite: string): Recipe => ({
  engine: "mariadb",
  version,
  suite,
  packages: ["mariadb-server", "mariadb-client", "mariadb-backup"],
  user: { name: "mysql", id: 550 },
  path: [],
  folder: import.meta.dirname,
});

export const mariadb: readonly Recipe[] = [recipe("10.11", "bookworm"), recipe("11.8", "trixie")];
