/** What `checkShape` left of a spec: whatever had a fault is undefined, wherever it stands. */

/** The type of what is left: as the schema has it, but anything may be missing. */
export type Partly<T> = T extends string | number | boolean | null | undefined
  ? T | undefined
  : T extends readonly (infer Item)[]
    ? readonly Partly<Item>[] | undefined
    : { [Key in keyof T]?: Partly<T[Key]> } | undefined;

export function mapOf<Value, Result>(
  record: { readonly [name: string]: Value } | null | undefined,
  make: (name: string, value: Value) => Result,
): Map<string, Result> {
  return new Map(Object.entries(record ?? {}).map(([name, value]) => [name, make(name, value)]));
}

/** A list without the entries that have faults; the others keep the index they have in the file. */
export function draftList<Item, Result>(
  list: readonly (Item | undefined)[] | undefined,
  make: (item: Item, index: number) => Result | undefined,
): Result[] | undefined {
  return list?.flatMap((item, index) => {
    const made = item === undefined ? undefined : make(item, index);
    return made === undefined ? [] : [made];
  });
}

export function present<Item>(list: readonly (Item | undefined)[] | undefined): Item[] | undefined {
  return list?.filter((item) => item !== undefined);
}

export function withoutGaps<Value>(
  record: { readonly [key: string]: Value | undefined } | undefined,
): Record<string, Value> {
  const entries = Object.entries(record ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, Value] => entry[1] !== undefined));
}

/** The words of a mapping whose value, or an item of it, has a fault of shape: nothing is known about those. */
export function faultyWords(record: object): ReadonlySet<string> {
  const faulty = Object.entries(record).filter(
    ([, value]) => value === undefined || (Array.isArray(value) && value.includes(undefined)),
  );
  return new Set(faulty.map(([word]) => word));
}
