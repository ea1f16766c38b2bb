/** What is mutated together, and the tests that are to notice. The most dangerous first. */

export interface Area {
  /** Files that are mutated, of the repository. */
  mutate: readonly string[];
  /** Names of files in `test/unit/`, without `.test.ts`. */
  tests: readonly string[];
}

const mariadbTests = [
  "mariadb-plan",
  "mariadb-plan-model",
  "mariadb-sql",
  "mariadb-names",
  "mariadb-batches",
  "mariadb-privileges",
  "logs",
];
const postgresqlTests = [
  "postgresql-plan",
  "postgresql-plan-databases",
  "postgresql-plan-users",
  "postgresql-plan-levels",
  "postgresql-levels",
  "postgresql-names",
];

export const areas: Readonly<Record<string, Area>> = {
  "mariadb-plan": {
    mutate: [
      "engines/mariadb/users.ts",
      "engines/mariadb/databases.ts",
      "engines/mariadb/privileges.ts",
      "engines/mariadb/plan.ts",
    ],
    tests: mariadbTests,
  },
  "postgresql-plan": {
    mutate: ["engines/postgresql/users-plan.ts", "engines/postgresql/databases.ts", "engines/postgresql/levels.ts"],
    tests: postgresqlTests,
  },
  shared: {
    mutate: ["engines/shared/losses.ts", "engines/shared/renames.ts", "engines/shared/marker.ts"],
    tests: [...mariadbTests, ...postgresqlTests, "engines-shared", "operations-confirmation"],
  },
  refusals: {
    mutate: [
      "operations/refusals.ts",
      "operations/stopped.ts",
      "operations/orphans-plan.ts",
      "operations/power-plan.ts",
    ],
    tests: ["operations-plan", "operations-stopped", "operations-orphans", "operations-power"],
  },
  repair: {
    mutate: ["operations/mend-plan.ts", "operations/mend-drift.ts"],
    tests: ["operations-mend", "operations-mend-cloud", "operations-mend-others"],
  },
  "spec-contents": {
    mutate: ["spec/rules-databases.ts"],
    tests: ["spec-rules", "spec", "operations-contents"],
  },
  "spec-access": {
    mutate: ["spec/rules-access.ts", "spec/rules-target.ts"],
    tests: ["spec-rules", "spec", "spec-openstack"],
  },
  "spec-server": {
    mutate: ["spec/rules-server.ts", "spec/rules-references.ts", "spec/rules.ts"],
    tests: ["spec-rules", "spec", "operations-create"],
  },
  policies: {
    mutate: ["policies/*.ts", "policies/rules/*.ts", "!policies/pack.ts"],
    tests: ["policies", "policies-facts", "policies-judging", "policies-resources", "policies-settings"],
  },
  "mariadb-names": {
    mutate: ["engines/mariadb/names.ts"],
    tests: mariadbTests,
  },
  "mariadb-settings": {
    mutate: [
      "engines/mariadb/settings.ts",
      "engines/mariadb/values.ts",
      "engines/mariadb/owned.ts",
      "engines/mariadb/configuration.ts",
    ],
    tests: ["mariadb-parameters", "mariadb-values", "mariadb-configuration", "mariadb-names"],
  },
  "postgresql-names": {
    mutate: ["engines/postgresql/names.ts"],
    tests: postgresqlTests,
  },
  "postgresql-settings": {
    mutate: [
      "engines/postgresql/settings.ts",
      "engines/postgresql/values.ts",
      "engines/postgresql/owned.ts",
      "engines/postgresql/server-plan.ts",
      "engines/postgresql/configuration.ts",
    ],
    tests: ["postgresql-parameters", "postgresql-plan"],
  },
};
