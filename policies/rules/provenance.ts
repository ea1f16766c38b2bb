/** What instances are made of, and whose they are: images, versions, tags. */
import { pageOf, rule } from "../rule.ts";

export const imageSource = rule({
  id: "image-source",
  severity: "advisory",
  title: "Images come from Coffer's recipes or from an allow list",
  remedy: "leave `image` out, or add the image to `images.allow` in policies.yaml",
  page: pageOf("image-source"),
  about: "image",
  judge({ choice }, { images }) {
    if (choice === "recipe") return undefined;
    const words =
      choice.by === "name" ? [choice.name] : choice.by === "id" ? [choice.id] : choice.tags.map((tag) => tag);
    if (words.every((word) => images.allow.some((pattern) => matches(pattern, word)))) return undefined;
    return {
      message: `the image ${choice.by === "name" ? "" : `by ${choice.by} `}"${words.join(", ")}" comes from no recipe of Coffer`,
      allowed: images.allow.length ? images.allow.join(", ") : "images from recipes",
    };
  },
});

export const deprecatedVersion = rule({
  id: "deprecated-version",
  severity: "advisory",
  title: "No instance stays on a deprecated version",
  remedy: "move the instance to an active version of its datastore",
  page: pageOf("deprecated-version"),
  about: "version",
  judge: ({ datastore, active }) => (active ? undefined : { message: `${datastore} is deprecated (active: false)` }),
});

export const requiredTags = rule({
  id: "required-tags",
  severity: "mandatory",
  title: "Everything made has the organisation's tags",
  remedy: "add the tags to `target.openstack.tags`",
  page: pageOf("required-tags"),
  about: "tags",
  judge({ tags }, { tags: { required } }) {
    const missing = required.filter((word) => !tags.some((tag) => isTagged(tag, word)));
    return missing.length ? { message: `required tags are missing: ${missing.join(", ")}` } : undefined;
  },
});

/** `owner` is there as itself, as `owner=...` and as `owner:...`. */
const isTagged = (tag: string, word: string): boolean =>
  tag === word || tag.startsWith(`${word}=`) || tag.startsWith(`${word}:`);

/** `*` stands for any text. */
export function matches(pattern: string, word: string): boolean {
  const source = pattern.split("*").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${source.join(".*")}$`, "s").test(word);
}
