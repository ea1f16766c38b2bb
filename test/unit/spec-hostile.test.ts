import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatProblems, loadSpec, SpecError, specProblems } from "../../spec/index.ts";

const many = (count: number, make: (index: number) => string, joint = "\n"): string =>
  Array.from({ length: count }, (_, index) => make(index)).join(joint);

const cases: readonly { why: string; bytes: string | Buffer; code: string; line?: number; column?: number }[] = [
  { why: "no bytes", bytes: "", code: "empty", line: 1, column: 1 },
  { why: "only comments", bytes: "# nothing\n\n", code: "empty" },
  { why: "an explicit null", bytes: "~\n", code: "empty" },
  { why: "a NUL byte", bytes: "coffer: 1\ntar\0get: docker\n", code: "control-character", line: 2, column: 4 },
  { why: "an escape character, which could drive a terminal", bytes: "a: \u001b[2J\n", code: "control-character" },
  {
    why: "line ends of old Macs",
    bytes: "coffer: 1\rtarget: docker\r",
    code: "control-character",
    line: 1,
    column: 10,
  },
  { why: "a byte order mark", bytes: Buffer.from("\ufeffcoffer: 1\n"), code: "byte-order-mark", line: 1, column: 1 },
  { why: "UTF-16", bytes: Buffer.from("\ufeffcoffer: 1\n", "utf16le"), code: "encoding", line: 1, column: 1 },
  { why: "Latin-1", bytes: Buffer.from("coffer: 1\n# caf\u00e9\n", "latin1"), code: "encoding", line: 2, column: 6 },
  {
    why: "a character cut at the end",
    bytes: Buffer.from([0x61, 0x3a, 0x20, 0xe2, 0x82]),
    code: "encoding",
    line: 1,
    column: 4,
  },
  { why: "a tab as indentation", bytes: "flavors:\n\tsmall: {}\n", code: "yaml-syntax", line: 2, column: 1 },
  { why: "two documents", bytes: "coffer: 1\n---\ncoffer: 1\n", code: "several-documents", line: 2 },
  { why: "another YAML version reads `no` as false", bytes: "%YAML 1.1\n---\ncoffer: 1\n", code: "yaml-version" },
  { why: "a list at the top", bytes: "- coffer\n", code: "type", line: 1 },
  { why: "a text at the top", bytes: "hello\n", code: "type" },
  { why: "an unfinished quote", bytes: 'coffer: "1\n', code: "yaml-syntax" },
  { why: "an alias of nothing", bytes: "coffer: *one\n", code: "alias", line: 1, column: 9 },
  { why: "an alias inside itself", bytes: "coffer: &a [*a]\n", code: "alias" },
  { why: "a value that is no plain data", bytes: "coffer: !!binary aGk=\n", code: "value" },
  { why: "a mapping as a name", bytes: "? { a: b }\n: c\n", code: "key" },
  { why: "a NUL in escapes", bytes: 'target: "a\\0b"\n', code: "value" },
  { why: "half a character in escapes", bytes: 'target: "\\ud800"\n', code: "value" },
  { why: "not a number", bytes: "coffer: .nan\n", code: "value" },
  { why: "10 MB of nesting", bytes: "[".repeat(10e6), code: "file-too-large", line: 1, column: 1 },
  { why: "nesting below the size limit, in brackets", bytes: `a: ${"[".repeat(4e6)}`, code: "too-deep", line: 1 },
  { why: "nesting in one line of dashes", bytes: "- ".repeat(2e6), code: "too-deep", line: 1 },
  { why: "nesting in one line of questions", bytes: "? ".repeat(2e6), code: "too-deep", line: 1 },
  { why: "nesting by indentation", bytes: many(2000, (i) => `${" ".repeat(i)}a:`), code: "too-deep", line: 66 },
  { why: "millions of signs", bytes: `[${",".repeat(4e6)}`, code: "too-long" },
  { why: "millions of errors", bytes: "]".repeat(4e6), code: "too-long" },
  {
    why: "a billion laughs",
    bytes: `a0: &a0 [x, x]\n${many(30, (i) => `a${i + 1}: &a${i + 1} [${many(9, () => `*a${i}`, ", ")}]`)}`,
    code: "too-many-aliases",
  },
  {
    why: "a chain of aliases nests as deep as brackets do",
    bytes: `a0: &a0 [x]\n${many(200, (i) => `a${i + 1}: &a${i + 1} [*a${i}]`)}`,
    code: "too-deep",
  },
  {
    why: "a chain of merges grows as its square",
    bytes: `a0: &a0 { x: 1 }\n${many(5000, (i) => `a${i + 1}: &a${i + 1} { <<: *a${i}, k${i}: 1 }`)}`,
    code: "too-many-aliases",
  },
  {
    why: "tens of thousands of networks, one twice",
    bytes: `coffer: 1\ntarget: { openstack: { network: n, access: { allow: [${many(60_000, (i) => `10.${i >> 8}.${i & 255}.0/24`, ", ")}, 10.1.1.0/24] } } }\n`,
    code: "duplicate-network",
    line: 2,
  },
  {
    why: "tens of thousands of addresses with host bits",
    bytes: `coffer: 1\ntarget: { openstack: { network: n, access: { admin: [${many(60_000, () => "'2001:db8::1/64'", ", ")}] } } }\n`,
    code: "more-problems",
  },
  {
    why: "a network as long as the file",
    bytes: `coffer: 1\ntarget: { openstack: { network: n, access: { allow: ["${"1".repeat(4e6)}"] } } }\n`,
    code: "value",
  },
  {
    why: "a host key as long as the file",
    bytes: `coffer: 1\ntarget: { openstack: { network: n, bastion: { host: h, user: u, hostKey: "ssh-rsa ${"A".repeat(4e6)}" } } }\n`,
    code: "value",
  },
  {
    why: "an image with every key there is, and others",
    bytes: `coffer: 1\ntarget: docker\ndatastores: { a: { versions: { "1": { image: { ${many(60_000, (i) => `k${i}: 1`, ", ")} } } } } }\n`,
    code: "more-problems",
  },
  {
    why: "an escape character in a cloud's name, which could drive a terminal",
    bytes: 'coffer: 1\ntarget: { openstack: { network: "\\e[2J" } }\n',
    code: "value",
    line: 2,
  },
  { why: "tens of thousands of unknown keys", bytes: many(60_000, (i) => `k${i}: 1`), code: "more-problems" },
  { why: "the same key again and again", bytes: many(60_000, () => "a: 1"), code: "more-problems" },
];

for (const { why, bytes, code, line, column } of cases) {
  test(`hostile: ${why}`, () => {
    const problems = specProblems(bytes, "f.yaml");
    const found = problems.find((problem) => problem.code === code);
    assert.ok(found, formatProblems(problems.slice(0, 5)));
    if (line !== undefined) assert.equal(found.line, line);
    if (column !== undefined) assert.equal(found.column, column);
    assert.ok(problems.length <= 1001);
    assert.doesNotMatch(formatProblems(problems), /\n\s+at /);
  });
}

test("ten thousand lines are no problem, and neither are line ends of Windows", () => {
  const instance = (i: number) => `  i${i}:\n    datastore: mariadb\n    flavor: small\n    volume: 1\n`;
  const text = `coffer: 1\ntarget: docker\nflavors: { small: { vcpus: 1, memory: 512M } }\ndatastores:\n  mariadb: { versions: { "10.11": {} } }\ninstances:\n${many(2500, instance, "")}`;
  assert.equal(loadSpec(text, "f").instances.length, 2500);
  assert.deepEqual(loadSpec(text.replaceAll("\n", "\r\n"), "f"), loadSpec(text, "f"));
});

test("whatever the text, there is a model or there are problems with positions inside the file", () => {
  const words = fc.constantFrom(
    ..."coffer: 1|target: docker|instances:|flavors:|datastores:|  |a:|- |{|}|[|]|&a |*a|<<: |\n|,|: |'|\"|#|!x |%|@|? ||-|\t|1.0|password: |openstack:|network: n|access:|allow:|admin:|10.0.0.0/8|bastion:|hostKey: |image: |tags: |users:|mariadb|~|\u2028".split(
      "|",
    ),
  );
  const text = fc.array(words, { maxLength: 40 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: "binary" })), (text) => {
      const lines = text.split("\n").length;
      try {
        loadSpec(text, "f");
      } catch (error) {
        assert.ok(error instanceof SpecError, String(error));
        assert.ok(error.problems.length > 0);
        for (const { line, column } of error.problems) assert.ok(line >= 1 && line <= lines && column >= 1);
      }
    }),
    { numRuns: 2000 },
  );
});

test("whatever the bytes, loading ends in a SpecError or a model", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.ok(specProblems(bytes, "f").length > 0);
    }),
  );
});
