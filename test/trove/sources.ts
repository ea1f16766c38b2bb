/** The sources of the tests, parsed once each. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";

/** `test/` of a checkout. Files are named as the repository has them: `test/unit/x.test.ts`. */
export class Sources {
  readonly #root: string;
  readonly #trees = new Map<string, ts.SourceFile>();
  #files?: readonly string[];

  constructor(root: string) {
    this.#root = root;
  }

  parsed(file: string): ts.SourceFile {
    return remembered(this.#trees, file, () =>
      ts.createSourceFile(file, readFileSync(join(this.#root, file), "utf8"), ts.ScriptTarget.Latest, true),
    );
  }

  all(): readonly ts.SourceFile[] {
    this.#files ??= globSync("test/**/*.ts", { cwd: this.#root }).sort();
    return this.#files.map((file) => this.parsed(file));
  }

  /** Those under `test/` that a file imports. */
  importsOf(source: ts.SourceFile): ts.SourceFile[] {
    const files = source.statements.filter(ts.isImportDeclaration).map((one) => this.#imported(source, one));
    return files.filter((file) => file !== undefined).map((file) => this.parsed(file));
  }

  /** Where a file has an imported name from, and how it is called there. */
  importOf(source: ts.SourceFile, name: string): { source: ts.SourceFile; name: string } | undefined {
    for (const statement of source.statements.filter(ts.isImportDeclaration)) {
      const named = statement.importClause?.namedBindings;
      if (!named || !ts.isNamedImports(named)) continue;
      const found = named.elements.find((one) => one.name.text === name);
      const file = found && this.#imported(source, statement);
      if (file) return { source: this.parsed(file), name: (found.propertyName ?? found.name).text };
    }
    return undefined;
  }

  #imported(source: ts.SourceFile, { moduleSpecifier }: ts.ImportDeclaration): string | undefined {
    if (!ts.isStringLiteral(moduleSpecifier) || !moduleSpecifier.text.startsWith(".")) return undefined;
    const path = resolve(this.#root, dirname(source.fileName), moduleSpecifier.text);
    const file = relative(this.#root, path);
    return file.startsWith("test/") && file.endsWith(".ts") && existsSync(path) ? file : undefined;
  }
}

export function remembered<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
