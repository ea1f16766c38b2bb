/** The marks by which Coffer knows its own objects in a cloud: metadata of servers, volumes and snapshots, descriptions elsewhere. */

export const stackKey = "coffer.stack";

export interface Marks {
  stack: string;
  role: string;
  /** 16 hexadecimal digits of the SHA-256 of the URN. */
  urnHash?: string;
  /** The instance's uuid and name. */
  instance?: string;
  instanceName?: string;
}

/** Undefined when they are not Coffer's. */
export function marksOfMetadata(metadata: Readonly<Record<string, string>>): Marks | undefined {
  const value = (key: string) => (Object.hasOwn(metadata, key) ? metadata[key] : undefined);
  return marks((key) => value(`coffer.${key}`));
}

/** Of `coffer stack=ID urn=HASH role=ROLE instance=UUID name=NAME`. Words that are added behind it are passed over. */
export function marksOfDescription(description: string | null | undefined): Marks | undefined {
  const [first, ...words] = (description ?? "").split(" ");
  if (first !== "coffer") return undefined;
  const pairs = words.map((word) => /^([a-z]+)=(.*)$/.exec(word));
  return marks((key) => pairs.find((pair) => pair?.[1] === key)?.[2]);
}

function marks(value: (key: string) => string | undefined): Marks | undefined {
  const stack = value("stack");
  if (!stack) return undefined;
  const [urnHash, instance, instanceName] = [value("urn"), value("instance"), value("name")];
  return {
    stack,
    role: value("role") ?? "",
    ...(urnHash ? { urnHash } : {}),
    ...(instance ? { instance } : {}),
    ...(instanceName ? { instanceName } : {}),
  };
}
