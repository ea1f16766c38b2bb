/** Where the services of one cloud are, and which version of each is spoken; asked once. */
import type { CloudService } from "./cloud.ts";
import { type CatalogEntry, chooseEndpoint, discovered, versioned } from "./cloud-catalog.ts";
import { type Microversion, microversions, negotiated, supportedRange } from "./cloud-microversion.ts";
import type { CloudSettings } from "./cloud-settings.ts";

export interface Place {
  cloud: string;
  region: string;
  interface: CloudSettings["interface"];
  projectId: string;
  catalog: readonly CatalogEntry[];
}

/** Asks for a service's list of its versions, which needs no token; undefined when the service keeps it to itself. */
export type AskVersions = (service: CloudService, url: URL) => Promise<unknown>;

export class CloudServices {
  readonly #ask: AskVersions;
  readonly #addresses = new Map<CloudService, Promise<string>>();
  readonly #microversions = new Map<CloudService, Microversion>();

  constructor(ask: AskVersions) {
    this.#ask = ask;
  }

  /** With the version, without a slash at the end. */
  address(service: CloudService, place: Place): Promise<string> {
    const known = this.#addresses.get(service);
    if (known) return known;
    const finding = this.#find(service, place);
    this.#addresses.set(service, finding);
    finding.catch(() => this.#addresses.delete(service));
    return finding;
  }

  /** Undefined for a service that has none. */
  microversion(service: CloudService): Microversion | undefined {
    return this.#microversions.get(service) ?? microversions[service];
  }

  /** After a 406: what the service has that is nearest to what we want. */
  async negotiate(service: CloudService, place: Place): Promise<void> {
    const wanted = microversions[service];
    if (!wanted) return;
    const address = new URL(await this.address(service, place));
    // Cinder tells its versions above the project.
    const path = service === "volume" ? address.pathname.replace(/\/[^/]+$/, "") : address.pathname;
    const range = supportedRange(await this.#ask(service, new URL(`${path}/`, address)));
    this.#microversions.set(service, negotiated(wanted, range));
  }

  async #find(service: CloudService, place: Place): Promise<string> {
    const { catalog, projectId } = place;
    const found = versioned(service, chooseEndpoint(catalog, service, place), projectId);
    if ("known" in found) return found.known;
    return discovered(service, found.discover, projectId, await this.#ask(service, new URL(`${found.discover}/`)));
  }
}
