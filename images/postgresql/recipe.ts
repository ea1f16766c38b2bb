import type { Recipe } from "../recipe.ts";

export const postgresql: Recipe = {
  engine: "postgresql",
  version: "15",
  suite: "bookworm",
  packages: ["postgresql-15", "postgresql-client-15"],
  user: { name: "postgres", id: 551 },
  // The server's own programs; Debian's wrappers in /usr/bin look for clusters of Debian's own making.
  path: ["/usr/lib/postgresql/15/bin"],
  folder: import.meta.dirname,
};
