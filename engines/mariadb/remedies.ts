/** What to do about the errors of a server that people meet, by the server's number. The words follow the server's own, after a `;`. */

export const remedies: ReadonlyMap<number, string> = new Map([
  [1005, "look at SHOW ENGINE INNODB STATUS for the table that it could not make"],
  [1007, "there is such a database already: `coffer database-list` shows it, and listing it in the spec takes it over"],
  [1008, "it is gone already: `coffer up` reads the server anew"],
  [1021, "the disk is full: make the volume larger (`coffer resize-volume`), or delete data or logs"],
  [1028, "the disk is full: make the volume larger (`coffer resize-volume`), or delete data or logs"],
  [1030, "look at `coffer logs` for what its storage says; a full volume is made larger with `coffer resize-volume`"],
  [1037, "it is out of memory: take a larger flavor (`coffer resize-instance`) or lower the buffers in `parameters`"],
  [1038, "it is out of memory for sorting: raise sort_buffer_size in `parameters`"],
  [1040, "too many clients are connected: close some, or raise max_connections in `parameters`"],
  [1041, "it is out of memory: take a larger flavor (`coffer resize-instance`) or lower the buffers in `parameters`"],
  [1044, "Coffer's administrator lacks a right: give root@localhost ALL PRIVILEGES ON *.* WITH GRANT OPTION back"],
  [1045, "Coffer's administrator was changed by hand: root@localhost has to be let in by unix_socket"],
  [1053, "it is being shut down: wait until it is up (`coffer list`), then the same again"],
  [1114, "the table or the volume is full: make the volume larger (`coffer resize-volume`), or delete data"],
  [1115, "name a character set of `SHOW CHARACTER SET`, for example utf8mb4"],
  [1129, "the host is blocked after failed connections: FLUSH HOSTS, or raise max_connect_errors in `parameters`"],
  [1135, "it cannot make another thread: take a larger flavor (`coffer resize-instance`) or lower max_connections"],
  [1153, "raise max_allowed_packet in `parameters`"],
  [1203, "the user has as many connections as it may: close some, or raise max_user_connections in `parameters`"],
  [1205, "another session holds a lock: end or wait for its transaction (SHOW PROCESSLIST), then the same again"],
  [1206, "its lock table is full: raise innodb_buffer_pool_size in `parameters`"],
  [1213, "two sessions waited for each other: the same again"],
  [1227, "Coffer's administrator lacks a right: give root@localhost ALL PRIVILEGES ON *.* WITH GRANT OPTION back"],
  [1253, "name a collation of the database's character set: SHOW COLLATION lists them"],
  [1273, "name a collation that this version has: SHOW COLLATION lists them"],
  [1290, "an option set by hand forbids it (as a rule read_only): SET GLOBAL read_only = OFF, or `coffer restart`"],
  [1317, "it was interrupted by somebody: the same again"],
  [1449, "the definer of a view or routine is no user any more: make it again, or define the view anew"],
  [1524, "a plugin of its accounts is not loaded: take back what was changed by hand, or `coffer restart`"],
  [1698, "Coffer's administrator was changed by hand: root@localhost has to be let in by unix_socket"],
  [1792, "the session's transaction is read-only: SET GLOBAL tx_read_only = OFF"],
  [1836, "it is read-only: SET GLOBAL read_only = OFF, or `coffer restart`"],
  [1969, "max_statement_time ended it: raise that in `parameters`"],
]);

export function remedyOf(errno: number | undefined): string | undefined {
  return errno === undefined ? undefined : remedies.get(errno);
}
