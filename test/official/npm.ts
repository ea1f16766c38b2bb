/** Reads what `@pulumi/docker` declares of the served resources, with TypeScript's own parser. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { type Declared, type FromNpm, served } from "./facts.ts";

type Members = readonly (ts.PropertySignature | ts.PropertyDeclaration)[];

/** `folder` is the package's, in node_modules. Throws when it declares something in a form that this was not written for. */
export function readNpm(folder: string): FromNpm {
  const manifest: { name: string; version: string } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const nested = {
    inputs: interfacesOf(join(folder, "types", "input.d.ts")),
    outputs: interfacesOf(join(folder, "types", "output.d.ts")),
  };
  const resources = Object.entries(served).map(([token, name]) => {
    const file = join(folder, `${name.charAt(0).toLowerCase()}${name.slice(1)}`);
    if (!readFileSync(`${file}.js`, "utf8").includes(`${name}.__pulumiType = '${token}'`))
      throw new Error(`${file}.js does not say that ${name} is ${token}`);
    const source = parse(`${file}.d.ts`);
    const given = interfacesIn(source).get(`${name}Args`);
    const made = source.statements.find((one) => ts.isClassDeclaration(one) && one.name?.text === name);
    if (!given || !made || !ts.isClassDeclaration(made)) throw new Error(`${file}.d.ts does not declare ${name}`);
    const inputs = declared(given, (member) => declaredInput(member, nested.inputs));
    const outputs = declared(made.members.filter(ts.isPropertyDeclaration), (member) =>
      declaredOutput(member, nested.outputs),
    );
    return [token, { inputs, outputs }] as const;
  });
  return { package: manifest.name, version: manifest.version, resources: Object.fromEntries(resources) };
}

function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
}

function interfacesIn(source: ts.SourceFile): ReadonlyMap<string, Members> {
  const interfaces = source.statements.filter(ts.isInterfaceDeclaration);
  return new Map(interfaces.map((one) => [one.name.text, one.members.filter(ts.isPropertySignature)]));
}

function interfacesOf(path: string): ReadonlyMap<string, Members> {
  return interfacesIn(parse(path));
}

function declared(members: Members, read: (member: Members[number]) => Declared): Readonly<Record<string, Declared>> {
  return Object.fromEntries(members.map((member) => [member.name.getText(), read(member)]));
}

function declaredInput(member: Members[number], nested: ReadonlyMap<string, Members>): Declared {
  const comment = ts
    .getJSDocCommentsAndTags(member)
    .map((one) => one.getText())
    .join(" ");
  const says = /[Dd]efaults to (?:`([^`]*)`|(\d+))/.exec(comment);
  const saysDefault = says?.[1] ?? says?.[2];
  return {
    ...shapeOf(typeOf(member), nested, declaredInput),
    ...(member.questionToken ? {} : { required: true as const }),
    ...(saysDefault === undefined ? {} : { saysDefault }),
  };
}

function declaredOutput(member: Members[number], nested: ReadonlyMap<string, Members>): Declared {
  const type = typeOf(member);
  const always = !member.questionToken && !(ts.isTypeReferenceNode(type) && /\| undefined>$/.test(type.getText()));
  return { ...shapeOf(type, nested, declaredOutput), ...(always ? { always: true as const } : {}) };
}

function typeOf(member: Members[number]): ts.TypeNode {
  if (!member.type) throw new Error(`${member.getText()} has no type`);
  return member.type;
}

type Reader = (member: Members[number], nested: ReadonlyMap<string, Members>) => Declared;

function shapeOf(type: ts.TypeNode, nested: ReadonlyMap<string, Members>, read: Reader): Pick<Declared, "type" | "of"> {
  if (ts.isUnionTypeNode(type)) {
    const [only, ...more] = type.types.filter((one) => one.kind !== ts.SyntaxKind.UndefinedKeyword);
    if (only && more.length === 0) return shapeOf(only, nested, read);
  }
  if (type.kind === ts.SyntaxKind.StringKeyword) return { type: "string" };
  if (type.kind === ts.SyntaxKind.NumberKeyword) return { type: "number" };
  if (type.kind === ts.SyntaxKind.BooleanKeyword) return { type: "boolean" };
  if (ts.isTypeLiteralNode(type) && type.members.every(ts.isIndexSignatureDeclaration)) return { type: "map" };
  if (ts.isArrayTypeNode(type)) {
    const { of } = shapeOf(type.elementType, nested, read);
    return of === undefined ? { type: "array" } : { type: "array", of };
  }
  if (ts.isTypeReferenceNode(type)) {
    const [argument] = type.typeArguments ?? [];
    if (argument && /^pulumi\.(Input|Output)$/.test(type.typeName.getText())) return shapeOf(argument, nested, read);
    const members = nested.get(type.typeName.getText().replace(/^(inputs|outputs)\./, ""));
    if (members) return { type: "object", of: declared(members, (member) => read(member, nested)) };
  }
  throw new Error(`a type that is not known here: ${type.getText()}`);
}
