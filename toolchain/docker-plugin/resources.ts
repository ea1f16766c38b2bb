/** Which types are served, and clear words for those that are not. */

import { container } from "./container/index.ts";
import { image } from "./image/index.ts";
import { network } from "./network/index.ts";
import type { Resource } from "./resource.ts";
import { volume } from "./volume/index.ts";
import { NotServed } from "./wire.ts";

const RESOURCES: Resource[] = [container, network, image, volume];

const SERVED = "Container, Network, RemoteImage and Volume";

/** The type token inside a URN: the last of its chain of types. */
export function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").pop() ?? "";
}

/** The logical name at the end of a URN; it may have "::" in it. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

export function resourceOf(urn: string): Resource {
  const type = typeOf(urn);
  const found = RESOURCES.find((resource) => resource.schema.token === type);
  if (found) return found;
  throw new NotServed(
    `${type} is not served by this stand-in for the docker plugin 5.0.0, which serves ${SERVED}; ` +
      "install the official plugin (pulumi plugin install resource docker 5.0.0) to use it",
  );
}

export function functionNotServed(token: string): NotServed {
  return new NotServed(
    `the function ${token} is not served by this stand-in for the docker plugin 5.0.0, which serves the resources ${SERVED}; ` +
      "install the official plugin (pulumi plugin install resource docker 5.0.0) to use it",
  );
}
