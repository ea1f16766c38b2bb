/** What is done to users by hand, and what names and passwords may hold. */
import fc from "fast-check";

/** `steps`: what the next plan repairs. Without `database`, in `postgres`. */
export const drifts: readonly { why: string; sql: string; database?: string; steps: readonly string[] }[] = [
  {
    why: "a superuser",
    sql: "ALTER ROLE app SUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS",
    steps: ["repair-user"],
  },
  {
    why: "one that may not log in",
    sql: "ALTER ROLE app NOLOGIN NOINHERIT CONNECTION LIMIT 0",
    steps: ["repair-user"],
  },
  { why: "an expired password", sql: "ALTER ROLE app VALID UNTIL '2001-01-01'", steps: ["repair-user"] },
  { why: "a powerful role", sql: "GRANT pg_execute_server_program TO app", steps: ["repair-user"] },
  {
    why: "a powerful role for all",
    sql: "GRANT pg_read_server_files TO coffer_users",
    steps: ["repair-user", "repair-user"],
  },
  { why: "no member any more", sql: "REVOKE coffer_users FROM app", steps: ["repair-user"] },
  { why: "another password", sql: "ALTER ROLE app PASSWORD 'x'", steps: ["set-password"] },
  { why: "no password", sql: "ALTER ROLE app PASSWORD NULL", steps: ["set-password"] },
  {
    why: "a dropped user",
    sql: "DROP OWNED BY app; DROP ROLE app",
    database: "shop",
    steps: ["create-user", "set-levels"],
  },
  { why: "too much on a table", sql: "GRANT TRUNCATE ON t TO app", database: "shop", steps: ["set-levels"] },
  { why: "too little on a table", sql: "REVOKE SELECT ON t FROM app", database: "shop", steps: ["set-levels"] },
  {
    why: "a grant that may be passed on",
    sql: "GRANT SELECT ON t TO app WITH GRANT OPTION",
    database: "shop",
    steps: ["set-levels"],
  },
  { why: "a column", sql: "GRANT REFERENCES (n) ON t TO app", database: "shop", steps: ["set-levels"] },
  { why: "the sequence", sql: "REVOKE USAGE ON SEQUENCE s FROM app", database: "shop", steps: ["set-levels"] },
  { why: "the schema", sql: "GRANT CREATE ON SCHEMA public TO app", database: "shop", steps: ["set-levels"] },
  { why: "the database", sql: "REVOKE CONNECT ON DATABASE shop FROM app", steps: ["set-levels"] },
  {
    why: "a table of its own",
    sql: "CREATE TABLE own (id int); ALTER TABLE own OWNER TO app",
    database: "shop",
    steps: ["set-levels"],
  },
  {
    why: "a lost default",
    sql: "ALTER DEFAULT PRIVILEGES FOR ROLE boss REVOKE SELECT ON TABLES FROM app",
    database: "shop",
    steps: ["set-levels"],
  },
  {
    why: "a default of one schema",
    sql: "ALTER DEFAULT PRIVILEGES FOR ROLE boss IN SCHEMA public GRANT ALL ON TABLES TO app",
    database: "shop",
    steps: ["set-levels"],
  },
  {
    why: "a default on functions",
    sql: "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO app",
    database: "shop",
    steps: ["set-levels"],
  },
];

const hostile = [
  "'",
  '"',
  "\\",
  "%",
  "%s",
  " ",
  ";",
  "--",
  "/*",
  "$$",
  "$(id)",
  "`id`",
  "$" + "{x}",
  "=",
  "&",
  "|",
  "ü",
  "書",
  "😀",
  "\u202e",
  "\0",
  "\n",
  "é",
  "e\u0301",
  "ﬁ",
];
const fragments = [
  "DROP DATABASE postgres",
  "' OR '1'='1",
  '"; DROP ROLE postgres; --',
  "postgresql://x",
  "host=x",
  "pg_",
  "postgres",
  "public",
  "__proto__",
];
/** Names and passwords that break whoever does not quote them. */
export const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...hostile),
      fc.constantFrom(...fragments),
      fc.string({ minLength: 1, maxLength: 6, unit: "grapheme" }),
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((parts) => parts.join(""));
