/** What an administrator of a spec may do, and what it may not, on each engine. */

export interface RootCase {
  why: string;
  sql: string;
  database?: string;
}

export interface RootDrift extends RootCase {
  /** What the next plan does about it. */
  steps: readonly string[];
  /** Where it can be done at all. */
  versions?: readonly string[];
}

export interface RootEngine {
  may: readonly RootCase[];
  mayNot: readonly RootCase[];
  /** Done by the administrator of the server. */
  drifts: readonly RootDrift[];
}

const postgresFile = "/etc/passwd";

export const rootCases: Readonly<Record<string, RootEngine>> = {
  mariadb: {
    may: [
      { why: "a database of its own", sql: "CREATE DATABASE mine" },
      { why: "tables in it", sql: "CREATE TABLE mine.t AS SELECT 7 AS n" },
      { why: "a trigger", sql: "CREATE TRIGGER mine.g BEFORE INSERT ON mine.t FOR EACH ROW SET NEW.n = 1" },
      { why: "a routine", sql: "CREATE PROCEDURE mine.p() SELECT 1" },
      { why: "a table in a database of the spec", sql: "CREATE TABLE roots (n INT)", database: "shop" },
      { why: "others' rows", sql: "INSERT INTO t VALUES (2)", database: "shop" },
      { why: "a user", sql: "CREATE USER hers IDENTIFIED BY 'hers'" },
      { why: "that may do something", sql: "GRANT SELECT ON mine.* TO hers" },
      { why: "that may do everything somewhere", sql: "GRANT ALL PRIVILEGES ON mine.* TO hers" },
      { why: "and a role", sql: "CREATE ROLE readers" },
      { why: "who may do what", sql: "SHOW GRANTS FOR app" },
      { why: "what is going on", sql: "SHOW FULL PROCESSLIST" },
      { why: "how the server does", sql: "SHOW ENGINE INNODB STATUS" },
      { why: "where the binary log is", sql: "SHOW MASTER STATUS" },
      { why: "the library of the server's own views", sql: "SELECT sys.format_bytes(1024)" },
    ],
    mayNot: [
      { why: "be faster at the price of durability", sql: "SET GLOBAL innodb_flush_log_at_trx_commit = 0" },
      { why: "lose the binary log in a power cut", sql: "SET GLOBAL sync_binlog = 0" },
      { why: "write past the binary log", sql: "SET SESSION sql_log_bin = 0" },
      { why: "close the server for writers, or open it", sql: "SET GLOBAL read_only = ON" },
      { why: "remove the binary log", sql: "RESET MASTER" },
      { why: "remove a part of it", sql: "PURGE BINARY LOGS BEFORE NOW()" },
      { why: "make it a replica of somebody's", sql: "CHANGE MASTER TO MASTER_HOST = '192.0.2.1'" },
      { why: "write a file of the server", sql: "SELECT 1 INTO OUTFILE '/tmp/coffer-test'" },
      { why: "read a file of the server", sql: "LOAD DATA INFILE '/etc/passwd' INTO TABLE t", database: "shop" },
      { why: "load a library", sql: "INSTALL SONAME 'ha_archive'" },
      { why: "a function out of a library", sql: "CREATE FUNCTION f RETURNS STRING SONAME 'f.so'", database: "mysql" },
      { why: "send the log elsewhere", sql: "SET GLOBAL general_log_file = '/tmp/coffer-test'" },
      { why: "end the server", sql: "SHUTDOWN" },
      { why: "rights by hand", sql: "UPDATE mysql.global_priv SET Priv = '{}' WHERE User = 'root'" },
      { why: "lose the server's own tables", sql: "DROP DATABASE mysql" },
      { why: "or views", sql: "DROP DATABASE sys" },
      { why: "more for itself", sql: "GRANT SUPER ON *.* TO root" },
      { why: "or everything", sql: "GRANT ALL PRIVILEGES ON *.* TO root" },
      { why: "or the tables with the rights", sql: "GRANT INSERT ON mysql.* TO root" },
      {
        why: "act as the server's administrator",
        sql: "CREATE DEFINER = root@localhost PROCEDURE p() SELECT 1",
        database: "shop",
      },
      { why: "a door to another server", sql: "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST '192.0.2.1')" },
    ],
    drifts: [
      { why: "a superuser", sql: "GRANT SUPER ON *.* TO root@'%'", steps: ["repair-user"] },
      { why: "everything", sql: "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION", steps: ["repair-user"] },
      { why: "files", sql: "GRANT FILE ON *.* TO root@'%'", steps: ["repair-user"] },
      { why: "the tables with the rights", sql: "GRANT ALL ON mysql.* TO root@'%'", steps: ["repair-user"] },
      { why: "less than it is to have", sql: "REVOKE CREATE USER ON *.* FROM root@'%'", steps: ["repair-user"] },
      { why: "less everywhere", sql: "REVOKE DROP ON `%`.* FROM root@'%'", steps: ["repair-user"] },
      { why: "nothing", sql: "REVOKE ALL PRIVILEGES, GRANT OPTION FROM root@'%'", steps: ["repair-user"] },
      { why: "less in one database", sql: "GRANT SELECT ON shop.* TO root@'%'", steps: ["repair-user"] },
      { why: "a locked account", sql: "ALTER USER root@'%' ACCOUNT LOCK", steps: ["repair-user"] },
      { why: "another password", sql: "ALTER USER root@'%' IDENTIFIED BY 'x'", steps: ["set-password"] },
      { why: "gone", sql: "DROP USER root@'%'", steps: ["create-user"] },
    ],
  },
  postgresql: {
    may: [
      { why: "a database of its own", sql: "CREATE DATABASE mine" },
      { why: "tables in it", sql: "CREATE TABLE t AS SELECT 7 AS n", database: "mine" },
      { why: "a table in a database of the spec", sql: "CREATE TABLE roots (n int)" },
      { why: "a schema, too", sql: "CREATE SCHEMA its; CREATE TABLE its.t (n int)" },
      { why: "an extension that the server trusts", sql: "CREATE EXTENSION citext" },
      {
        why: "others' rows",
        sql: "INSERT INTO t VALUES (2); UPDATE t SET n = 3 WHERE n = 2; DELETE FROM t WHERE n = 3",
      },
      { why: "a user", sql: "CREATE ROLE hers LOGIN PASSWORD 'hers'" },
      { why: "that may come in over the network", sql: "GRANT coffer_users TO hers" },
      { why: "and do something", sql: "GRANT SELECT ON t TO hers", database: "mine" },
      { why: "and a role", sql: "CREATE ROLE readers; GRANT readers TO hers" },
      { why: "what is going on", sql: "SELECT query FROM pg_stat_activity" },
      { why: "who waits for whom, and end it", sql: "SELECT pg_cancel_backend(0) IS NULL" },
      { why: "how the server is set", sql: "SELECT setting FROM pg_settings WHERE name = 'data_directory'" },
    ],
    mayNot: [
      { why: "run a program", sql: "COPY t FROM PROGRAM 'id'" },
      { why: "read a file of the server", sql: `COPY t FROM '${postgresFile}'` },
      { why: "in another way", sql: `SELECT pg_read_file('${postgresFile}')` },
      { why: "or another", sql: `SELECT lo_import('${postgresFile}')` },
      { why: "write one", sql: "COPY t TO '/tmp/coffer-test'" },
      { why: "be given what does", sql: "GRANT pg_execute_server_program TO root" },
      { why: "or reads files", sql: "GRANT pg_read_server_files TO root" },
      { why: "or writes them", sql: "GRANT pg_write_server_files TO hers" },
      { why: "be a superuser", sql: "ALTER ROLE root SUPERUSER" },
      { why: "make one", sql: "CREATE ROLE boss SUPERUSER" },
      { why: "or one that replicates", sql: "CREATE ROLE boss REPLICATION" },
      { why: "act as the server's administrator", sql: "SET ROLE postgres" },
      { why: "or change it", sql: "ALTER ROLE postgres PASSWORD 'x'" },
      { why: "rights by hand", sql: "UPDATE pg_authid SET rolsuper = true WHERE rolname = 'root'" },
      { why: "be faster at the price of durability", sql: "ALTER SYSTEM SET fsync = off" },
      { why: "in one database", sql: "ALTER DATABASE shop SET full_page_writes = off" },
      { why: "read the configuration again", sql: "SELECT pg_reload_conf()" },
      { why: "make it a primary", sql: "SELECT pg_promote()" },
      { why: "hold its log", sql: "SELECT pg_create_physical_replication_slot('x')" },
      { why: "load a library", sql: "LOAD 'auto_explain'" },
      { why: "a function out of one", sql: "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc', 'f'" },
      { why: "an extension that the server does not trust", sql: "CREATE EXTENSION file_fdw" },
      { why: "a place elsewhere", sql: "CREATE TABLESPACE s LOCATION '/tmp'" },
      {
        why: "a subscription to another server",
        sql: "CREATE SUBSCRIPTION s CONNECTION 'host=192.0.2.1' PUBLICATION p",
      },
      { why: "drop a database of the spec", sql: "DROP DATABASE shop", database: "mine" },
      { why: "the server's own database", sql: "SELECT 1", database: "postgres" },
    ],
    drifts: [
      { why: "a superuser", sql: "ALTER ROLE root SUPERUSER REPLICATION BYPASSRLS", steps: ["repair-user"] },
      { why: "less than it is to have", sql: "ALTER ROLE root NOCREATEDB NOCREATEROLE", steps: ["repair-user"] },
      { why: "programs", sql: "GRANT pg_execute_server_program TO root", steps: ["repair-user"] },
      { why: "a superuser's rights", sql: "CREATE ROLE su SUPERUSER; GRANT su TO root", steps: ["repair-user"] },
      { why: "no longer all data", sql: "REVOKE pg_write_all_data FROM root", steps: ["repair-user"] },
      {
        why: "nobody may come in",
        sql: "REVOKE ADMIN OPTION FOR coffer_users FROM root CASCADE",
        steps: ["repair-user"],
      },
      {
        why: "programs to give away",
        sql: "UPDATE pg_authid SET rolsuper = false WHERE rolname = 'pg_execute_server_program'",
        steps: ["repair-user"],
        versions: ["15"],
      },
      {
        why: "a database that it may not use",
        sql: "CREATE DATABASE theirs",
        steps: ["repair-user"],
      },
      { why: "less in a database of the spec", sql: "REVOKE CREATE ON DATABASE shop FROM root", steps: ["set-levels"] },
      { why: "it may not log in", sql: "ALTER ROLE root NOLOGIN", steps: ["repair-user"] },
      { why: "another password", sql: "ALTER ROLE root PASSWORD 'x'", steps: ["set-password"] },
    ],
  },
};
