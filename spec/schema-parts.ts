/** What the schema is made of: mappings, texts and names, each with the words that say what is allowed. */
import { z } from "zod";

/** A mapping with these keys and no others. The message of an unknown key is the list of those there are. */
export function object<Shape extends z.ZodRawShape>(shape: Shape, words: string) {
  const known = Object.keys(shape).join(", ");
  return z.strictObject(shape, { error: (issue) => (issue.code === "unrecognized_keys" ? known : words) });
}

export function text(words: string) {
  return z.string(words).min(1, words).max(1000, words);
}

/** Any name: which ones are good is a rule, so that the values below a bad name are checked as well. */
export function record<Value extends z.ZodType>(names: RegExp, value: Value, words: string) {
  return z.record(z.string().meta({ pattern: names.source }), value, words);
}

/** Nova refuses the same in names of flavors; things of a cloud that are called otherwise are given by id. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** The name or id of something that a target has: 1 to 255 printable characters, no blank at either end. */
export function cloudName(words: string) {
  return z
    .string(words)
    .min(1, words)
    .max(255, "at most 255 characters")
    .refine((name) => !unprintable.test(name) && name.trim() === name, {
      error: "printable characters, no blank at either end",
    });
}

/** Nova, Neutron and Glance take tags in lists that are joined with commas, and in paths. */
export function tag(longest: number) {
  const words = `1 to ${longest} printable characters without comma and slash`;
  return z
    .string(words)
    .min(1, words)
    .max(longest, words)
    .refine((tag) => !unprintable.test(tag) && tag.trim() === tag && !/[,/]/.test(tag), { error: words });
}
