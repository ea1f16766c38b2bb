/** Verbs that make, change, remove, attach and detach configuration groups: edits of the spec that are applied. */
import type { Parameters, ParameterValue } from "../engines/engine.ts";
import {
  addConfiguration,
  attachConfiguration,
  detachConfiguration,
  patchConfiguration,
  removeConfiguration,
} from "../spec/edit-configurations.ts";
import { configurationRow, groupNamed } from "./configurations.ts";
import { OperationError } from "./errors.ts";
import { type EditRequest, type EditResult, editInstance, editShared } from "./spec-edits.ts";

export interface CreateConfigurationRequest extends EditRequest {
  name: string;
  /** Of the spec, with or without a version. */
  datastore: string;
  description?: string;
  /** `KEY=VALUE` each. */
  settings: readonly string[];
}

export async function createConfiguration(request: CreateConfigurationRequest): Promise<EditResult> {
  const { name, datastore, description, settings } = request;
  const parameters = { ...parametersIn(settings) };
  const group = { datastore, ...(description === undefined ? {} : { description }), parameters };
  return editShared(request, ({ bytes }) => ({
    text: addConfiguration(bytes.toString(), name, group),
    instances: [],
  }));
}

export interface PatchConfigurationRequest extends EditRequest {
  name: string;
  /** `KEY=VALUE` each. */
  settings: readonly string[];
  unset: readonly string[];
}

export async function patchConfigurationGroup(request: PatchConfigurationRequest): Promise<EditResult> {
  const { name, settings, unset } = request;
  const set = parametersIn(settings);
  if (!settings.length && !unset.length) {
    throw new OperationError("input", `nothing was said about configuration "${name}"`, {
      remedy: "say what is to change: KEY=VALUE, --unset KEY",
    });
  }
  const both = unset.find((parameter) => Object.hasOwn(set, parameter));
  if (both !== undefined) {
    throw new OperationError("input", `${both} is to be set and to be taken out`, { remedy: "name it once" });
  }
  return editShared(request, ({ bytes, spec }) => {
    const { instances } = configurationRow(spec, groupNamed(spec, name));
    return { text: patchConfiguration(bytes.toString(), name, { set, unset: [...new Set(unset)] }), instances };
  });
}

/** Refused while instances have the group, or a version gives it to them. */
export async function deleteConfiguration(request: EditRequest & { name: string }): Promise<EditResult> {
  const { name } = request;
  return editShared(request, ({ bytes, spec }) => {
    const { instances } = configurationRow(spec, groupNamed(spec, name));
    if (instances.length) {
      throw new OperationError("input", `configuration "${name}" is attached to ${instances.join(", ")}`, {
        remedy: `detach it first: ${instances.map((one) => `coffer configuration-detach ${one}`).join("; ")}`,
      });
    }
    const of = spec.datastores.find(({ configuration }) => configuration === name);
    if (of) {
      throw new OperationError("input", `configuration "${name}" is the default of ${of.datastore}@${of.version}`, {
        remedy: `take it out of datastores.${of.datastore}.versions first`,
      });
    }
    return { text: removeConfiguration(bytes.toString(), name), instances: [] };
  });
}

/** `name`: the instance. A group that it has is replaced. */
export async function attach(request: EditRequest & { name: string; configuration: string }): Promise<EditResult> {
  const { name, configuration } = request;
  return editInstance(request, (text, instance) => {
    if (instance.configuration === configuration) {
      throw new OperationError("input", `instance "${name}" has configuration "${configuration}" in the spec already`, {
        remedy: "name another one; if that one was never applied: coffer up",
      });
    }
    return attachConfiguration(text, name, configuration);
  });
}

/** `name`: the instance. It goes back to the defaults; its own `parameters` stay. */
export async function detach(request: EditRequest & { name: string }): Promise<EditResult> {
  const { name } = request;
  return editShared(request, ({ bytes, spec }) => {
    const instance = spec.instances.find((one) => one.name === name);
    if (instance && instance.configuration === undefined) {
      throw new OperationError("input", `instance "${name}" has no configuration in the spec`, {
        remedy: "if it was never applied: coffer up",
      });
    }
    const standing = spec.datastores.some(
      (one) =>
        one.datastore === instance?.datastore && one.version === instance.version && one.configuration !== undefined,
    );
    return { text: detachConfiguration(bytes.toString(), name, { standing }), instances: [name] };
  });
}

/** `KEY=VALUE` words as parameters; numbers and booleans as a spec has them. Throws an input error for other words. */
export function parametersIn(words: readonly string[]): Parameters {
  const parameters = new Map<string, ParameterValue>();
  for (const word of words) {
    const at = word.indexOf("=");
    const name = word.slice(0, at);
    if (at < 1) {
      throw new OperationError("input", `"${word}" is no KEY=VALUE`, { remedy: "for example: max_connections=200" });
    }
    if (parameters.has(name)) throw new OperationError("input", `${name} is given twice`, { remedy: "give it once" });
    parameters.set(name, valueIn(word.slice(at + 1)));
  }
  return Object.fromEntries(parameters);
}

/** A number only where the text is exactly what the number would be written as. */
function valueIn(text: string): ParameterValue {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return Number.isFinite(number) && String(number) === text ? number : text;
}
