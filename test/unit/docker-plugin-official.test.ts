/** The stand-in for the Docker plugin against the official one: its tables, what it checks and what it replaces, by generated facts. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import manifest from "../../package.json" with { type: "json" };
import { checkout } from "../../toolchain/cache.ts";
import { check } from "../../toolchain/docker-plugin/check.ts";
import { containerSchema } from "../../toolchain/docker-plugin/container/schema.ts";
import { diff } from "../../toolchain/docker-plugin/diff.ts";
import { imageSchema } from "../../toolchain/docker-plugin/image/schema.ts";
import { networkSchema } from "../../toolchain/docker-plugin/network/schema.ts";
import type { Field, Fields, Schema } from "../../toolchain/docker-plugin/schema.ts";
import { created } from "../../toolchain/docker-plugin/state.ts";
import { DEFAULTS, type Props, type Value, withoutDefaults } from "../../toolchain/docker-plugin/values.ts";
import { volumeSchema } from "../../toolchain/docker-plugin/volume/schema.ts";
import { versions } from "../../toolchain/versions.ts";
import { differences } from "../official/differences.ts";
import { type Declared, type FromNpm, type FromProvider, type Rule, served } from "../official/facts.ts";
import { readNpm } from "../official/npm.ts";
import npmFixture from "./fixtures/docker-plugin/npm.json" with { type: "json" };
import providerFixture from "./fixtures/docker-plugin/provider.json" with { type: "json" };

const npm = npmFixture as FromNpm;
const provider = providerFixture as FromProvider;
const schemas: readonly Schema[] = [containerSchema, networkSchema, imageSchema, volumeSchema];
const again = "run node test/generate-docker-schema.ts, which says how";

function factsOf(token: string): FromProvider["resources"][string] {
  const facts = provider.resources[token];
  assert.ok(facts, `nothing is known of ${token}`);
  return facts;
}

describe("the facts", () => {
  test("are of the version that Coffer uses", () => {
    const pinned = manifest.dependencies["@pulumi/docker"];
    const all = [npm.version, provider.plugin.version, versions.dockerPlugin];
    assert.deepEqual(all, [pinned, pinned, pinned], again);
  });

  test("are what the npm package declares", () =>
    assert.deepEqual(readNpm(join(checkout, "node_modules", "@pulumi", "docker")), npm, again));

  test("are of what the stand-in serves", () =>
    assert.deepEqual(schemas.map(({ token }) => token).sort(), Object.keys(served).sort()));

  for (const { token } of schemas)
    test(`of both sources agree on ${token}`, () => assert.deepEqual(disagreements(token), []));
});

const npmTypes: Readonly<Record<Declared["type"], readonly Rule["type"][]>> = {
  string: ["string"],
  number: ["int"],
  boolean: ["bool"],
  array: ["list", "set"],
  map: ["map"],
  object: ["object"],
};

/** Where the package's comment calls something a default that the plugin leaves to Docker. */
const dockersDefaults = ["docker:index/volume:Volume driver"];

type Side = Readonly<Record<string, Declared>>;

function disagreements(token: string): string[] {
  const found: string[] = [];
  const { properties } = factsOf(token);
  const declared = npm.resources[token];
  const say = (at: string, what: string, right: boolean) => void (right || found.push(`${token} ${at}: ${what}`));
  const compare = (side: Side, rules: Readonly<Record<string, Rule>>, path: string, input: boolean) => {
    for (const [name, { type, of, required, saysDefault }] of Object.entries(side)) {
      const rule = rules[name];
      const at = `${path}${name}`;
      say(at, "the plugin does not have it", rule !== undefined);
      if (!rule) continue;
      say(at, `${type} and ${rule.type}`, npmTypes[type].includes(rule.type));
      if (input) say(at, "required", (required === true) === (rule.required === true));
      const zero = { string: '""', int: "0", bool: "false" }[String(rule.type)];
      if (saysDefault !== undefined && !dockersDefaults.includes(`${token} ${at}`))
        say(at, `default ${saysDefault}`, saysDefault === String(rule.default ?? zero));
      if (of && rule.of) compare(of, rule.of, `${at}.`, input);
    }
  };
  compare(declared?.inputs ?? {}, properties, "", true);
  compare(declared?.outputs ?? {}, properties, "", false);
  for (const [name, rule] of Object.entries(properties)) {
    say(name, "an input", (declared?.inputs[name] !== undefined) === (rule.input === true));
    say(name, "an output", declared?.outputs[name] !== undefined);
    const always = declared?.outputs[name]?.always === true;
    // A name that the program does not give is made up.
    say(name, "always there", always === (rule.computed === true || rule.required === true || name === "name"));
  }
  return found;
}

for (const schema of schemas)
  describe(schema.token, () => {
    const facts = factsOf(schema.token);

    test("the table is the official plugin's", () => assert.deepEqual(differences(schema, facts), []));

    test("a name, default or rule that is changed in the table is found", () => {
      const changed = mutants(schema);
      const unseen = changed.filter(([, mutant]) => differences(mutant, facts).length === 0).map(([what]) => what);
      assert.ok(changed.length >= 20, `${changed.length} changes`);
      assert.deepEqual(unseen, []);
    });

    test("check writes exactly the official defaults", () => {
      const inputs = checked(schema, required(facts.properties));
      const expected = defaults(facts.properties);
      const names = Object.keys(expected).sort();
      assert.deepEqual(
        (inputs[DEFAULTS] as string[]).filter((name) => name !== "name"),
        names,
      );
      assert.deepEqual(Object.fromEntries(names.map((name) => [name, inputs[name]])), expected);
    });

    test("check writes exactly the official defaults into what is nested", () => {
      for (const [name, { of, input, type }] of Object.entries(facts.properties)) {
        if (!of || !input || schema.fields[name]?.notServed) continue;
        const given = type === "object" ? required(of) : [required(of)];
        const value = checked(schema, { ...required(facts.properties), [name]: given })[name];
        const seen = Array.isArray(value) ? value[0] : value;
        assert.deepEqual(withoutDefaults(seen ?? null), { ...required(of), ...defaults(of) }, name);
      }
    });

    test("diff replaces for exactly the changes that the official plugin replaces for", () => {
      const wrong = changesOf(facts.properties).flatMap(({ what, property, from, to, replaces }) => {
        if (schema.fields[property]?.notServed) return [];
        const base = { ...required(facts.properties), name: "n" };
        const before = withoutDefaults(checked(schema, { ...base, ...from })) as Props;
        const found = diff(schema, created(schema, before, {}, "id"), checked(schema, { ...base, ...to }));
        if (!found.changes.some((change) => change.property === property)) return [`${what}: no change`];
        return found.replaces.includes(property) === replaces ? [] : [`${what}: ${replaces ? "not " : ""}replaced`];
      });
      assert.deepEqual(wrong, []);
    });
  });

function checked(schema: Schema, inputs: Props): Props {
  const naming = { logicalName: "n", seed: Uint8Array.of(1), mode: "propose", proposed: "" } as const;
  const { inputs: result, failures } = check(schema, inputs, {}, naming);
  assert.deepEqual(failures, [], JSON.stringify(inputs));
  return result;
}

/** Each change that a mistake in the table could be, as a whole table. */
function mutants(schema: Schema): [string, Schema][] {
  const tables = (fields: Fields, path: string): [string, Fields][] =>
    Object.entries(fields).flatMap(([name, field]): [string, Fields][] => {
      if (field.notServed !== undefined) return [];
      const { [name]: _, ...others } = fields;
      const own = field.output ? [] : mutantsOf(field, path === "" && name !== "name");
      return [
        [`${path}${name} is renamed`, { ...others, [`${name}X`]: field }],
        [`${path}${name} is gone`, others],
        ...own.map(([what, mutant]): [string, Fields] => [`${path}${name} ${what}`, { ...fields, [name]: mutant }]),
        ...tables(field.of ?? {}, `${path}${name}.`).map(([what, of]): [string, Fields] => [
          what,
          { ...fields, [name]: { ...field, of } },
        ]),
      ];
    });
  return tables(schema.fields, "").map(([what, fields]) => [what, { ...schema, fields }]);
}

function mutantsOf(field: Field, top: boolean): [string, Field][] {
  const { default: given, required: must, ...rest } = field;
  const replaces = (field.change ?? "replace") === "replace";
  return [
    ["has another default", { ...field, default: given === "other" ? "another" : "other" }],
    ...(given === undefined ? [] : [["has no default", rest] as [string, Field]]),
    [must ? "is optional" : "is required", must ? rest : { ...field, required: true }],
    ...(top
      ? [[replaces ? "updates" : "replaces", { ...field, change: replaces ? "update" : "replace" }] as [string, Field]]
      : []),
  ];
}

function defaults(rules: Readonly<Record<string, Rule>>): Props {
  const given = Object.entries(rules).flatMap(([name, rule]) =>
    rule.default === undefined ? [] : [[name, rule.default]],
  );
  return Object.fromEntries(given);
}

/** The least that can be given. */
function required(rules: Readonly<Record<string, Rule>>): Props {
  const given = Object.entries(rules).filter(([, rule]) => rule.required);
  return Object.fromEntries(given.map(([name, rule]) => [name, sample(rule, 0)]));
}

/** One of two values that the rule takes. */
function sample(rule: Rule, which: 0 | 1): Value {
  const words = rule.check?.match(/[\w-]+/g) ?? [];
  const texts: Readonly<Record<string, [string, string]>> = {
    validateDurationGeq0: ["10s", "20s"],
    validateDockerContainerPath: ["/a", "/b"],
    validateStringIsBase64Encoded: ["aGk=", "aGlo"],
    "/^\\d+([,-]\\d+)*$/": ["0-1", "0-2"],
    "/^0[0-7]{3}$/": ["0600", "0640"],
  };
  switch (rule.type) {
    case "string":
      return (texts[rule.check ?? ""] ?? [words[0] ?? "1", words[1] ?? "2"])[which];
    case "int":
      return 7 + which;
    case "bool":
      return which === 1;
    case "map":
      return { key: `${which}` };
    case "object":
      return rule.of ? { ...required(rule.of), ...(rule.of.tests && { tests: [`${which}`] }) } : {};
    default:
      return rule.of ? [required(rule.of)] : [`${which}`];
  }
}

interface Changed {
  what: string;
  property: string;
  from: Props;
  to: Props;
  replaces: boolean;
}

/** Each input given and not given, and each nested one changed within the one element that there is. */
function changesOf(properties: Readonly<Record<string, Rule>>): Changed[] {
  return Object.entries(properties).flatMap(([property, rule]) => {
    if (!rule.input || property === "name") return [];
    const { of } = rule;
    const whole = { [property]: sample(rule, 1) };
    const replaces = rule.replaces === true;
    if (!of) return [{ what: property, property, from: { [property]: sample(rule, 0) }, to: whole, replaces }];
    const inside = Object.keys(of).flatMap((key) => changesInside(of, key));
    const within = inside.map(({ what, from, to, replaces: nested }): Changed => {
      const wrap = (value: Props): Props => ({ [property]: rule.type === "object" ? value : [value] });
      // What changes an element of a set takes the element away and adds another: what else is in it counts too.
      const others = rule.type === "set" && Object.values(of).some((one) => one.required && one.replaces);
      return { what: `${property}.${what}`, property, from: wrap(from), to: wrap(to), replaces: nested || others };
    });
    const added =
      rule.type === "object" ? [] : [{ what: `${property} added`, property, from: {}, to: whole, replaces }];
    return [...added, ...within];
  });
}

function changesInside(rules: Readonly<Record<string, Rule>>, key: string): Omit<Changed, "property">[] {
  const rule = rules[key];
  if (!rule) return [];
  const base = required(rules);
  const wrap = (value: Value): Props => ({ ...base, [key]: value });
  if (rule.type === "object" && rule.of)
    return Object.keys(rule.of).flatMap((inner) =>
      changesInside(rule.of ?? {}, inner).map(({ what, from, to, replaces }) => ({
        what: `${key}.${what}`,
        from: wrap(from),
        to: wrap(to),
        replaces: replaces || rule.replaces === true,
      })),
    );
  const nested = Object.values(rule.of ?? {}).some((one) => one.replaces);
  const [from, to] = rule.of ? [[], sample(rule, 1)] : [sample(rule, 0), sample(rule, 1)];
  return [{ what: key, from: wrap(from), to: wrap(to), replaces: rule.replaces === true || nested }];
}
