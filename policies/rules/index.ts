/** Coffer's own rules. Each has a section of its name in docs/policies.md. */
import type { AnyRule } from "../rule.ts";
import { publicAllowList, wholeInternet } from "./network.ts";
import { deprecatedVersion, imageSource, requiredTags } from "./provenance.ts";
import { noPassword } from "./secrets.ts";
import { flavorLimit, volumeLimit } from "./sizes.ts";

export const rules: readonly AnyRule[] = [
  wholeInternet,
  publicAllowList,
  noPassword,
  requiredTags,
  flavorLimit,
  volumeLimit,
  deprecatedVersion,
  imageSource,
];
