/** What the program declares. Loading this declares nothing: a process may load it before it is known for which run. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { ConfigurationGroup } from "../components/configuration-group.ts";
import { Datastore } from "../components/datastore.ts";
import { keepHeld } from "../components/held.ts";
import { Instance } from "../components/instance.ts";
import { Authority } from "../components/resources.ts";
import type { OpenTarget } from "../components/target.ts";
import { openTarget } from "../components/targets.ts";
import { engineOf } from "../engines/index.ts";
import { loadSpec, SpecError } from "../spec/index.ts";
import { version } from "../version.ts";
import { authorityOutput, stackOutputs } from "./outputs.ts";
import { givenPasswords } from "./passwords.ts";

const root = resolve(import.meta.dirname, "..");

/** The outputs of the stack. Throws a RunError, with words for the user, for a spec or a stack that is not as it must be. */
export async function declare() {
  // The SDK takes a stack trace for every resource, and Pulumi's runner installed source maps for those. Node strips types in
  // place, so our positions are right without maps; reading the SDK's own costs a tenth of a whole preview.
  Reflect.deleteProperty(Error, "prepareStackTrace");
  const config = new pulumi.Config("coffer");
  const stackId = config.get("stackId");
  const specFile = config.get("spec");
  if (!stackId || !specFile) {
    throw new pulumi.RunError(
      `stack "${pulumi.getStack()}" is not set up for Coffer yet; run: eval "$(./coffer env --stack ${pulumi.getStack()})"`,
    );
  }

  keepHeld();
  const { spec, target } = await open(resolve(root, specFile));
  const shared = target.shared({ stackId, stack: pulumi.getStack() });

  const datastores = new Map(
    spec.datastores.map((datastore) => {
      const name = `${datastore.datastore}@${datastore.version}`;
      return [name, new Datastore(name, { target, spec: datastore })];
    }),
  );
  for (const group of spec.configurations) new ConfigurationGroup(group);

  const authority = new Authority("authority", { name: `Coffer ${pulumi.getStack()} ${stackId}` }, {});
  const made = spec.instances.map((instance) => {
    const datastore = datastores.get(`${instance.datastore}@${instance.version}`);
    if (!datastore) throw new Error(`instance ${instance.name} refers to a datastore that the loader let through`);
    const engine = engineOf(instance.engine);
    const given = givenPasswords(instance, engine);
    const component = new Instance({
      spec: instance,
      engine,
      datastore,
      alternatives: spec.datastores
        .filter((one) => one.active && one.datastore === instance.datastore)
        .map(({ datastore: name, version }) => `${name}@${version}`),
      target: spec.target.kind,
      bind: target.bind,
      ...(target.cloud === undefined ? {} : { cloud: target.cloud }),
      shared,
      authority,
      given,
    });
    return { spec: instance, component };
  });
  return {
    /** The certificate that clients hold servers' certificates against, PEM. */
    ca: authority.certificate,
    issuer: authorityOutput(authority),
    coffer: { stackId, stack: pulumi.getStack(), spec: specFile, version },
    ...stackOutputs(spec, made),
  };
}

/** The exact bytes that `coffer up` previewed, when it runs us; else the file as it is. */
async function open(file: string): Promise<OpenTarget> {
  const snapshot = process.env.COFFER_SPEC_SNAPSHOT;
  try {
    const bytes = readFileSync(snapshot ?? file);
    return await openTarget({ bytes, file, spec: loadSpec(bytes, file) });
  } catch (error) {
    if (error instanceof SpecError) throw new pulumi.RunError(error.message);
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      throw new pulumi.RunError(
        `the spec ${file} of stack "${pulumi.getStack()}" does not exist; put it back, or name another one with: coffer up -f FILE --take-over`,
      );
    }
    throw error;
  }
}
