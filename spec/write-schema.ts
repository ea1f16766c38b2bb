/** Writes coffer.schema.json beside this file: `node spec/write-schema.ts`, after every change of schema.ts. */
import { writeFileSync } from "node:fs";
import { jsonSchemaText } from "./json-schema.ts";

writeFileSync(new URL("coffer.schema.json", import.meta.url), jsonSchemaText());
