/** What of Coffer's Docker resources both plugins must agree on, so that a stack can go from one to the other. */
import { check } from "../../toolchain/docker-plugin/check.ts";
import { containerSchema } from "../../toolchain/docker-plugin/container/schema.ts";
import { diff } from "../../toolchain/docker-plugin/diff.ts";
import { imageSchema } from "../../toolchain/docker-plugin/image/schema.ts";
import { networkSchema } from "../../toolchain/docker-plugin/network/schema.ts";
import type { Schema } from "../../toolchain/docker-plugin/schema.ts";
import { created } from "../../toolchain/docker-plugin/state.ts";
import { type Props, withoutDefaults } from "../../toolchain/docker-plugin/values.ts";
import { volumeSchema } from "../../toolchain/docker-plugin/volume/schema.ts";
import type { FromNpm } from "../official/facts.ts";
import facts from "../unit/fixtures/docker-plugin/npm.json" with { type: "json" };

const schemas: readonly Schema[] = [containerSchema, networkSchema, imageSchema, volumeSchema];
const npm = facts as FromNpm;

/** What Docker fills in, of what the official plugin needs in a state that it takes over. */
const answers: Readonly<Record<string, Props>> = {
  [containerSchema.token]: { command: ["mariadbd"], entrypoints: [], securityOpts: [], networkDatas: [] },
  [networkSchema.token]: { options: {} },
  [imageSchema.token]: {},
  [volumeSchema.token]: {},
};

export interface Handover {
  /** What the stand-in refuses of the inputs. */
  refused: readonly string[];
  /** Inputs that the official plugin does not have. */
  strange: readonly string[];
  /** What a state of the official plugin leaves to do for the stand-in. */
  changes: readonly string[];
  /** What the official plugin would miss in a state of the stand-in. */
  missing: readonly string[];
}

/** Undefined when the type is none that the plugins serve. */
export function handover(type: string, inputs: Readonly<Record<string, unknown>>): Handover | undefined {
  const schema = schemas.find(({ token }) => token === type);
  const official = npm.resources[type];
  if (!schema || !official) return undefined;
  const naming = { logicalName: "n", seed: Uint8Array.of(1), mode: "propose", proposed: "" } as const;
  const given = JSON.parse(JSON.stringify(inputs)) as Props;
  const { inputs: checked, failures } = check(schema, given, {}, naming);
  const recorded = created(schema, withoutDefaults(checked) as Props, answers[type] ?? {}, "id");
  const needed = [...Object.keys(answers[type] ?? {}), ...(type === containerSchema.token ? ["envs"] : [])];
  return {
    refused: failures.map(({ property, reason }) => `${property}: ${reason}`),
    strange: Object.keys(given).filter((name) => !official.inputs[name]),
    changes: diff(schema, asOfficial(schema, recorded), checked).changes.map(({ path }) => path),
    missing: needed.filter((name) => !Array.isArray(recorded[name]) && typeof recorded[name] !== "object"),
  };
}

/** The same record as the official plugin writes it: without nulls, with its own keys, sets in another order. */
function asOfficial(schema: Schema, recorded: Props): Props {
  const kept = Object.entries(recorded).filter(([, value]) => value !== null);
  const turned = kept.map(([name, value]) => {
    const isSet = schema.fields[name]?.type === "set" && Array.isArray(value);
    return [name, isSet ? value.toReversed() : value] as const;
  });
  return { ...Object.fromEntries(turned), __meta: '{"schema_version":"2"}', __pulumi_raw_state_delta: { obj: {} } };
}
