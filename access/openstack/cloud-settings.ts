/** The settings of one cloud, checked, whatever file or variables they come from. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { CloudError } from "./cloud.ts";
import { type FoundSettings, findSettings, isWritten } from "./cloud-files.ts";

export type NameOrId = { id: string } | { name: string };
/** Something whose name is only unique in its domain. */
export type InDomain = { id: string } | { name: string; domain: NameOrId };

export type Credentials =
  | { by: "password"; user: InDomain; password: string }
  | { by: "token"; token: string }
  | { by: "application-credential"; credential: { id: string } | { name: string; user: InDomain }; secret: string };

export interface CloudSettings {
  /** The cloud's name in clouds.yaml, or the identity address. */
  name: string;
  /** Keystone's address with /v3, without a slash at the end. */
  identity: string;
  credentials: Credentials;
  /** Undefined for an application credential, which has its project in it. */
  project?: InDomain;
  region?: string;
  /** Which of a service's addresses; default public. */
  interface: "public" | "internal" | "admin";
  /** PEM; trusted instead of the machine's own authorities. */
  authorities?: string;
  /**
   * Default true. False (`verify: false`, OS_INSECURE) is obeyed without a word, as by OpenStack's own tools: the talk is
   * encrypted, but whoever sits in between can read the password, and the guests' host keys are only as good as this.
   */
  verify: boolean;
}

/** Throws CloudErrors (`configuration`) that name the place and the missing setting, never a value that may be secret. */
export function cloudSettings(cloud: string | undefined, environment: NodeJS.ProcessEnv): CloudSettings {
  const found = findSettings(cloud, environment);
  const from = new Reader(found);
  const address = from.must("auth_url", "the address of Keystone, for example https://cloud.example:5000/v3");
  const credentials = from.credentials();
  const project = credentials.by === "application-credential" ? undefined : from.project();
  const region = from.text("region_name") ?? firstRegion(found);
  const authorities = from.authorities(environment);
  return {
    name: found.cloud ?? address,
    identity: identityAddress(address, from),
    credentials,
    ...(project ? { project } : {}),
    ...(region ? { region } : {}),
    interface: from.interface(),
    ...(authorities ? { authorities } : {}),
    verify: !(isNo(from.text("verify")) || isYes(from.text("insecure"))),
  };
}

/** Settings by their names in clouds.yaml, from the `auth` block or beside it. */
class Reader {
  readonly #values = new Map<string, string>();
  readonly #found: FoundSettings;

  constructor(found: FoundSettings) {
    this.#found = found;
    const auth = found.settings.auth;
    for (const block of [found.settings, isWritten(auth) ? auth : {}]) {
      for (const [key, value] of Object.entries(block)) {
        // Without a schema an absent value is read as the text that stands there.
        if (typeof value === "string" && !["", "~", "null"].includes(value)) {
          this.#values.set(key.replaceAll("-", "_"), value);
        }
      }
    }
  }

  text(...keys: readonly string[]): string | undefined {
    for (const key of keys) {
      const value = this.#values.get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  wrong(words: string): CloudError {
    const { cloud, place } = this.#found;
    return new CloudError("configuration", cloud ? `cloud "${cloud}" in ${place}: ${words}` : `${place}: ${words}`);
  }

  must(key: string, meaning: string): string {
    const value = this.text(key);
    if (value === undefined) throw this.wrong(`${this.#spelled(key)} is missing: ${meaning}`);
    return value;
  }

  credentials(): Credentials {
    const type = this.text("auth_type") ?? this.#guessedType();
    switch (type.replace(/^v3/, "")) {
      case "password":
        return { by: "password", user: this.#user(), password: this.must("password", "the user's password") };
      case "token":
        return { by: "token", token: this.must("token", "a token of Keystone") };
      case "applicationcredential":
        return this.#applicationCredential();
      default:
        throw this.wrong(
          `${this.#spelled("auth_type")} "${type}" is not supported; there are: password, token, v3applicationcredential`,
        );
    }
  }

  project(): InDomain {
    const id = this.text("project_id", "tenant_id");
    if (id) return { id };
    const name = this.text("project_name", "tenant_name");
    if (name) return { name, domain: this.#domain("project") };
    const [one, other] = [this.#spelled("project_name"), this.#spelled("project_id")];
    throw this.wrong(`no project is named; set ${one} or ${other}`);
  }

  interface(): CloudSettings["interface"] {
    const written = this.text("interface", "endpoint_type") ?? "public";
    const word = written.replace(/URL$/, "");
    if (word === "public" || word === "internal" || word === "admin") return word;
    throw this.wrong(`${this.#spelled("interface")} "${written}" is not one of public, internal, admin`);
  }

  authorities(environment: NodeJS.ProcessEnv): string | undefined {
    const written = this.text("cacert") ?? environment.OS_CACERT;
    if (!written) return undefined;
    const path = written.startsWith("~/") ? join(environment.HOME ?? homedir(), written.slice(2)) : written;
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw this.wrong(`the file of ${this.#spelled("cacert")}, ${path}, cannot be read (${code})`);
    }
  }

  #guessedType(): string {
    if (this.text("application_credential_id", "application_credential_name")) return "v3applicationcredential";
    return this.text("token") && !this.text("password") ? "token" : "password";
  }

  #applicationCredential(): Credentials {
    const secret = this.must("application_credential_secret", "the application credential's secret");
    const id = this.text("application_credential_id");
    if (id) return { by: "application-credential", credential: { id }, secret };
    const name = this.must("application_credential_name", "the credential's name (with its user), or its id");
    return { by: "application-credential", credential: { name, user: this.#user() }, secret };
  }

  #user(): InDomain {
    const id = this.text("user_id");
    if (id) return { id };
    return { name: this.must("username", "the user's name, or user_id"), domain: this.#domain("user") };
  }

  #domain(of: "user" | "project"): NameOrId {
    const id = this.text(`${of}_domain_id`);
    if (id) return { id };
    const name = this.text(`${of}_domain_name`);
    if (name) return { name };
    const shared = this.text("domain_name", "default_domain_name");
    return shared
      ? { name: shared }
      : { id: this.text("domain_id", "default_domain_id", "default_domain") ?? "default" };
  }

  /** The key as its place spells it. */
  #spelled(key: string): string {
    return this.#found.cloud ? key : `OS_${key.toUpperCase()}`;
  }
}

/** With /v3, whatever version of Keystone the settings name. */
function identityAddress(written: string, from: Reader): string {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (!url || !["http:", "https:"].includes(url.protocol) || url.username || url.password) {
    throw from.wrong("auth_url is no plain http or https address, for example https://cloud.example:5000/v3");
  }
  const path = url.pathname.replace(/\/+$/, "").replace(/\/v\d[\d.]*$/, "");
  return `${url.origin}${path}/v3`;
}

/** `regions` lists names, or blocks with a name. */
function firstRegion(found: FoundSettings): string | undefined {
  const regions = found.settings.regions;
  const first: unknown = Array.isArray(regions) ? regions[0] : undefined;
  if (typeof first === "string") return first;
  return isWritten(first) && typeof first.name === "string" ? first.name : undefined;
}

function isYes(word: string | undefined): boolean {
  return /^(true|yes|on|1)$/i.test(word ?? "");
}

function isNo(word: string | undefined): boolean {
  return /^(false|no|off|0)$/i.test(word ?? "");
}
