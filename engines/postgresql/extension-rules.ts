/** Which extensions a spec may ask for: those that the real server of the version trusts (generate-parameters.ts). */
import type { Database, Problem } from "../engine.ts";
import trusted15 from "./extensions/15.json" with { type: "json" };
import trusted17 from "./extensions/17.json" with { type: "json" };

const trusted: Readonly<Record<string, readonly string[]>> = { "15": trusted15, "17": trusted17 };

/** Without a version, any that some version trusts. */
export function checkExtensions({ extensions = [] }: Database, version?: string): readonly Problem[] {
  const names = version === undefined ? Object.values(trusted).flat() : (trusted[version] ?? []);
  return extensions.flatMap((name, index): Problem[] => {
    const path = ["extensions", index];
    if (extensions.indexOf(name) < index) return [{ path, message: `the extension "${name}" is listed twice` }];
    if (names.includes(name)) return [];
    return [
      {
        path,
        message: `PostgreSQL ${version ?? ""} has no trusted extension "${name}"`.replace("  ", " "),
        allowed: [...new Set(names)].join(", "),
        candidates: names,
      },
    ];
  });
}
