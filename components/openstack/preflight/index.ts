/** Everything that can be known about a spec and a cloud before anything is created. */
export type { Catalogue } from "./catalogue.ts";
export type { Fault, FaultCode } from "./fault.ts";
export { flavorSizes } from "./flavors.ts";
export { type InstanceNeeds, needsOf } from "./needs.ts";
export { imagesToBuild, planNotes, planPreflight } from "./plan.ts";
export { readCatalogue, readFlavors } from "./read.ts";
export { type CloudFacts, type FlavorFacts, type ImageFacts, type NetworkFacts, settle } from "./settle.ts";
