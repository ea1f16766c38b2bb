/** Renders the tables of docs/trove.md: `node test/trove/write-page.ts`, after every change of the table. */
import { writeFileSync } from "node:fs";
import { page, pageFile, rendered } from "./page.ts";

writeFileSync(pageFile, rendered(page()));
