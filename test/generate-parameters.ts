/**
 * Asks the real server of each datastore version what its parameters are, and writes `ENGINE/parameters/VERSION.json`; and
 * PostgreSQL's for the extensions that it trusts (`extensions/VERSION.json`). Needs a Docker engine; the servers run in containers that are removed at the end:
 *
 *     node test/generate-parameters.ts [ENGINE [VERSION]] && npx biome check --write engines
 */
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connectDocker } from "../access/docker/engine.ts";
import { DockerGuest } from "../access/docker/guest.ts";
import type { Guest } from "../access/guest.ts";
import * as mariadb from "../engines/mariadb/generate-parameters.ts";
import * as postgresql from "../engines/postgresql/generate-parameters.ts";
import { NotYet, waitFor } from "../engines/shared/wait.ts";
import { ensureImage, recipes } from "../images/index.ts";
import { cacheFolders } from "../toolchain/cache.ts";

interface Generator {
  parametersText(guest: Guest): Promise<string>;
  /** What else the server is asked: the text of `FOLDER/VERSION.json` by folder. */
  moreTexts?(guest: Guest): Promise<Readonly<Record<string, string>>>;
  scratchServer: string;
}

const engines: Readonly<Record<string, Generator>> = { mariadb, postgresql };

/** Milliseconds for a blank server to answer. */
const startLimit = 60_000;

async function generate(recipe: (typeof recipes)[number]): Promise<void> {
  const generator = engines[recipe.engine];
  if (!generator) throw new Error(`nobody wrote how ${recipe.engine} is asked`);
  const docker = connectDocker();
  const cacheDir = join(cacheFolders().root, "images");
  const image = await ensureImage(docker, recipe, {
    cacheDir,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  const uuid = randomUUID();
  const container = await docker.createContainer({
    name: `coffer-parameters-${uuid}`,
    Image: image.id,
    Labels: { "coffer.instance": uuid },
    Entrypoint: ["sh", "-euc", generator.scratchServer],
    HostConfig: { NetworkMode: "none" },
  });
  const guest = new DockerGuest(docker, { target: "docker", name: recipe.engine, uuid, container: container.id });
  try {
    await container.start();
    const texts = await waitFor(`${recipe.engine} ${recipe.version} to answer`, { timeout: startLimit }, async () => {
      try {
        return { parameters: await generator.parametersText(guest), ...(await generator.moreTexts?.(guest)) };
      } catch (error) {
        return new NotYet(String(error));
      }
    });
    for (const [folder, text] of Object.entries(texts)) {
      const file = join(import.meta.dirname, "../engines", recipe.engine, folder, `${recipe.version}.json`);
      await writeFile(file, text);
      process.stdout.write(`${file}\n`);
    }
  } finally {
    await guest.close();
    await container.remove({ force: true });
  }
}

const [engine, version] = process.argv.slice(2);
const chosen = recipes.filter((r) => (!engine || r.engine === engine) && (!version || r.version === version));
if (chosen.length === 0) throw new Error(`no recipe for ${engine} ${version ?? ""}`);
for (const recipe of chosen) await generate(recipe);
