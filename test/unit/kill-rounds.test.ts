/** When a kill's moment has come, who is killed then, and which kills came too late: by what real runs reported. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import {
  beforeChanges,
  type Kill,
  mountOf,
  type Phase,
  phasesOf,
  type Run,
  tooLate,
  untilInTime,
  victims,
  whereIs,
} from "../support/kill-rounds.ts";

/** What first ups reported; on the cloud as its log has it, with the lines of the preview by hand. */
const recorded = (name: string) => readFileSync(new URL(`fixtures/kill/${name}.txt`, import.meta.url), "utf8");

const docker = (instance: string) => ({ ...beforeChanges, ...phasesOf(instance) });
const cloud = (instance: string) => ({ ...beforeChanges, ...phasesOf(instance, "port"), mount: mountOf(instance) });
const started = ["toolchain", "stack"];
const runs: readonly {
  file: string;
  phases: Readonly<Record<string, Phase>>;
  opens: Readonly<Record<string, RegExp>>;
}[] = [
  {
    file: "mariadb-docker",
    phases: docker("mariadb-a"),
    opens: {
      preview: /they agree/,
      machine: /created mariadb-a: volume/,
      data: /make a new MariaDB 10\.11 data directory/,
      start: /start MariaDB/,
      users: /created mariadb-a: databases/,
      end: /created mariadb-a: users/,
    },
  },
  {
    file: "postgresql-docker",
    phases: docker("postgresql-a"),
    opens: {
      preview: /they agree/,
      machine: /created postgresql-a: volume/,
      data: /make a new data directory on the blank volume/,
      start: /start the server/,
      users: /created postgresql-a: databases/,
      end: /created postgresql-a: users/,
    },
  },
  ...["orders", "ledger"].map((name) => ({
    file: "both-openstack",
    phases: cloud(name),
    opens: {
      preview: /they agree/,
      machine: new RegExp(`created ${name}: port`),
      mount: new RegExp(`created ${name}: host-key`),
      data: new RegExp(`${name}: database-server: make a new`),
      start: new RegExp(`${name}: database-server: start`),
      users: new RegExp(`created ${name}: databases`),
      end: new RegExp(`created ${name}: users`),
    },
  })),
];

describe("phases", () => {
  for (const { file, phases, opens } of runs)
    for (const [name, phase] of Object.entries(phases))
      test(`${file}: ${name}, ${phase.name}, opens once, at its line, and closes`, () => {
        const text = recorded(file);
        const places = Array.from({ length: text.length + 1 }, (_, end) => whereIs(phase, text.slice(0, end)));
        const order = places.filter((place, index) => place !== places[index - 1]);
        const whole = [...(started.includes(name) ? [] : ["before"]), "in", ...(name === "end" ? [] : ["after"])];
        assert.deepEqual(order, whole);
        const [last = ""] = text.slice(0, places.indexOf("in")).trimEnd().split("\n").slice(-1);
        if (!started.includes(name)) assert.match(last, opens[name] ?? /^nothing opens it$/);
      });
  test("a run that reports nothing is in its toolchain", () => {
    const places = Object.values(docker("a")).map((phase) => whereIs(phase, ""));
    assert.deepEqual(places, ["in", "in", "before", "before", "before", "before", "before", "before"]);
  });
});

const node = "/root/.cache/coffer/node-24.21.0/bin/node --disable-warning=ExperimentalWarning /tmp/c";
/** As /proc showed them, root first. */
const trees: Readonly<Record<string, readonly string[]>> = {
  launcher: ["/bin/sh /tmp/c/coffer up --stack t "],
  stack: [`${node}/cli/main.ts up --stack t `, "pulumi stack init t --no-select --non-interactive "],
  apply: [
    `${node}/cli/main.ts up --stack t `,
    `${node}/provider/main.ts --attached `,
    `${node}/toolchain/language-host/main.ts --attached /tmp/c/stacks/declare.ts `,
    "pulumi up --stack t --json --non-interactive --suppress-outputs --color never --parallel 32 --yes ",
    `${node}/toolchain/language-host/ahead.ts /tmp/c/stacks/declare.ts `,
    `${node}/toolchain/docker-plugin/main.ts 127.0.0.1:37009 `,
  ],
  cloud: [
    `${node}/cli/main.ts up --stack t `,
    "pulumi preview --stack t --json ",
    "/root/.cache/coffer/pulumi-home/plugins/resource-openstack-v5.0.0/pulumi-resource-openstack 127.0.0.1:41207 ",
  ],
};

describe("victims", () => {
  const cases: readonly [keyof typeof victims, string, readonly number[]][] = [
    ["everything", "apply", [0, 1, 2, 3, 4, 5]],
    ["coffer", "launcher", []],
    ["coffer", "stack", [0]],
    ["coffer", "apply", [0]],
    ["pulumi", "launcher", []],
    ["pulumi", "stack", [1]],
    ["pulumi", "apply", [3]],
    ["pulumi", "cloud", [1]],
    ["provider", "stack", []],
    ["provider", "apply", [1]],
    ["program", "apply", [2, 4]],
    ["plugin", "stack", []],
    ["plugin", "apply", [5]],
    ["plugin", "cloud", [2]],
  ];
  for (const [victim, tree, wanted] of cases)
    test(`${victim} of ${tree}`, () => {
      const processes = (trees[tree] ?? []).map((command, index) => ({ pid: index, parent: 0, command }));
      assert.deepEqual(
        victims[victim].among(processes).map(({ pid }) => pid),
        wanted,
      );
    });
  test("each phase's own process is one of a run", () => {
    const all = Object.values(trees).flat();
    for (const { name, runs: own } of Object.values<Phase>(beforeChanges))
      assert.ok(own && all.some((command) => own.test(command)), name);
  });
});

describe("a kill that came too late", () => {
  const { data, start } = phasesOf("a");
  const kill = (victim: keyof typeof victims, phase = data): Kill => ({ victim: victims[victim], phase });
  const hit = (of: Kill, reported = "") => ({ ...of, reported, processes: [{ pid: 1, parent: 0, command: "x" }] });
  const run = (some: Partial<Run>): Run => ({ killed: [], stderr: "", code: 0, signal: null, ...some });
  const eof = 'up of stack "t" failed: error reading from server: EOF';
  const passed = `✗ applying the changes 8.0 s\n  ! ${eof}; that may pass: going on (2 of 3)\n`;
  const dead = 'coffer: up of stack "t" failed: the Pulumi process was killed\n';

  const inTime: readonly { why: string; kills: readonly Kill[]; run: Run }[] = [
    {
      why: "coffer is gone",
      kills: [kill("coffer")],
      run: run({ killed: [hit(kill("coffer"))], code: null, signal: "SIGKILL" }),
    },
    {
      why: "coffer says it of pulumi",
      kills: [kill("pulumi")],
      run: run({ killed: [hit(kill("pulumi"))], code: 1, stderr: dead }),
    },
    {
      why: "it goes on after its provider",
      kills: [kill("provider")],
      run: run({ killed: [hit(kill("provider"))], stderr: passed }),
    },
    {
      why: "it goes on, and is killed",
      kills: [kill("provider"), kill("everything", start)],
      run: run({
        killed: [hit(kill("provider")), hit(kill("everything", start), passed)],
        stderr: passed,
        code: null,
        signal: "SIGKILL",
      }),
    },
  ];
  for (const { why, kills, run: seen } of inTime)
    test(`in time: ${why}`, () => assert.equal(tooLate(kills, seen), undefined));

  const late: readonly { why: string; kills: readonly Kill[]; run: Run; says: RegExp }[] = [
    { why: "nobody was there", kills: [kill("provider")], run: run({}), says: /^provider, .*was over before/ },
    {
      why: "the second was not there",
      kills: [kill("provider"), kill("everything", start)],
      run: run({ killed: [hit(kill("provider"))], stderr: passed }),
      says: /^everything, while the database server starts: .*was over before/,
    },
    {
      why: "nobody missed it",
      kills: [kill("plugin")],
      run: run({ killed: [hit(kill("plugin"))], stderr: "✓ applying the changes 8.0 s\n" }),
      says: /without the victim/,
    },
    {
      why: "what it says was said before",
      kills: [kill("provider")],
      run: run({ killed: [hit(kill("provider"), passed)], stderr: passed }),
      says: /without the victim/,
    },
  ];
  for (const { why, kills, run: seen, says } of late)
    test(`too late: ${why}`, () => assert.match(tooLate(kills, seen) ?? "", says));

  const otherwise: readonly { why: string; kill: Kill; run: Partial<Run> }[] = [
    { why: "coffer was killed and ended well", kill: kill("coffer"), run: { code: 0 } },
    {
      why: "everything was killed and coffer says something",
      kill: kill("everything"),
      run: { code: 1, stderr: dead },
    },
    {
      why: "it failed of something else",
      kill: kill("pulumi"),
      run: { code: 1, stderr: "coffer: no space left on device\n" },
    },
  ];
  for (const { why, kill: one, run: seen } of otherwise)
    test(`neither: ${why}`, () => assert.throws(() => tooLate([one], run({ killed: [hit(one)], ...seen }))));

  test("is tried again, and three of them are a failure", async () => {
    const told: string[] = [];
    const answers = ["first", "second", undefined];
    await untilInTime(
      async () => answers.shift(),
      (text) => told.push(text),
    );
    assert.equal(told.length, 2);
    await assert.rejects(
      untilInTime(
        async () => "always",
        () => {},
      ),
      /always\nalways\nalways/,
    );
  });
});
