/** Keystone's login and its catalogue, as data: what is sent, what is understood of the answer, and which address is taken. */
import { CloudError, type CloudService } from "./cloud.ts";
import type { CloudSettings, InDomain } from "./cloud-settings.ts";

export interface CatalogEntry {
  type: string;
  endpoints: readonly { interface: string; region?: string | null; region_id?: string | null; url: string }[];
}

/** The body of a token, as Keystone v3 answers. */
export interface TokenBody {
  token: {
    issued_at: string;
    expires_at: string;
    project?: { id: string; name: string };
    user: { id: string; name: string };
    roles?: readonly { name: string }[];
    catalog?: readonly CatalogEntry[];
  };
}

/** The types a service goes by in catalogues, the official one first. */
const types: Readonly<Record<CloudService, readonly string[]>> = {
  compute: ["compute"],
  volume: ["block-storage", "volumev3", "block-store", "volume"],
  network: ["network"],
  image: ["image"],
  identity: ["identity"],
  placement: ["placement"],
};

/** The version in an address; placement has none. */
const versions: Readonly<Partial<Record<CloudService, string>>> = {
  compute: "v2.1",
  volume: "v3",
  network: "v2.0",
  image: "v2",
  identity: "v3",
};

/** What is sent to /auth/tokens. */
export function loginBody({ credentials, project }: CloudSettings): object {
  const scope = project ? { scope: { project: inDomain(project) } } : {};
  switch (credentials.by) {
    case "password": {
      const user = { ...inDomain(credentials.user), password: credentials.password };
      return { auth: { identity: { methods: ["password"], password: { user } }, ...scope } };
    }
    case "token":
      return { auth: { identity: { methods: ["token"], token: { id: credentials.token } }, ...scope } };
    case "application-credential": {
      const { credential, secret } = credentials;
      const named = "id" in credential ? credential : { name: credential.name, user: inDomain(credential.user) };
      const application_credential = { ...named, secret };
      return { auth: { identity: { methods: ["application_credential"], application_credential }, ...scope } };
    }
  }
}

function inDomain(thing: InDomain): object {
  return "id" in thing ? { id: thing.id } : { name: thing.name, domain: thing.domain };
}

/** The region that is used: the one asked for, or the only one. Throws `configuration` with the regions there are. */
export function chooseRegion(catalog: readonly CatalogEntry[], asked: string | undefined, cloud: string): string {
  const compute = catalog.filter((entry) => types.compute.includes(entry.type));
  const regions = regionsOf(compute.length > 0 ? compute : catalog);
  if (asked && regionsOf(catalog).includes(asked)) return asked;
  if (!asked && regions.length === 1 && regions[0]) return regions[0];
  const known = regions.join(", ") || "none";
  const words = asked ? `there is no region "${asked}"` : "it has several regions and none is chosen";
  throw new CloudError("configuration", `cloud "${cloud}": ${words}; set region_name to one of: ${known}`);
}

function regionsOf(catalog: readonly CatalogEntry[]): string[] {
  const all = catalog.flatMap((entry) => entry.endpoints.map((endpoint) => endpoint.region_id ?? endpoint.region));
  return [...new Set(all.filter((region): region is string => typeof region === "string"))].sort();
}

export interface EndpointChoice {
  cloud: string;
  region: string;
  interface: CloudSettings["interface"];
}

/** A service's address as the catalogue has it. Throws `configuration` that says what there is. */
export function chooseEndpoint(
  catalog: readonly CatalogEntry[],
  service: CloudService,
  choice: EndpointChoice,
): string {
  const entries = types[service].flatMap((type) => catalog.filter((entry) => entry.type === type));
  for (const entry of entries) {
    const endpoint = entry.endpoints.find(
      (one) => one.interface === choice.interface && (one.region_id ?? one.region) === choice.region,
    );
    if (endpoint) return endpoint.url;
  }
  const where = `${choice.interface} address in region ${choice.region}`;
  const known = [...new Set(catalog.map((entry) => entry.type))].sort().join(", ") || "none";
  const words =
    entries.length > 0
      ? `its ${service} service has no ${where}; check interface and region_name`
      : `its catalogue has no ${service} service (looked for ${types[service].join(", ")}); it has: ${known}`;
  throw new CloudError("configuration", `cloud "${choice.cloud}": ${words}`);
}

/** The address to call, or the one to ask for the versions when the catalogue's has none. No slash at the end. */
export function versioned(
  service: CloudService,
  address: string,
  project: string,
): { known: string } | { discover: string } {
  const wanted = versions[service];
  const base = address.replace(/\/+$/, "");
  if (!wanted) return { known: base };
  const url = new URL(base);
  const parts = url.pathname.split("/");
  const at = parts.findLastIndex((part) => /^v\d+(\.\d+)?$/.test(part));
  if (at < 0) return { discover: base };
  // Nova and Cinder keep older generations beside the one we speak.
  if (service === "compute" || service === "volume") parts[at] = wanted;
  if (service === "volume" && at === parts.length - 1) parts.push(project);
  return { known: `${url.origin}${parts.join("/")}` };
}

/**
 * The address below an unversioned one, by what the service says of its versions. Only the version's own word is taken from
 * its link: hosts and prefixes there are often a proxy's inside. A list that cannot be read counts as having the version.
 */
export function discovered(service: CloudService, base: string, project: string, answer: unknown): string {
  const wanted = versions[service] ?? "";
  const listed = listedVersions(answer);
  const generation = (id: string) => /^v?(\d+)/.exec(id)?.[1];
  const matching = listed.filter(({ id }) => generation(id) === generation(wanted));
  if (listed.length > 0 && matching.length === 0) {
    const known = listed.map(({ id }) => id).join(", ");
    throw new CloudError("configuration", `${service} at ${base} does not speak version ${wanted}; it has: ${known}`);
  }
  const word = matching.some(({ link }) => link === wanted) ? wanted : (matching[0]?.link ?? wanted);
  return `${base}/${word}${service === "volume" ? `/${project}` : ""}`;
}

function listedVersions(answer: unknown): { id: string; link?: string }[] {
  const outer = (answer ?? {}) as { versions?: unknown; version?: unknown };
  const inner = outer.versions ?? (outer.version ? [outer.version] : []);
  // Keystone wraps its list once more.
  const list = Array.isArray(inner) ? inner : ((inner as { values?: unknown }).values ?? []);
  if (!Array.isArray(list)) return [];
  return list.flatMap((one: { id?: unknown; links?: { rel?: string; href?: string }[] } | null) => {
    if (typeof one?.id !== "string") return [];
    const href = Array.isArray(one.links) ? one.links.find((link) => link.rel === "self")?.href : undefined;
    const link = /\/(v\d+(?:\.\d+)?)\/?$/.exec(href ?? "")?.[1];
    return [{ id: one.id, ...(link ? { link } : {}) }];
  });
}
