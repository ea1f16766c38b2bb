/** The JSON Schema of a spec file, for editors. It has the shape; the rules are Coffer's own. */
import { z } from "zod";
import { specSchema } from "./schema.ts";

/** Draft 7: the one that YAML language servers read. */
export function jsonSchema(): object {
  return z.toJSONSchema(specSchema, { target: "draft-7" });
}

/** The text of `coffer.schema.json`, laid out as the formatter of this repository does: short lists on one line. */
export function jsonSchemaText(): string {
  const text = JSON.stringify(jsonSchema(), undefined, 2);
  const oneLine = text.replace(
    /\[\n\s+([^[\]{}]*?)\n\s+\]/g,
    (_, items: string) => `[${items.replace(/\n\s+/g, " ")}]`,
  );
  return `${oneLine}\n`;
}
