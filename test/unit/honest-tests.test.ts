/** Tests that cannot fail are no tests: the kinds of them that a syntax tree shows. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import ts from "typescript";

const root = resolve(import.meta.dirname, "../..");
const files = globSync("test/**/*.ts", { cwd: root }).sort();

/** Where a pause is what the test is about; everything else waits for what it needs. */
const pauses: Readonly<Record<string, string>> = {
  "test/unit/openstack-ssh-connect.test.ts": "a connection has to be silent for longer than a silence is trusted",
};

const kinds: readonly {
  what: string;
  finds(call: ts.CallExpression, file: string): boolean;
  shown: string;
  fine: string;
}[] = [
  {
    what: "compares an expression with itself",
    finds: (call) => isAssertion(call) && call.arguments.length > 1 && sourceOf(call, 0) === sourceOf(call, 1),
    shown: "assert.equal(id(a), id(a))",
    fine: "assert.equal(id(a), id(b))",
  },
  {
    what: "asserts a constant",
    finds: (call) => isAssertion(call) && call.arguments.slice(0, 2).every(isConstant),
    shown: "assert.ok(true)",
    fine: "assert.ok(seen)",
  },
  {
    what: "matches anything",
    finds: (call) =>
      isAssertion(call) && call.arguments.some((one) => ts.isRegularExpressionLiteral(one) && takesAll(one)),
    shown: "assert.match(text, /.*/)",
    fine: "assert.match(text, /a.*/)",
  },
  {
    what: "asserts what every length is",
    finds: (call) => isAssertion(call) && /\.(?:length|size) >= 0$/.test(sourceOf(call, 0)),
    shown: "assert.ok(rows.length >= 0)",
    fine: "assert.ok(rows.length >= 1)",
  },
  {
    what: "sleeps in place of waiting",
    finds: (call, file) => isPause(call) && !isInLoop(call) && !Object.hasOwn(pauses, file),
    shown: "await new Promise((done) => setTimeout(done, 500))",
    fine: "while (!there()) await new Promise((done) => setTimeout(done, 20))",
  },
];

const calls = files.flatMap((file) =>
  callsOf(file, readFileSync(join(root, file), "utf8")).map((call) => ({ call, file })),
);

for (const { what, finds, shown, fine } of kinds) {
  test(`no test ${what}`, () => {
    const wrong = calls
      .filter(({ call, file }) => finds(call, file))
      .map(({ call, file }) => `${file}:${lineOf(call)} ${what}: ${call.getText()}`);
    assert.deepEqual(wrong, []);
  });
  test(`one that ${what} is found`, () => {
    const seen = (text: string) => callsOf("x.ts", text).some((call) => finds(call, "x.ts"));
    assert.deepEqual([seen(shown), seen(fine)], [true, false]);
  });
}

test("there are tests, and every pause that is allowed is there", () => {
  assert.ok(files.length > 200, `${files.length} files`);
  const used = new Set(calls.filter(({ call }) => isPause(call) && !isInLoop(call)).map(({ file }) => file));
  assert.deepEqual([...used], Object.keys(pauses));
});

function callsOf(file: string, text: string): ts.CallExpression[] {
  const calls: ts.CallExpression[] = [];
  const walk = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) calls.push(node);
    ts.forEachChild(node, walk);
  };
  walk(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return calls;
}

const isAssertion = ({ expression }: ts.CallExpression): boolean =>
  /^assert(?:\.(?!fail$)\w+)?$/.test(expression.getText());

const sourceOf = (call: ts.CallExpression, at: number): string =>
  call.arguments[at]?.getText().replace(/\s+/g, " ") ?? "";

const isConstant = (node: ts.Node): boolean =>
  ts.isLiteralExpression(node) || node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword;

/** Texts that have no character in common. */
const unlike = ["a b", "7", "-\n-", "ü!"];

function takesAll(literal: ts.RegularExpressionLiteral): boolean {
  const [, source = "", flags] = /^\/(.*)\/(\w*)$/s.exec(literal.text) ?? [];
  const pattern = new RegExp(source, flags?.replace(/[gy]/g, ""));
  return unlike.every((text) => pattern.test(text));
}

/** `setTimeout(done, 500)`, where `done` resolves the promise around it, or that of `node:timers/promises`. */
function isPause(call: ts.CallExpression): boolean {
  const around = call.parent.parent;
  const inPromise =
    ts.isArrowFunction(call.parent) && ts.isNewExpression(around) && around.expression.getText() === "Promise";
  return (
    inPromise && call.expression.getText() === "setTimeout" && call.arguments[0]?.kind === ts.SyntaxKind.Identifier
  );
}

function isInLoop(node: ts.Node): boolean {
  for (let at = node.parent; at; at = at.parent) if (ts.isIterationStatement(at, false)) return true;
  return false;
}

const lineOf = (node: ts.Node): number => node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1;
