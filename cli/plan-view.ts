/** A plan in words: what changes, instance by instance, with every property that differs. */
import type { Plan } from "../operations/apply.ts";
import { type Change, partOf, summarize } from "../operations/changes.ts";
import type { PropertyChange } from "../operations/property-changes.ts";
import type { Colour, Paint } from "./colour.ts";

const signs: Readonly<Record<Change["action"], { sign: string; colour: Colour }>> = {
  create: { sign: "+", colour: "green" },
  update: { sign: "~", colour: "yellow" },
  replace: { sign: "±", colour: "red" },
  delete: { sign: "-", colour: "red" },
};

const instanceType = "coffer:components:Instance";

export function planText(plan: Pick<Plan, "stack" | "changes" | "recordsDiffer" | "mending">, paint: Paint): string {
  const lines = plan.mending.map((text) => `! first: ${text}`);
  if (!plan.changes.length) {
    lines.push(
      plan.recordsDiffer
        ? `stack "${plan.stack}": no resource changes; what is recorded about it is brought up to date`
        : `stack "${plan.stack}": no changes`,
    );
    return `${lines.join("\n")}\n`;
  }
  lines.push(`stack "${plan.stack}": ${summarize(plan.changes)}`, ...changeLines(plan.changes, paint));
  return `${lines.join("\n")}\n`;
}

export function changeLines(changes: readonly Change[], paint: Paint): string[] {
  const shared = changes.filter((change) => change.resource.instance === undefined);
  const names = [...new Set(changes.flatMap((change) => change.resource.instance ?? []))];
  const lines = shared.flatMap((change) => lineOf(change, "  ", change.resource.name, paint));
  for (const name of names) {
    const own = changes.filter((change) => change.resource.instance === name);
    const whole = own.find((change) => change.resource.type === instanceType);
    const head = whole && whole.action !== "update" ? signs[whole.action] : undefined;
    lines.push(`  ${head ? `${paint(head.colour, head.sign)} ` : ""}instance ${paint("bold", name)}`);
    for (const change of own) {
      if (change !== whole) lines.push(...lineOf(change, "      ", partOf(change), paint));
      else lines.push(...change.notes.map((note) => `      ! ${note}`));
    }
  }
  return lines;
}

function lineOf(change: Change, indent: string, what: string, paint: Paint): string[] {
  const { sign, colour } = signs[change.action];
  const kept = change.retained ? (change.resource.type.startsWith("coffer:") ? " (left as it is)" : " (kept)") : "";
  const verb = change.action === "replace" ? " (replaced)" : kept;
  return [
    `${indent}${paint(colour, sign)} ${what}${verb}`,
    ...told(change.properties).map((property) => `${indent}    ${propertyText(property)}`),
    ...change.notes.flatMap((note) => note.split("\n").map((line) => `${indent}    ! ${line}`)),
  ];
}

/** What the guest has to follow in is a consequence where the spec itself changed. */
function told(properties: readonly PropertyChange[]): readonly PropertyChange[] {
  const spec = properties.some((property) => !property.drift);
  return properties.filter((property) => !(spec && property.drift && property.path.startsWith("observed.")));
}

function propertyText({ path, kind, before, after, replaces, drift }: PropertyChange): string {
  const why = replaces ? " (this replaces it)" : "";
  if (drift) return `${path}: differs from the spec, will be put right${why}`;
  if (kind === "add" || before === undefined) return `${path}: ${after ?? "set"}${why}`;
  if (kind === "delete" || after === undefined) return `${path}: ${before} → removed${why}`;
  return `${path}: ${before} → ${after}${why}`;
}
