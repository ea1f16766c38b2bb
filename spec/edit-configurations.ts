/** Edits of configuration groups, and of which instance has which. */
import { removeIn, type Setting, SpecEditError, setIn, settingAt } from "./edit.ts";
import { quote } from "./problem.ts";
import { noConfiguration } from "./schema.ts";

/** Adds a group with `settings` as the spec language has them. Throws SpecEditError when the name is taken. */
export function addConfiguration(text: string, name: string, settings: { readonly [key: string]: Setting }): string {
  const path = ["configurations", name];
  if (settingAt(text, path) !== undefined)
    throw new SpecEditError(`there is a configuration ${quote(name)} in the spec already`);
  return setIn(text, path, settings);
}

/** Removes a group and the comment lines directly above it. Throws SpecEditError when there is none. */
export function removeConfiguration(text: string, name: string): string {
  return removeIn(text, configurationPath(text, name));
}

/** Sets parameters of a group and takes others out of it. Throws SpecEditError when there is no such group or parameter. */
export function patchConfiguration(
  text: string,
  name: string,
  { set, unset }: { set: Readonly<Record<string, string | number | boolean>>; unset: readonly string[] },
): string {
  const path = [...configurationPath(text, name), "parameters"];
  const absent = unset.find((parameter) => settingAt(text, [...path, parameter]) === undefined);
  if (absent !== undefined) throw new SpecEditError(`configuration ${quote(name)} does not set ${quote(absent)}`);
  const longer = Object.entries(set).reduce(
    (edited, [parameter, value]) => setIn(edited, [...path, parameter], value),
    text,
  );
  return unset.reduce((edited, parameter) => {
    const left = settingAt(edited, path);
    // A mapping whose last entry goes would say nothing at all.
    if (left !== null && typeof left === "object" && Object.keys(left).length === 1) return setIn(edited, path, {});
    return removeIn(edited, [...path, parameter]);
  }, longer);
}

/** Gives an instance a group. Throws SpecEditError when there is no such instance. */
export function attachConfiguration(text: string, instance: string, name: string): string {
  return setIn(text, [...instancePath(text, instance), "configuration"], name);
}

/** Takes an instance's group away, and with `standing` the one of its datastore's version, too. */
export function detachConfiguration(text: string, instance: string, { standing }: { standing: boolean }): string {
  const path = [...instancePath(text, instance), "configuration"];
  return standing ? setIn(text, path, noConfiguration) : removeIn(text, path);
}

function configurationPath(text: string, name: string): string[] {
  const path = ["configurations", name];
  if (settingAt(text, path) === undefined)
    throw new SpecEditError(`there is no configuration ${quote(name)} in the spec`);
  return path;
}

function instancePath(text: string, name: string): string[] {
  const path = ["instances", name];
  if (settingAt(text, path) === undefined) throw new SpecEditError(`there is no instance ${quote(name)} in the spec`);
  return path;
}
