import type { Recipe } from "../recipe.ts";

/** One recipe for each version; they share all but the release and the number in the packages' names. */
const recipe = (version: string, suite: string): Recipe => ({
  engine: "postgresql",
  version,
  suite,
  packages: [`postgresql-${version}`, `postgresql-client-${version}`],
  user: { name: "postgres", id: 551 },
  // The server's own programs; Debian's wrappers in /usr/bin look for clusters of Debian's own making.
  path: [`/usr/lib/postgresql/${version}/bin`],
  folder: import.meta.dirname,
});

export const postgresql: readonly Recipe[] = [recipe("15", "bookworm"), recipe("17", "trixie")];
