/** What to do about the errors of a server that people meet, by SQLSTATE. The words follow the server's own, after a `;`. */

export const remedies: Readonly<Record<string, string>> = {
  "25006":
    "it is read-only: SET default_transaction_read_only = off where that was changed by hand, or `coffer restart`",
  "28000":
    "Coffer's administrator was changed by hand: the role postgres has to be let in by its OS user (ALTER ROLE postgres LOGIN)",
  "28P01":
    "Coffer's administrator was changed by hand: the role postgres has to be let in by its OS user (pg_hba.conf)",
  "2BP01": "something depends on it: drop that first, or keep it in the spec",
  "2F003": "a trigger or a function forbids it: look at event triggers that were made by hand",
  "3D000": "the database is gone: `coffer up` makes it anew if the spec lists it",
  "40001": "two sessions wrote the same: the same again",
  "40P01": "two sessions waited for each other: the same again",
  "42501": "Coffer's administrator lacks a right: ALTER ROLE postgres SUPERUSER",
  "42704": "name one that this version has; collations: SELECT collname FROM pg_collation",
  "42710": "it is there already: listing it in the spec takes it over",
  "42P04":
    "there is such a database already: `coffer database-list` shows it, and listing it in the spec takes it over",
  "53000": "it has too little of something: look at `coffer logs`, take a larger flavor (`coffer resize-instance`)",
  "53100": "the disk is full: make the volume larger (`coffer resize-volume`), or delete data",
  "53200": "it is out of memory: take a larger flavor (`coffer resize-instance`) or lower work_mem in `parameters`",
  "53300": "too many clients are connected: close some, or raise max_connections in `parameters`",
  "53400": "a limit of its configuration is reached: raise it in `parameters`",
  "55006": "somebody uses it: end those sessions (pg_stat_activity), then the same again",
  "55P02": "the parameter takes effect at a restart: `coffer restart`",
  "55P03": "another session holds a lock: end or wait for its transaction (pg_stat_activity), then the same again",
  "57014": "it was cancelled, by somebody or by statement_timeout: the same again",
  "57P01": "it is being shut down: wait until it is up (`coffer list`), then the same again",
  "57P02": "it crashed and recovers: wait until it is up (`coffer list`), then the same again",
  "57P03": "it is starting, stopping or recovering: wait until it is up (`coffer list`), then the same again",
  "58030": "its disk does not work as it should: look at `coffer logs` and at the volume",
  "58P01": "a file of its data is missing: look at `coffer logs`, and at what was changed by hand on the volume",
  "58P02": "a file is there already: look at `coffer logs`, and at what was changed by hand on the volume",
  XX001: "its data is damaged: stop writing to it, keep the volume, and look at `coffer logs`",
  XX002: "an index is damaged: REINDEX it, and look at `coffer logs`",
};

export function remedyOf(sqlstate: unknown): string | undefined {
  return typeof sqlstate === "string" && Object.hasOwn(remedies, sqlstate) ? remedies[sqlstate] : undefined;
}
