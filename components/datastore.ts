/** Datastore: one version of a database system and the image its machines start from. */
import * as pulumi from "@pulumi/pulumi";
import type { DatastoreVersion } from "../spec/model.ts";
import type { Image, Target } from "./target.ts";

export class Datastore extends pulumi.ComponentResource {
  readonly image: Image;
  /** False: instances that exist live on, new ones are refused. */
  readonly active: boolean;

  /** `name` is `datastore@version`, as instances refer to it. */
  constructor(
    name: string,
    args: { target: Target; spec: DatastoreVersion },
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("coffer:components:Datastore", name, {}, options);
    this.active = args.spec.active;
    this.image = args.target.image(args.spec, this);
    this.registerOutputs({ engine: args.spec.engine, version: args.spec.version, active: args.spec.active });
  }
}
