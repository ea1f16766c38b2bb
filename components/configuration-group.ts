/** ConfigurationGroup: named server parameters that instances of one datastore version share. */
import * as pulumi from "@pulumi/pulumi";
import type { ConfigurationGroupSpec } from "../spec/model.ts";

export class ConfigurationGroup extends pulumi.ComponentResource {
  constructor(spec: ConfigurationGroupSpec, options?: pulumi.ComponentResourceOptions) {
    super("coffer:components:ConfigurationGroup", spec.name, {}, options);
    this.registerOutputs({ datastore: spec.datastore, version: spec.version, parameters: spec.parameters });
  }
}
