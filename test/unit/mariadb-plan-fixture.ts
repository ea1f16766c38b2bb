/** The specification that plans for servers are tried with, and others that differ from it in parameters. */
import type { Parameters, ServerSpec } from "../../engines/engine.ts";
import { tableOf } from "../../engines/mariadb/table.ts";
import { GiB, MiB } from "../../engines/shared/units.ts";

export const spec: ServerSpec = {
  uuid: "4f9c2a3e-7a39-4f0e-8d7c-0a5b5ed0c0de",
  version: "10.11",
  memoryBytes: 512 * MiB,
  vcpus: 1,
  volumeBytes: 2 * GiB,
  tls: "enforced",
  parameters: {
    max_connections: 200,
    innodb_print_all_deadlocks: true,
    long_query_time: 0.5,
    sql_mode: "STRICT_ALL_TABLES,NO_ZERO_DATE",
    innodb_buffer_pool_size: "256M",
  },
};

export const marker = { uuid: spec.uuid, engine: "mariadb", version: "10.11" };
export const table = tableOf("10.11").parameters;

export function withParameters(parameters: Parameters): ServerSpec {
  return { ...spec, parameters };
}
