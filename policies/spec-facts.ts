/** The facts of a spec, with where each is written. Pure. */
import { engines } from "../engines/index.ts";
import { positionsOf } from "../spec/document.ts";
import type { DatastoreVersion, InstanceSpec, StackSpec } from "../spec/model.ts";
import type { Path, SpecProblem } from "../spec/problem.ts";
import type { At, Fact } from "./fact.ts";
import type { Violation } from "./judge.ts";

export interface SpecSource {
  bytes: Uint8Array | string;
  /** Its name in problems. */
  file: string;
  /** What the bytes say. */
  spec: StackSpec;
}

/** A violation and its place; the problem's code is the rule. */
export type PlacedViolation = Violation & { problem: SpecProblem };

export function specFacts({ bytes, file, spec }: SpecSource): Fact[] {
  const { text, tree } = positionsOf(bytes, file);
  const isWritten = (path: Path) => tree?.place(path).content !== undefined;
  return [
    ...(spec.target.kind === "openstack"
      ? [{ kind: "tags" as const, at: { path: ["target", "openstack", "tags"] }, tags: spec.target.openstack.tags }]
      : []),
    ...imageFacts(spec),
    ...spec.instances.flatMap((instance) => instanceFacts(spec, instance, isWritten)),
    ...lineFacts(text),
  ];
}

function instanceFacts(spec: StackSpec, instance: InstanceSpec, isWritten: (path: Path) => boolean): Fact[] {
  const { name, flavor, volume } = instance;
  const at = (...more: Path): At => ({ instance: name, path: ["instances", name, ...more] });
  const declared = spec.datastores.find((one) => isVersionOf(one, instance));
  return [
    { kind: "instance", at: at(), target: spec.target.kind, spec: instance },
    { kind: "flavor", at: at("flavor"), ...flavor },
    {
      kind: "volume",
      at: at(...(isWritten([...["instances", name, "volume"], "size"]) ? ["volume", "size"] : ["volume"])),
      bytes: volume.bytes,
    },
    {
      kind: "version",
      at: at("datastore"),
      datastore: `${instance.datastore}@${instance.version}`,
      active: declared?.active ?? true,
    },
    ...accessFacts(spec, instance, isWritten),
  ];
}

/** What an instance does not say itself is the target's: it is found there. */
function accessFacts(
  spec: StackSpec,
  { name, engine, access }: InstanceSpec,
  isWritten: (path: Path) => boolean,
): Fact[] {
  if (spec.target.kind === "docker") {
    return spec.target.docker.bind.map((address, index) => ({
      kind: "exposure",
      at: { instance: name, path: ["target", "docker", "bind", index] },
      by: "published",
      address,
    }));
  }
  const own: Path = ["instances", name, "access", "allow"];
  const list = isWritten(own) ? own : ["target", "openstack", "access", "allow"];
  const ports = engines.find((one) => one.name === engine)?.ports ?? [];
  const openings = access.allow.flatMap((network, index) =>
    ports.map(({ port }): Fact => ({ kind: "opening", at: { instance: name, path: [...list, index] }, network, port })),
  );
  if (!access.public) return openings;
  const at = { instance: name, path: ["instances", name, "access", "public"] };
  return [...openings, { kind: "exposure", at, by: "floating-ip", allow: access.allow }];
}

/** Of the versions that instances are on. */
function imageFacts(spec: StackSpec): Fact[] {
  return spec.datastores
    .filter((version) => spec.instances.some((instance) => isVersionOf(version, instance)))
    .map(({ datastore, version, image }) => ({
      kind: "image",
      at: { path: ["datastores", datastore, "versions", version, "image"] },
      choice: image ?? "recipe",
    }));
}

/** Comments, too: they are as readable as the rest. */
function lineFacts(text: string): Fact[] {
  let offset = 0;
  return text.split("\n").map((line): Fact => {
    const start = offset + (line.length - line.trimStart().length);
    offset += line.length + 1;
    return { kind: "text", at: { offset: start }, value: line };
  });
}

function isVersionOf(one: DatastoreVersion, instance: InstanceSpec): boolean {
  return one.datastore === instance.datastore && one.version === instance.version;
}

/** The violations with their places, in the order of the file. */
export function placed({ bytes, file }: SpecSource, violations: readonly Violation[]): PlacedViolation[] {
  const { problems } = positionsOf(bytes, file);
  return violations
    .flatMap((violation) => {
      const { rule, at, message, received, allowed } = violation;
      const [problem] = problems([
        {
          code: rule,
          path: at.path ?? [],
          message,
          ...(at.offset === undefined ? {} : { offset: at.offset }),
          ...(received === undefined ? {} : { received }),
          ...(allowed === undefined ? {} : { allowed }),
        },
      ]);
      return problem ? [{ ...violation, problem }] : [];
    })
    .sort((a, b) => a.problem.line - b.problem.line || a.problem.column - b.problem.column);
}
