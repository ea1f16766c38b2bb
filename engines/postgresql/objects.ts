/** What users made in a database. */
import type pg from "pg";

const users = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";
const notOfExtension = (catalogue: string, id: string) =>
  `NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.${catalogue}'::pg_catalog.regclass
     AND d.objid = ${id} AND d.deptype = 'e')`;

/** Tables of every kind, views, sequences, routines, large objects, and schemas but `public`; none of extensions. */
export async function objectsIn(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ n: string }>(`SELECT
    (SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE ${users} AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND ${notOfExtension("pg_class", "c.oid")})
    + (SELECT count(*) FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      WHERE ${users} AND ${notOfExtension("pg_proc", "p.oid")})
    + (SELECT count(*) FROM pg_catalog.pg_namespace n
      WHERE ${users} AND n.nspname <> 'public' AND ${notOfExtension("pg_namespace", "n.oid")})
    + (SELECT count(*) FROM pg_catalog.pg_largeobject_metadata) AS n`);
  return Number(rows[0]?.n);
}
