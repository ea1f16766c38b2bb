/**
 * Whether a test runs, as far as its source says: the `skip` of it and of the groups around it, the conditions that it stands under, and
 * who calls the function that makes it. What depends on a machine (a cloud's administrator, an sshd) is taken to be there.
 */
import ts from "typescript";
import type { Sources } from "./sources.ts";
import { isTestCall } from "./test-call.ts";

/** A run of the tests that the conditions are read for. */
export interface Run {
  /** With `--full`. */
  full: boolean;
  /** What stands for a variable in the title that was asked for: "postgresql" for `engine`. */
  words: ReadonlyMap<string, string>;
  /** Whether some of what a title stands for is enough, as for one that names no engine. */
  some: boolean;
}

/** What an expression comes to; undecided where only a run could say. */
type Value = { is: unknown } | { is?: never; undecided: true; onFull: boolean };

const unknown: Value = { undecided: true, onFull: false };

export class Conditions {
  readonly #sources: Sources;
  readonly #run: Run;
  /** Functions and variables whose meaning is being looked for: one that refers to itself has none. */
  readonly #under = new Set<ts.Node>();

  constructor(sources: Sources, run: Run) {
    this.#sources = sources;
    this.#run = run;
  }

  runs(node: ts.Node): boolean {
    for (let child = node, at = node.parent; at; child = at, at = at.parent) {
      if (this.#excludes(at, child)) return false;
    }
    return !(isTestCall(node) && this.#skips(node));
  }

  /** Whether what stands in a node does not run because of it. */
  #excludes(at: ts.Node, child: ts.Node): boolean {
    if (isTestCall(at)) return this.#skips(at);
    if (ts.isIfStatement(at) || ts.isConditionalExpression(at)) return this.#otherBranch(at, child);
    if (ts.isBinaryExpression(at) && child === at.right) {
      if (at.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken) return !this.#may(at.left, true);
      if (at.operatorToken.kind === ts.SyntaxKind.BarBarToken) return !this.#may(at.left, false);
    }
    if (ts.isForOfStatement(at) && child === at.statement) {
      const over = this.#value(at.expression);
      return Array.isArray(over.is) && over.is.length === 0;
    }
    if (ts.isBlock(at) || ts.isSourceFile(at)) return this.#leftBefore(at.statements, child);
    return isNamedFunction(at) && !this.#isCalled(at);
  }

  #otherBranch(at: ts.IfStatement | ts.ConditionalExpression, child: ts.Node): boolean {
    const [condition, then, otherwise] = ts.isIfStatement(at)
      ? [at.expression, at.thenStatement, at.elseStatement]
      : [at.condition, at.whenTrue, at.whenFalse];
    if (child === then) return !this.#may(condition, true);
    return child === otherwise && !this.#may(condition, false);
  }

  /** `if (...) return;` above it. */
  #leftBefore(statements: readonly ts.Statement[], child: ts.Node): boolean {
    const before = statements.slice(0, Math.max(0, statements.indexOf(child as ts.Statement)));
    return before.some(
      (one) => ts.isIfStatement(one) && leaves(one.thenStatement) && !this.#may(one.expression, false),
    );
  }

  #skips(call: ts.CallExpression): boolean {
    const options = call.arguments.slice(1).some((one) => !this.#mayRunWith(one));
    const body = call.arguments.findLast((one) => ts.isArrowFunction(one) || ts.isFunctionExpression(one));
    return options || (body !== undefined && this.#skipsItself(body));
  }

  #mayRunWith(options: ts.Expression): boolean {
    const object = ts.isIdentifier(options) ? this.#initializer(options) : options;
    if (!object || !ts.isObjectLiteralExpression(object)) return true;
    return object.properties.every((property) => {
      if (ts.isSpreadAssignment(property)) return this.#mayRunWith(property.expression);
      if (property.name?.getText() !== "skip") return true;
      if (ts.isPropertyAssignment(property)) return this.#may(property.initializer, false);
      return !ts.isShorthandPropertyAssignment(property) || this.#may(property.name, false);
    });
  }

  /** `t.skip()` in its body, under conditions that hold for certain. */
  #skipsItself(body: ts.Node): boolean {
    const skips = (node: ts.Node): boolean => {
      if (node !== body && ts.isFunctionLike(node)) return false;
      if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression))
        if (node.expression.name.text === "skip" && this.#isCertain(node, body)) return true;
      return ts.forEachChild(node, (child) => skips(child) || undefined) ?? false;
    };
    return skips(body);
  }

  #isCertain(node: ts.Node, within: ts.Node): boolean {
    for (let child = node, at = node.parent; child !== within; child = at, at = at.parent) {
      if (ts.isIfStatement(at) && child === at.thenStatement && this.#may(at.expression, false)) return false;
      if (ts.isIfStatement(at) && child === at.elseStatement && this.#may(at.expression, true)) return false;
      if (ts.isBinaryExpression(at) && child === at.right && this.#may(at.left, false)) return false;
    }
    return true;
  }

  /** Whether an expression may come to something true, or false. */
  #may(expression: ts.Expression, outcome: boolean): boolean {
    const value = this.#value(expression);
    if (!("undecided" in value)) return Boolean(value.is) === outcome;
    return !value.onFull || this.#run.full || this.#run.some;
  }

  #value(expression: ts.Expression): Value {
    if (ts.isParenthesizedExpression(expression) || ts.isAsExpression(expression) || ts.isNonNullExpression(expression))
      return this.#value(expression.expression);
    if (ts.isStringLiteralLike(expression)) return { is: expression.text };
    if (ts.isNumericLiteral(expression)) return { is: Number(expression.text) };
    if (ts.isArrayLiteralExpression(expression)) return { is: [...expression.elements] };
    if (expression.kind === ts.SyntaxKind.TrueKeyword) return { is: true };
    if (expression.kind === ts.SyntaxKind.FalseKeyword) return { is: false };
    if (/^process\.env(\.COFFER_TEST_FULL|\["COFFER_TEST_FULL"\])$/.test(expression.getText()))
      return { is: this.#run.full ? "1" : undefined };
    if (ts.isIdentifier(expression)) return this.#named(expression);
    if (ts.isPrefixUnaryExpression(expression) && expression.operator === ts.SyntaxKind.ExclamationToken) {
      const value = this.#value(expression.operand);
      return "undecided" in value ? value : { is: !value.is };
    }
    if (ts.isCallExpression(expression) && expression.expression.getText() === "Boolean" && expression.arguments[0]) {
      const value = this.#value(expression.arguments[0]);
      return "undecided" in value ? value : { is: Boolean(value.is) };
    }
    if (ts.isConditionalExpression(expression)) return this.#chosen(expression);
    if (ts.isBinaryExpression(expression)) return this.#joined(expression);
    return { undecided: true, onFull: this.#mentionsFull(expression) };
  }

  #named(name: ts.Identifier): Value {
    if (name.text === "undefined") return { is: undefined };
    const word = this.#run.words.get(name.text);
    if (word !== undefined) return { is: word };
    const initializer = this.#initializer(name);
    return (initializer && this.#once(initializer, () => this.#value(initializer))) ?? unknown;
  }

  #chosen({ condition, whenTrue, whenFalse }: ts.ConditionalExpression): Value {
    const by = this.#value(condition);
    if (!("undecided" in by)) return this.#value(by.is ? whenTrue : whenFalse);
    const [one, other] = [this.#value(whenTrue), this.#value(whenFalse)];
    if (!("undecided" in one) && !("undecided" in other) && Boolean(one.is) === Boolean(other.is)) return one;
    return { undecided: true, onFull: by.onFull || [whenTrue, whenFalse].some((each) => this.#mentionsFull(each)) };
  }

  #joined({ left, operatorToken: { kind }, right }: ts.BinaryExpression): Value {
    const [one, other] = [this.#value(left), this.#value(right)];
    const undecided: Value = { undecided: true, onFull: [left, right].some((each) => this.#mentionsFull(each)) };
    if (kind === ts.SyntaxKind.BarBarToken || kind === ts.SyntaxKind.AmpersandAmpersandToken) {
      const decisive = kind === ts.SyntaxKind.BarBarToken;
      const decided = [one, other].find((value) => !("undecided" in value) && Boolean(value.is) === decisive);
      return decided ?? ("undecided" in one ? undecided : "undecided" in other ? undecided : other);
    }
    if ("undecided" in one || "undecided" in other) return undecided;
    if (kind === ts.SyntaxKind.EqualsEqualsEqualsToken) return { is: one.is === other.is };
    if (kind === ts.SyntaxKind.ExclamationEqualsEqualsToken) return { is: one.is !== other.is };
    return undecided;
  }

  /** Whether `--full` has a say in an expression, also by the variables in it. */
  #mentionsFull(node: ts.Node): boolean {
    if (/\bCOFFER_TEST_FULL\b/.test(node.getText())) return true;
    if (ts.isIdentifier(node)) {
      const initializer = this.#initializer(node);
      return (initializer && this.#once(initializer, () => this.#mentionsFull(initializer))) ?? false;
    }
    return ts.forEachChild(node, (child) => this.#mentionsFull(child) || undefined) ?? false;
  }

  #once<T>(node: ts.Node, look: () => T): T | undefined {
    if (this.#under.has(node)) return undefined;
    this.#under.add(node);
    try {
      return look();
    } finally {
      this.#under.delete(node);
    }
  }

  /** What a constant of the file, or of one that it imports, is. */
  #initializer(name: ts.Identifier): ts.Expression | undefined {
    for (let at: ts.Node = name.parent; at; at = at.parent) {
      if (!ts.isBlock(at) && !ts.isSourceFile(at)) continue;
      const found = constant(at.statements, name.text);
      if (found) return found;
    }
    const from = this.#sources.importOf(name.getSourceFile(), name.text);
    return from && constant(from.source.statements, from.name);
  }

  /** Whether a function is used anywhere that runs. */
  #isCalled(named: NamedFunction): boolean {
    const called = () => this.#usesOf(named).some((use) => this.runs(use));
    return this.#once(named, called) ?? false;
  }

  #usesOf(named: NamedFunction): ts.Node[] {
    const name = named.name.getText();
    const own = named.getSourceFile();
    return this.#sources.all().flatMap((source) => {
      if (!source.text.includes(name)) return [];
      if (source === own) return usesIn(source, name, named);
      const imported = importedAs(source, (local) => {
        const from = this.#sources.importOf(source, local);
        return from?.source === own && from.name === name;
      });
      return imported.flatMap((local) => usesIn(source, local, named));
    });
  }
}

type NamedFunction = (ts.FunctionDeclaration | ts.VariableDeclaration) & { name: ts.Identifier };

function isNamedFunction(node: ts.Node): node is NamedFunction {
  if (ts.isFunctionDeclaration(node)) return node.name !== undefined;
  if (!ts.isVariableDeclaration(node) || !ts.isIdentifier(node.name)) return false;
  const made = node.initializer;
  return made !== undefined && (ts.isArrowFunction(made) || ts.isFunctionExpression(made));
}

/** Where a name is used, other than in what it names, in imports and as a property. */
function usesIn(source: ts.SourceFile, name: string, named: ts.Node): ts.Node[] {
  const uses: ts.Node[] = [];
  const walk = (node: ts.Node): void => {
    if (node === named || ts.isImportDeclaration(node)) return;
    const isProperty = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
    if (ts.isIdentifier(node) && node.text === name && !isProperty) uses.push(node);
    ts.forEachChild(node, walk);
  };
  ts.forEachChild(source, walk);
  return uses;
}

function importedAs(source: ts.SourceFile, isWanted: (local: string) => boolean): string[] {
  return source.statements
    .filter(ts.isImportDeclaration)
    .map(({ importClause }) => importClause?.namedBindings)
    .filter((bindings) => bindings !== undefined)
    .filter(ts.isNamedImports)
    .flatMap(({ elements }) => elements.map((one) => one.name.text))
    .filter(isWanted);
}

function constant(statements: readonly ts.Statement[], name: string): ts.Expression | undefined {
  return statements
    .filter(ts.isVariableStatement)
    .filter(({ declarationList }) => declarationList.flags & ts.NodeFlags.Const)
    .flatMap(({ declarationList }) => declarationList.declarations)
    .find((one) => ts.isIdentifier(one.name) && one.name.text === name)?.initializer;
}

function leaves(statement: ts.Statement): boolean {
  const last = ts.isBlock(statement) ? statement.statements.at(-1) : statement;
  return (
    last !== undefined && (ts.isReturnStatement(last) || ts.isContinueStatement(last) || ts.isThrowStatement(last))
  );
}
