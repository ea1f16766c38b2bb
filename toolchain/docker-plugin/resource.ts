/** What a module must offer for one type of resource. */

import type { Operation } from "./operation.ts";
import type { Change, Schema } from "./schema.ts";
import type { Props } from "./values.ts";

/** An object that Docker knows, in the terms of the schema; properties that Docker does not tell are left out. */
export type Found = { id: string; observed: Props };

export type Resource = {
  schema: Schema;
  /** Input texts that must not show up in messages. */
  secrets: (inputs: Props) => string[];
  /** Throws HalfMade once something exists; any other error means that nothing does. */
  create: (operation: Operation, inputs: Props) => Promise<Found>;
  /** undefined: proven to be gone. `recorded` is {} on import. */
  read: (operation: Operation, id: string, recorded: Props) => Promise<Found | undefined>;
  /** Returns what has to be renewed in the record beside the inputs. */
  update: (operation: Operation, id: string, recorded: Props, inputs: Props, changes: Change[]) => Promise<Props>;
  /** Gone already is a success. */
  remove: (operation: Operation, id: string, recorded: Props) => Promise<void>;
};
