/** Reads what the official plugin's sources say of the served resources, and the npm package does not. */
import { execFileSync } from "node:child_process";
import { type FromProvider, type Rule, served } from "./facts.ts";
import { type GoValue, goValueAfter } from "./go-literal.ts";

const repositories = { plugin: "pulumi/pulumi-docker", terraform: "kreuzwerker/terraform-provider-docker" };

/** By type token: the resource's name in Terraform, without `docker_`. */
const inTerraform: Readonly<Record<string, string>> = {
  "docker:index/container:Container": "container",
  "docker:index/network:Network": "network",
  "docker:index/remoteImage:RemoteImage": "image",
  "docker:index/volume:Volume": "volume",
};

/** Clones of both repositories, and the plugin's version, which is a tag of the first. */
export interface Sources {
  plugin: string;
  terraform: string;
  version: string;
}

/** The parts of Pulumi's schema that are read. */
interface Property {
  type?: string;
  $ref?: string;
  items?: Property;
  willReplaceOnChanges?: boolean;
}
interface ObjectType {
  properties: Readonly<Record<string, Property>>;
  required?: readonly string[];
}
interface PulumiSchema {
  resources: Readonly<
    Record<string, ObjectType & { inputProperties: Readonly<Record<string, Property>>; requiredInputs?: string[] }>
  >;
  types: Readonly<Record<string, ObjectType>>;
}

type Git = (...args: string[]) => string;
type Terraform = Readonly<Record<string, GoValue>>;

/** Throws when the two sources disagree, or one has a form that this was not written for. */
export function readProvider({ plugin, terraform, version }: Sources): FromProvider {
  const git = (folder: string): Git => {
    const options = { encoding: "utf8", maxBuffer: 64 << 20 } as const;
    return (...args) => execFileSync("git", ["-C", folder, ...args], options).trim();
  };
  const [bridge, upstream] = [git(plugin), git(terraform)];
  const tag = `v${version}`;
  const [, , commit = ""] = bridge("ls-tree", tag, "upstream").split(/\s/);
  const schema: PulumiSchema = JSON.parse(bridge("show", `${tag}:provider/cmd/pulumi-resource-docker/schema.json`));
  const mapping = bridge("show", `${tag}:provider/resources.go`);
  const go = upstream("grep", "-h", "", commit, "--", "internal/provider/*.go");
  const resources = Object.keys(served).map((token) => {
    const name = inTerraform[token];
    const resource = schema.resources[token];
    const body = goValueAfter(go, `func resourceDocker${capital(name ?? "")}() *schema.Resource {\n\treturn`);
    const described = entries(body);
    const mapped = entries(goValueAfter(mapping, `"docker_${name}":`));
    if (!resource) throw new Error(`schema.json has no ${token}`);
    const reader = new PropertyReader(schema, go);
    const properties = Object.entries(resource.properties).map(([key, output]) => {
      const input = resource.inputProperties[key];
      const rule = reader.rule(key, input ?? output, entries(described.Schema));
      const required = resource.requiredInputs?.includes(key) === true;
      return [key, { ...rule, ...(input && { input: true }), ...(required && { required }) }] as const;
    });
    const facts = {
      deleteBeforeReplace: codeOf(mapped.DeleteBeforeReplace) === "true",
      timeouts: described.Timeouts !== undefined,
      properties: Object.fromEntries(properties) as Readonly<Record<string, Rule>>,
    };
    return [token, facts] as const;
  });
  return {
    plugin: { repository: repositories.plugin, version, commit: bridge("rev-parse", `${tag}^{commit}`) },
    terraform: {
      repository: repositories.terraform,
      version: upstream("describe", "--tags", commit).replace(/^v/, ""),
      commit,
    },
    resources: Object.fromEntries(resources),
  };
}

const types: Readonly<Record<string, Rule["type"]>> = {
  "schema.TypeString": "string",
  "schema.TypeInt": "int",
  "schema.TypeBool": "bool",
  "schema.TypeList": "list",
  "schema.TypeSet": "set",
  "schema.TypeMap": "map",
};

class PropertyReader {
  readonly #schema: PulumiSchema;
  readonly #go: string;

  constructor(schema: PulumiSchema, go: string) {
    this.#schema = schema;
    this.#go = go;
  }

  rule(name: string, property: Property, all: Terraform): Rule {
    const terraform = entries(terraformOf(name, all));
    const replaces = property.willReplaceOnChanges === true;
    if (replaces !== (codeOf(terraform.ForceNew) === "true"))
      throw new Error(`the sources disagree whether ${name} replaces`);
    const type = codeOf(terraform.MaxItems) === "1" ? "object" : types[codeOf(terraform.Type) ?? ""];
    if (type === undefined) throw new Error(`${name} has the type ${codeOf(terraform.Type)}`);
    const given = terraform.Default && this.#constant(terraform.Default);
    const conflicts = Object.values(entries(terraform.ConflictsWith)).map(textOf);
    const check = terraform.ValidateDiagFunc && checkOf(codeOf(terraform.ValidateDiagFunc) ?? "");
    const of = this.#nested(property.items ?? property, terraform.Elem);
    return {
      type,
      ...(of && { of }),
      ...(replaces && { replaces }),
      ...(given !== undefined && { default: given }),
      ...(codeOf(terraform.Computed) === "true" && { computed: true }),
      ...(terraform.DiffSuppressFunc && { suppresses: true }),
      ...(conflicts.length > 0 && { conflicts: conflicts.map(camel) }),
      ...(check && { check }),
    };
  }

  #nested(element: Property, elem: GoValue | undefined): Record<string, Rule> | undefined {
    const type = this.#schema.types[element.$ref?.replace("#/types/", "") ?? ""];
    if (!type || !elem) return undefined;
    const all = elem.kind === "code" ? this.#shared(elem.code) : entries(entries(elem).Schema);
    // The stand-in serves neither images that are built nor the volumes of a swarm.
    if (!all) return undefined;
    const rules = Object.entries(type.properties).map(([key, property]) => {
      const required = type.required?.includes(key) === true;
      return [key, { ...this.rule(key, property, all), ...(required && { required }) }] as const;
    });
    return Object.fromEntries(rules);
  }

  /** `labelSchema` is one that replaces, of a function that makes both kinds. */
  #shared(name: string): Terraform | undefined {
    if (name !== "labelSchema") return undefined;
    if (!this.#go.includes("var labelSchema = newLabelSchema(true)")) throw new Error("labelSchema is another one");
    const start = "func newLabelSchema(forceNew bool) *schema.Resource {\n\treturn";
    const all = entries(
      entries(goValueAfter(this.#go.replaceAll("ForceNew:    forceNew", "ForceNew: true"), start)).Schema,
    );
    return all;
  }

  #constant(value: GoValue): string | number | boolean {
    if (value.kind === "text") return value.text;
    const code = codeOf(value) ?? "";
    if (code === "true" || code === "false") return code === "true";
    const number = /^-?\d+$/.test(code) ? code : new RegExp(`\\b${code}\\s*=\\s*(\\d+)\\n`).exec(this.#go)?.[1];
    if (number === undefined) throw new Error(`a default that is not known here: ${code}`);
    return Number(number);
  }
}

/** Terraform's property: `group_add` is groupAdds here, `dns_search` is dnsSearches. */
function terraformOf(name: string, all: Terraform): GoValue {
  const found = Object.entries(all).filter(([key]) => ["", "s", "es"].some((plural) => camel(key) + plural === name));
  const [only, ...more] = found.length > 1 ? found.filter(([key]) => camel(key) === name) : found;
  if (!only || more.length > 0) throw new Error(`${name} is ${found.length} properties of Terraform's`);
  return only[1];
}

function checkOf(code: string): string {
  const least = /^validateIntegerGeqThan\((-?\d+)\)$/.exec(code)?.[1];
  if (least !== undefined) return `>= ${least}`;
  const pattern = /^validateStringMatchesPattern\(`(.*)`\)$/.exec(code)?.[1];
  return pattern === undefined ? code.replace(/\(\)$/, "") : `/${pattern}/`;
}

function entries(value: GoValue | undefined): Terraform {
  return value?.kind === "literal" ? value.entries : {};
}

function codeOf(value: GoValue | undefined): string | undefined {
  return value?.kind === "code" ? value.code : undefined;
}

function textOf(value: GoValue): string {
  if (value.kind !== "text") throw new Error("a text is needed");
  return value.text;
}

function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
