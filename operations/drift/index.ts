/**
 * `drift`: what differs between the spec, what the last apply recorded, and what is really there. All instances are looked at
 * at once, each for a bounded time, with one session each. Nothing is changed.
 */
import { closeAll } from "../../access/index.ts";
import type { RealObject } from "../../access/inventory.ts";
import { roleOfType } from "../../components/kinds.ts";
import { type Survey, surveyOf, type WantedIngress } from "../../components/survey.ts";
import { engineOf } from "../../engines/index.ts";
import type { Values } from "../../provider/values.ts";
import { managedUsers, withoutOwner } from "../../spec/contents.ts";
import { type FlavorSize, type InstanceSpec, sizeOf } from "../../spec/model.ts";
import { instanceOf, instancesOf, type RecordedResource } from "../deployment.ts";
import { typeOfUrn } from "../engine-events.ts";
import { messageOf, OperationError } from "../errors.ts";
import { type KnownInstances, noInstance, readInstances } from "../instances.ts";
import { inventoryAt, locationOf, locationsOf } from "../locations.ts";
import { lookMs, within } from "../machine-look.ts";
import { planMending } from "../mend.ts";
import type { InstanceRecord } from "../records.ts";
import { type OperationRequest, openSession, readSource, type Session, type SpecSource } from "../session.ts";
import { instanceRows, type MachineFacts, wantedServer, wholeRow } from "./instance.ts";
import { lookAtInstance, type Reality } from "./look.ts";
import type { DriftRow } from "./row.ts";

export interface DriftRequest extends OperationRequest {
  /** Of this one only. Default: of all. */
  instance?: string;
}

export interface DriftResult {
  stack: string;
  /** By instance; none: everything is as the spec says. */
  rows: readonly DriftRow[];
}

export async function drift(request: DriftRequest): Promise<DriftResult> {
  const { chosen, source } = await readSource(request);
  const { session } = await openSession(request);
  try {
    const known = session ? await readInstances(session) : undefined;
    const names = namesOf(source, known, request.instance, chosen.name);
    if (!session || !known) return { stack: chosen.name, rows: names.map((name) => wholeRow(name, notMade)) };
    const rows = await lookAtAll({ session, source, known, names, survey: await surveyOf(source) });
    const wanted = rows.filter(({ instance }) => request.instance === undefined || instance === request.instance);
    return { stack: chosen.name, rows: wanted };
  } finally {
    await closeAll();
  }
}

const notMade = { spec: "there", state: null, real: null };

function namesOf(
  { spec }: SpecSource,
  known: KnownInstances | undefined,
  only: string | undefined,
  stack: string,
): readonly string[] {
  const inState = known ? instancesOf(known.deployment) : [];
  const names = [...new Set([...spec.instances.map(({ name }) => name), ...inState])].sort();
  if (only === undefined) return names;
  if (!names.includes(only)) throw noInstance(only, stack, names);
  return [only];
}

interface Question {
  session: Session;
  source: SpecSource;
  survey: Survey;
  known: KnownInstances;
  names: readonly string[];
}

async function lookAtAll(question: Question): Promise<DriftRow[]> {
  const { known, names, survey } = question;
  const [{ objects, problems }, lost, ...looks] = await Promise.all([
    objectsOf(question),
    lostObjects(question),
    ...names.map((name) => lookAt(question, name)),
  ]);
  const sizes = sizesOf(survey);
  const rows = looks.flatMap(({ name, spec, record, reality }): DriftRow[] => {
    if (!record)
      return [
        wholeRow(name, { ...notMade, state: known.building.some((one) => one.name === name) ? "half made" : null }),
      ];
    if (!spec) return [wholeRow(name, { spec: null, state: "there", real: "there" }, "its data volume stays")];
    const machine = objects && machineFacts(question, spec, record, objects);
    return instanceRows({ spec, record, reality, machine, flavors: survey.flavors, sizes });
  });
  return [...rows, ...problems, ...lost].sort((a, b) =>
    a.instance < b.instance ? -1 : a.instance > b.instance ? 1 : 0,
  );
}

async function lookAt({ survey, known }: Question, name: string) {
  const spec = survey.spec.instances.find((one) => one.name === name);
  const record = known.records[name];
  if (!record || !spec) return { name, spec, record, reality: unasked };
  const wish = {
    name,
    engine: engineOf(record.engine),
    server: wantedServer(spec, record),
    databases: spec.databases?.map(withoutOwner),
    users: spec.users || spec.root ? managedUsers(spec) : undefined,
    passwords: known.passwords[name] ?? {},
    certificate: certificateInputs(known, record),
  };
  return { name, spec, record, reality: await lookAtInstance(wish, known.guests[name]) };
}

const unasked: Reality = { state: "stopped", problem: "" };

/** Names and addresses as the last apply knew them, with the stack's authority. */
function certificateInputs(known: KnownInstances, { name, engine }: InstanceRecord): Values | undefined {
  const [resource] = partsOf(known, name, ({ type }) => type === "coffer:guest:Certificate");
  if (!resource?.inputs || !known.issuer) return undefined;
  const { names = [], addresses = [] } = resource.inputs;
  return { engine, names, addresses, authority: { ...known.issuer } } as Values;
}

function partsOf(
  { deployment }: KnownInstances,
  instance: string,
  is: (resource: RecordedResource) => boolean,
): readonly RecordedResource[] {
  return deployment.resources.filter((one) => is(one) && instanceOf(deployment, one.urn) === instance);
}

/** Undefined, with a row that says why, where a target does not tell. */
async function objectsOf({
  session,
  known,
}: Question): Promise<{ objects?: readonly RealObject[]; problems: DriftRow[] }> {
  const { stack } = session;
  try {
    const lists = await Promise.all(
      locationsOf(known.deployment, stack).map((location) =>
        within(lookMs, `the target "${location.target}"`, () => inventoryAt(location).list(stack.stackId)),
      ),
    );
    return { objects: lists.flat(), problems: [] };
  } catch (error) {
    return { problems: [unseen(`the target does not tell: ${messageOf(error)}`)] };
  }
}

const unseen = (note: string): DriftRow => ({
  instance: "",
  what: "object",
  name: "",
  spec: null,
  state: null,
  real: null,
  seen: false,
  mend: "none",
  note,
});

/** What mending would say of the stack: objects that are gone, or that somebody took apart. */
async function lostObjects({ session, source, known }: Question): Promise<DriftRow[]> {
  const { workspace, place, stack, report } = session;
  const request = { workspace, place, stack: stack.name, stackId: stack.stackId, deployment: known.deployment, report };
  const { instances } = source.spec;
  try {
    const steps = await within(lookMs, "the target", () =>
      planMending({ ...request, instances, location: locationOf(source.spec) }),
    );
    return steps.flatMap((step): DriftRow[] => {
      const urn = "urn" in step ? step.urn : undefined;
      // Told with what they let in.
      if (urn !== undefined && roleOfType(typeOfUrn(urn)) === "rule") return [];
      const instance = urn === undefined ? "" : (instanceOf(known.deployment, urn) ?? "");
      const sides = { spec: null, state: "recorded", real: step.summary };
      return [{ instance, what: "object", name: "", ...sides, seen: true, mend: "up" }];
    });
  } catch (error) {
    // What cannot be mended is refused by every apply, in these words.
    if (error instanceof OperationError)
      return [unseen([error.message, error.remedy ?? ""].filter(Boolean).join("; "))];
    return [];
  }
}

function machineFacts(
  { survey, known }: Question,
  spec: InstanceSpec,
  { uuid, name }: InstanceRecord,
  objects: readonly RealObject[],
): MachineFacts {
  const own = objects.filter(({ instance }) => instance === uuid);
  const [limits] = partsOf(known, name, ({ type }) => type === "coffer:guest:Limits");
  const most = limits?.outputs?.most;
  return {
    server: own.find(({ kind }) => kind === "server"),
    data: own.find(({ kind }) => kind === "volume"),
    group: own.find(({ kind }) => kind === "security-group"),
    mostCpus: typeof most === "number" ? most : undefined,
    wanted: survey.ingress(spec),
    recorded: partsOf(known, name, ({ type }) => roleOfType(type) === "rule").map(ingressOf),
  };
}

const ingressOf = ({ inputs }: RecordedResource): WantedIngress => ({
  port: Number(inputs?.portRangeMin),
  cidr: String(inputs?.remoteIpPrefix),
});

/** Of flavors that the spec declares itself. */
function sizesOf({ spec, flavors }: Survey): ReadonlyMap<string, FlavorSize> {
  if (flavors.size) return new Map();
  return new Map(spec.instances.map(({ flavor }) => [flavor.name, sizeOf(flavor)]));
}
