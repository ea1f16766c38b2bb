/** Calls that make a test or a group of tests. */
import ts from "typescript";

const makers = new Set(["test", "it", "describe", "suite"]);

/** `test.skip` and `test.todo` make none that runs; `t.test` does. */
export function isTestCall(node: ts.Node): node is ts.CallExpression {
  if (!ts.isCallExpression(node)) return false;
  const { expression } = node;
  const word = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
  return ts.isIdentifier(word) && makers.has(word.text) && node.arguments.length > 0;
}
