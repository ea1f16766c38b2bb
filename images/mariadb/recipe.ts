import type { Recipe } from "../recipe.ts";

export const mariadb: Recipe = {
  engine: "mariadb",
  version: "10.11",
  suite: "bookworm",
  packages: ["mariadb-server", "mariadb-client", "mariadb-backup"],
  user: { name: "mysql", id: 550 },
  path: [],
  folder: import.meta.dirname,
};
