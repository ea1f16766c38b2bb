/**
 * Writes what Coffer's stand-in for the Docker plugin is held against (`test/unit/docker-plugin-official.test.ts`). After an update of
 * `@pulumi/docker`:
 *
 *     node test/generate-docker-schema.ts [PULUMI_DOCKER TERRAFORM_PROVIDER_DOCKER] && npx biome check --write test/unit/fixtures
 *
 * The npm package in node_modules gives names, types, what is required and what Docker fills in. It has no rules for replacements and
 * only prose for defaults: those are read from clones of github.com/pulumi/pulumi-docker and github.com/kreuzwerker/terraform-provider-docker,
 * at the plugin's version and at the commit that it is built from. Only facts about the interface are kept, no text of theirs.
 */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readNpm } from "./official/npm.ts";
import { readProvider } from "./official/provider.ts";

const root = resolve(import.meta.dirname, "..");
const folder = join(root, "test", "unit", "fixtures", "docker-plugin");

function write(name: string, facts: unknown): void {
  const path = join(folder, name);
  writeFileSync(path, `${JSON.stringify(facts, null, 2)}\n`);
  process.stdout.write(`${path}\n`);
}

const npm = readNpm(join(root, "node_modules", "@pulumi", "docker"));
write("npm.json", npm);
const [plugin, terraform] = process.argv.slice(2);
if (plugin && terraform) write("provider.json", readProvider({ plugin, terraform, version: npm.version }));
