/** The groups of tests, and the jobs that they are made of. */
import { existsSync, globSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { Ground } from "../support/set-up.ts";
import { batches } from "./lanes.ts";
import { secondsOf } from "./weights.ts";

export const root: string = resolve(import.meta.dirname, "../..");

export interface Group {
  name: string;
  /** A program that passes or fails as one test. */
  command?: readonly string[];
  /** A pattern, from the root of the repository. */
  files?: string;
  /** What must be there before: Pulumi for tests of the toolchain, everything of their target for the others. */
  needs?: Ground;
  /** What one of its jobs takes of the machine, in cores: much of a command's time is waiting for Pulumi and for servers. */
  load: number;
  /** Jobs of the group that run side by side; default: as many as there is room for. */
  lanes?: number;
  /** Processes that share its files; default: each file has one of its own. */
  processes?: number;
  /** Files that share a process and the servers in it: a name, and a pattern. */
  together?: Readonly<Record<string, string>>;
  /** Milliseconds for a test, and twice that for a process: what hangs must not take CI's whole time. */
  limit: number;
}

const minutes = 60_000;

export const groups: readonly Group[] = [
  {
    name: "lint",
    command: ["node_modules/.bin/biome", "check", "--error-on-warnings", "."],
    load: 1,
    limit: 5 * minutes,
  },
  { name: "types", command: ["node_modules/.bin/tsc", "--noEmit", "-p", "."], load: 1, limit: 5 * minutes },
  // Loading what they test takes longer than most of them: they share it.
  { name: "unit", files: "test/unit/**/*.test.ts", needs: "pulumi", load: 1, processes: 4, limit: 5 * minutes },
  { name: "component", files: "test/component/**/*.test.ts", needs: "pulumi", load: 1, limit: 5 * minutes },
  // Before Docker's: its one lane is the longest, and what is on Docker fills the rest.
  {
    name: "openstack",
    files: "test/openstack/**/*.test.ts",
    needs: "openstack",
    load: 1,
    // What only asks the cloud runs beside what has guests. What --full adds also spends the project's quotas and deletes images.
    lanes: process.argv.includes("--full") ? 1 : 2,
    limit: 20 * minutes,
  },
  {
    name: "docker",
    files: "test/docker/**/*.test.ts",
    needs: "docker",
    load: 0.6,
    lanes: 3,
    together: {
      "on MariaDB": "test/docker/mariadb-*.test.ts",
      "on PostgreSQL": "test/docker/{postgresql-*,owners}.test.ts",
      "on both engines": "test/docker/{crash-recovery,dumps,restart-hold,root,tls}.test.ts",
      "guests and the plugin":
        "test/docker/{access,access-inventory,docker-plugin,docker-plugin-process,volume-use}.test.ts",
    },
    limit: 20 * minutes,
  },
];

/** What runs when nothing is named: all that needs no cloud. */
const usual = groups.filter(({ name }) => name !== "openstack");

/** Something to run: a program, or a process with files of tests. */
export interface Job {
  group: Group;
  /** The command's group, the file, or which of the group's processes it is. */
  title: string;
  /** From the root of the repository; none for a command. */
  files: readonly string[];
  /** What it is expected to take. */
  seconds: number;
}

/** The groups and files that the words name, as jobs in the order in which they are to start; throws for a word that names none. */
export function jobsOf(words: readonly string[]): readonly Job[] {
  const strange = words.filter((word) => word !== "all" && !groupOf(word) && !existsSync(resolve(root, word)));
  if (strange.length)
    throw new Error(
      `no group or file named ${strange.join(", ")}; groups: ${groups.map(({ name }) => name).join(", ")}, and all of them: all`,
    );
  const files = words.filter((word) => word !== "all" && !groupOf(word));
  const named = words.includes("all")
    ? groups
    : words.length
      ? groups.filter(({ name }) => words.includes(name))
      : usual;
  return [...named.flatMap(jobsOfGroup), ...files.map(jobOfFile)];
}

const groupOf = (word: string): Group | undefined => groups.find(({ name }) => name === word);

function jobsOfGroup(group: Group): readonly Job[] {
  if (group.command) return [{ group, title: group.name, files: [], seconds: secondsOf(group.name, unknown(group)) }];
  const all = filesOf(group.files ?? "", group);
  const job = (title: string, of: readonly Weighed[]): Job => ({
    group,
    title,
    files: of.map(({ file }) => file),
    seconds: of.reduce((sum, { seconds }) => sum + seconds, 0),
  });
  if (group.processes)
    return batches(all, group.processes).map((batch, at, { length }) =>
      job(`${group.name}, process ${at + 1} of ${length}`, batch),
    );
  const shared = Object.entries(group.together ?? {}).map(([title, pattern]) => job(title, filesOf(pattern, group)));
  const taken = new Set(shared.flatMap(({ files }) => files));
  const alone = all.filter(({ file }) => !taken.has(file)).map((one) => job(one.file, [one]));
  return [...shared, ...alone].sort((a, b) => b.seconds - a.seconds);
}

interface Weighed {
  file: string;
  seconds: number;
}

const filesOf = (pattern: string, group: Group): readonly Weighed[] =>
  globSync(pattern, { cwd: root })
    .sort()
    .map((file) => ({ file, seconds: secondsOf(file, unknown(group)) }));

/** A file by itself, on the ground of its folder's group; elsewhere on Docker's. */
function jobOfFile(word: string): Job {
  const file = relative(root, resolve(root, word));
  const group =
    groups.find(({ files = "" }) => files && file.startsWith(files.slice(0, files.indexOf("*")))) ?? groupOf("docker");
  return { group: group as Group, title: file, files: [file], seconds: secondsOf(file, unknown(group as Group)) };
}

/** Seconds of what is new: one that may be long starts early. */
const unknown = (group: Group): number => (group.processes ? 1 : 60);
