/** Holds plain data against the schema, and makes faults of what does not fit. */
import type { z } from "zod";
import type { Fault, Path, PathSegment } from "./problem.ts";
import { formatPath, quote, secretPrefix } from "./problem.ts";
import { specSchema } from "./schema.ts";
import type { Plain, PlainMap, Tree } from "./tree.ts";

type Issue = z.core.$ZodIssue;

/**
 * All faults of shape. What they are about is set to undefined in the tree, so that the rules can look at the rest;
 * `usable` is false when there is no rest.
 */
export function checkShape(tree: Tree, schema: z.ZodType = specSchema): { faults: readonly Fault[]; usable: boolean } {
  const result = schema.safeParse(tree.root);
  if (result.success) return { faults: [], usable: true };
  const faults: Fault[] = [];
  for (const issue of result.error.issues) collect(tree, issue, [], faults);
  for (const fault of faults) prune(tree.root, fault.path);
  return { faults: faults.map(withoutSecrets), usable: !faults.some((fault) => fault.path.length === 0) };
}

function collect(tree: Tree, issue: Issue, base: Path, faults: Fault[]): void {
  const path = [...base, ...issue.path.map(segment)];
  const value = tree.place(path).content;
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) faults.push(unknownKey([...path, key], issue.message.split(", ")));
    return;
  }
  if (issue.code === "invalid_union") {
    const { inner, clash } = unionIssues(tree, issue, path);
    for (const one of inner) collect(tree, one, path, faults);
    if (inner.length > 0) return;
    if (clash.length > 0) {
      faults.push({
        code: "value",
        path,
        message: `only one of ${clash.join(", ")} can be given`,
        allowed: issue.message,
      });
      return;
    }
  }
  if (path.length === 2 && path[0] === "removed" && value === "delete-data") {
    const message = "data is never deleted by the spec: use `coffer delete NAME --with-data`";
    faults.push({ code: "delete-data", path, message: message.replace("NAME", String(path[1])), allowed: "detach" });
    return;
  }
  faults.push({ ...describe(tree, issue, path, value), path, allowed: issue.message });
}

/**
 * What to say instead of "none of the alternatives": the issues of the one that is meant, because it is of the value's
 * kind and has its required key; when several are meant, the keys that clash; when none is, the keys that none knows.
 */
function unionIssues(
  tree: Tree,
  { errors }: z.core.$ZodIssueInvalidUnion,
  path: Path,
): { inner: readonly Issue[]; clash: readonly string[] } {
  const ofKind = errors.filter((branch) => !branch.some((inner) => inner.path.length === 0 && isKind(inner)));
  const lacksKey = (inner: Issue) =>
    inner.path.length === 1 && tree.place([...path, ...inner.path.map(segment)]).content === undefined;
  const meant = ofKind.length > 1 ? ofKind.filter((branch) => !branch.some(lacksKey)) : ofKind;
  const [branch] = meant;
  if (branch && meant.length === 1) return { inner: branch, clash: [] };
  const unknown = (meant.length > 1 ? meant : ofKind).map((branch) =>
    branch.filter((inner) => inner.code === "unrecognized_keys"),
  );
  const sets = unknown.map((issues) => new Set(issues.flatMap((inner) => inner.keys)));
  const keys = [...new Set(sets.flatMap((set) => [...set]))];
  const nowhere = new Set(keys.filter((key) => sets.every((set) => set.has(key))));
  if (meant.length > 1) return { inner: [], clash: keys.filter((key) => !nowhere.has(key)) };
  // Where a password may stand, what is allowed says more than which key is wrong.
  if (nowhere.size === 0 || secretPrefix(path)) return { inner: [], clash: [] };
  const known = new Set(unknown.flatMap((issues) => issues.flatMap(({ message }) => message.split(", "))));
  return {
    inner: [{ code: "unrecognized_keys", keys: [...nowhere], path: [], message: [...known].join(", ") }],
    clash: [],
  };
}

/** The issue is about what kind of value it is, not about what is in it. */
function isKind(issue: Issue): boolean {
  return issue.code === "invalid_type" || issue.code === "invalid_value" || issue.code === "invalid_union";
}

function describe(tree: Tree, issue: Issue, path: Path, value: unknown): Omit<Fault, "path"> {
  if (value === undefined) return { code: "missing", message: "this is missing" };
  const { source } = tree.place(path);
  if ((typeof value === "number" || typeof value === "boolean") && wantsText(issue)) {
    const read = typeof value === "number" ? "a number" : "true or false";
    return { code: "type", message: `this must be text, and YAML reads it as ${read}: quote it`, received: source };
  }
  if (issue.code === "invalid_value") {
    return { code: "value", message: "this value is not allowed", candidates: () => issue.values.map(String) };
  }
  if (issue.code === "invalid_type" || issue.code === "invalid_union") {
    // Where a mapping is wanted, a text may be a password that slipped a line: only its kind is shown.
    const wantsMapping = !(
      issue.code === "invalid_type" && ["string", "number", "int", "boolean"].includes(issue.expected)
    );
    const received = typeof value === "string" && wantsMapping && path.length > 2 ? "text" : undefined;
    const message = value === null ? "this has no value" : "this is of the wrong type";
    return { code: "type", message, ...(received === undefined ? {} : { received }) };
  }
  return { code: "value", message: "this value is not allowed" };
}

function wantsText(issue: Issue): boolean {
  if (issue.code === "invalid_type") return issue.expected === "string";
  if (issue.code !== "invalid_union") return false;
  return issue.errors.some((branch) => branch.some((inner) => inner.path.length === 0 && wantsText(inner)));
}

/** Words of the language that this version does not serve. */
function unsupported(path: Path): string | undefined {
  const key = path.at(-1);
  if (path.length === 1 && key === "replicaSets") return "replica sets are not supported yet by this version";
  if (path.join(".") === "target.openstack.access.public") {
    return "whether the database has a floating IP is said at each instance, never for all of them: access.public";
  }
  return undefined;
}

function unknownKey(path: Path, candidates: readonly string[]): Fault {
  const sentence = unsupported(path);
  if (sentence !== undefined) return { code: "unsupported", path, atKey: true, message: sentence };
  const received = quote(String(path.at(-1)));
  const allowed = candidates.join(", ");
  return {
    code: "unknown-key",
    path,
    atKey: true,
    message: "this key is not known",
    received,
    allowed,
    candidates: () => candidates,
  };
}

/** A fault at or below a password shows neither the value nor the keys below. */
function withoutSecrets(fault: Fault): Fault {
  const shown = secretPrefix(fault.path);
  if (shown === undefined) return fault;
  // An unknown key that only sounds like a secret is a name like any other.
  if (fault.code === "unknown-key" && shown.length === fault.path.length) return fault;
  return { ...fault, path: shown, atKey: false, received: "a value that is not shown", candidates: undefined };
}

function prune(root: Plain, path: Path): void {
  let parent: unknown = root;
  for (const step of path.slice(0, -1)) {
    if (typeof parent !== "object" || parent === null) return;
    parent = (parent as PlainMap)[step];
  }
  const last = path.at(-1);
  if (last !== undefined && typeof parent === "object" && parent !== null) (parent as PlainMap)[last] = undefined;
}

function segment(key: PropertyKey): PathSegment {
  if (typeof key === "symbol") throw new Error(`no spec has a symbol as a key: ${formatPath([String(key)])}`);
  return key;
}
