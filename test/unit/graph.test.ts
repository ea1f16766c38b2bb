/** Pictures of stacks: golden files, and that no name of a spec is ever taken for anything but a name. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { layout } from "../../cli/graph/layout.ts";
import { mermaid } from "../../cli/graph/mermaid.ts";
import { svg } from "../../cli/graph/svg.ts";
import { type GraphInstance, graphOf, type StackGraph } from "../../operations/graph.ts";
import type { InstanceRecord } from "../../operations/records.ts";
import { loadSpec } from "../../spec/index.ts";

const fixtures = join(import.meta.dirname, "fixtures", "graph");
const text = (file: string) => readFileSync(join(fixtures, file), "utf8");
const record = {
  endpoint: { writer: { host: "127.0.0.1", port: 20001 } },
  serverVersion: "10.11.14",
  pendingRestart: ["performance_schema"],
} as unknown as InstanceRecord;
const shop = graphOf("shop", loadSpec(text("shop.yaml"), "shop.yaml"), { orders: record });

for (const [file, content] of [
  ["shop.mmd", mermaid(shop)],
  ["shop.svg", svg(shop)],
] as const) {
  test(`${file} is as in its golden file`, () => {
    if (process.env.COFFER_GOLDEN === "write") writeFileSync(join(fixtures, file), content);
    assert.equal(content, text(file), "COFFER_GOLDEN=write writes it; then look at the picture");
  });
}

describe("what is drawn", () => {
  const [orders, , cache] = shop.instances;

  test("a group's parameters are the group's, an instance has its own", () => {
    assert.deepEqual(orders?.parameters, ["max_connections = 60"]);
    assert.deepEqual(shop.configurations[0]?.parameters, ["max_connections = 200", "long_query_time = 2"]);
  });

  test("the state says where an instance is; without one it is drawn all the same", () => {
    assert.equal(orders?.recorded?.address, "127.0.0.1:20001");
    assert.match(svg(shop), />recorded at 127\.0\.0\.1:20001, waits for a restart</);
    assert.equal(cache?.recorded, null);
  });

  test("on OpenStack: who may connect, and who has a floating IP", () => {
    const file = join(import.meta.dirname, "../../stacks/openstack-demo.yaml");
    const cloud = graphOf("cloud", loadSpec(readFileSync(file), "cloud"));
    assert.deepEqual(cloud.instances[0]?.access, { from: ["172.24.4.0/24"], public: true });
    assert.match(mermaid(cloud), /a0 -->\|"floating IP"\| i0s/);
    assert.match(svg(cloud), />floating IP</);
    const closed = {
      ...cloud,
      instances: cloud.instances.map((one) => ({ ...one, access: { from: [], public: false } })),
    };
    assert.doesNotMatch(mermaid(closed), /clients from/);
    assert.doesNotMatch(svg(closed), /clients from/);
  });

  test("a stack without instances", () => {
    const empty = { ...shop, instances: [], configurations: [] };
    assert.match(svg(empty), />no instances</);
    wellFormed(svg(empty));
    assert.match(mermaid(empty), /^flowchart LR\n/);
  });
});

const name = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom('"]', "]]>", "-->", "end", "%%", "<b>&amp;", "#35;", "`x`"),
);
const instance: fc.Arbitrary<GraphInstance> = fc
  .record({
    name,
    databases: fc.uniqueArray(name, { maxLength: 4 }),
    users: fc.array(name, { maxLength: 4 }),
    from: name,
  })
  .map(({ name: own, databases, users, from }) => ({
    ...{ name: own, server: "S 1", datastore: own, flavor: own, vcpus: 1, memoryBytes: 1024 ** 3 },
    ...{ volumeBytes: 1024 ** 3, configuration: own, parameters: [own], databases, recorded: null },
    access: { from: from ? [from] : [], public: true },
    users: users.map((user, at) => ({
      name: user,
      grants: databases.slice(0, at).map((database) => ({ database, privileges: "read" })),
    })),
  }));
const graphs: fc.Arbitrary<StackGraph> = fc
  .record({ stack: name, instances: fc.array(instance, { maxLength: 4 }) })
  .map(({ stack, instances }) => ({
    ...{ stack, target: "docker", instances },
    configurations: instances.map((one) => ({ name: one.name, datastore: "d", version: "1", parameters: [one.name] })),
  }));

describe("any name", () => {
  test("mermaid gets nothing but ids, arrows and labels of harmless characters", () => {
    // No colon: mermaid takes what follows one in a line with `style` for its own.
    const label = String.raw`"(?:[A-Za-z0-9 .,()/=?-]|#\d+;|<br/>)*"`;
    const line = new RegExp(
      [
        `subgraph \\w+\\[${label}\\]`,
        `\\w+(?:\\[${label}\\]|\\[\\(${label}\\)\\]|\\(\\[${label}\\]\\)|\\{\\{${label}\\}\\}):::\\w+`,
        `\\w+ (?:---|-->|-\\.->)(?:\\|${label}\\|)? \\w+`,
        "end",
        "flowchart LR",
        "classDef \\w+ [a-z0-9:#,]+",
      ]
        .map((one) => `^ *${one}$`)
        .join("|"),
      "u",
    );
    fc.assert(
      fc.property(graphs, (graph) => {
        const printed = mermaid(graph);
        for (const one of printed.trimEnd().split("\n")) assert.match(one, line);
        const read = [...printed.matchAll(/\w+\(\["(.*)"\]\):::user/g)].map(([, found = ""]) => found);
        const plain = read.map((one) =>
          one.replace(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))),
        );
        assert.deepEqual(
          plain,
          graph.instances.flatMap(({ users }) => users.map((user) => seen(user.name))),
        );
      }),
    );
  });

  test("the SVG stays well-formed, and has each name in it", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const titles = wellFormed(svg(graph));
        for (const { name: own, databases, users } of graph.instances)
          for (const one of [own, ...databases, ...users.map((user) => user.name)])
            assert.ok(titles.has(seen(one).replace(/[\ufffe\uffff]/g, "?")), `${JSON.stringify(one)} is missing`);
      }),
    );
  });

  test("nothing is drawn over anything else, or out of the picture", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const { width, height, cards, clients, groups } = layout(graph);
        const boxes = [...cards, ...clients, ...groups];
        for (const [at, one] of boxes.entries()) {
          assert.ok(one.x >= 0 && one.y >= 0 && one.x + one.width <= width && one.y + one.height <= height);
          for (const other of boxes.slice(at + 1))
            assert.ok(
              one.x + one.width <= other.x ||
                other.x + other.width <= one.x ||
                one.y + one.height <= other.y ||
                other.y + other.height <= one.y,
            );
        }
        for (const card of cards)
          for (const chip of [...card.users, ...card.databases])
            assert.ok(chip.y >= card.y && chip.y + chip.height <= card.y + card.height);
      }),
    );
  });
});

/** As the pictures show it. */
function seen(one: string): string {
  return one.replace(/[\p{Cc}\p{Cs}]/gu, "?");
}

/** Reads XML strictly, as far as these images use it; the texts of its titles. */
function wellFormed(document: string): Set<string> {
  assert.doesNotMatch(document, /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u, "a character XML has not");
  const token =
    /<(\/?)([a-zA-Z]+)((?: [a-zA-Z-]+="(?:[^<&"]|&(?:amp|lt|gt|quot|apos);)*")*)(\/?)>|((?:[^<&]|&(?:amp|lt|gt|quot|apos);)+)/uy;
  const open: string[] = [];
  const titles = new Set<string>();
  const plain: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  for (let at = 0; at < document.length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(document);
    assert.ok(found, `not well-formed at ${at}: ${document.slice(at, at + 80)}`);
    const [, closing, element = "", , empty, words] = found;
    if (words !== undefined) {
      if (open.at(-1) === "title") titles.add(words.replace(/&(\w+);/g, (_, entity: string) => plain[entity] ?? ""));
      else assert.ok(open.length || words.trim() === "");
    } else if (closing) {
      // An empty name leaves its title empty.
      if (element === "title" && found.index > 0 && document.slice(0, found.index).endsWith("<title>")) titles.add("");
      assert.equal(open.pop(), element);
    } else if (!empty) {
      open.push(element);
    }
  }
  assert.deepEqual(open, []);
  return titles;
}
