/** One login to one cloud, and the calls that use it. */
import { setTimeout as pause } from "node:timers/promises";
import { type Cloud, CloudError, type CloudRequest, type CloudService } from "./cloud.ts";
import { type Call, jsonOf, parsed, queryText, timing, within } from "./cloud-call.ts";
import { chooseRegion, loginBody, type TokenBody } from "./cloud-catalog.ts";
import { type Asked, askedWords, refusal, secretsIn } from "./cloud-failure.ts";
import { type Answer, CloudWire, type Exchange, NoAnswer, seconds } from "./cloud-http.ts";
import { versionHeaders } from "./cloud-microversion.ts";
import { nextPage } from "./cloud-pages.ts";
import { pauseAfter } from "./cloud-retry.ts";
import { CloudServices, type Place } from "./cloud-services.ts";
import { type CloudSettings, cloudSettings } from "./cloud-settings.ts";

/** Milliseconds for a call with its retries. */
const callLimit = 60_000;
/** Milliseconds for a login: where there is no Keystone, people should not wait for a minute. */
const loginLimit = 30_000;
/** A token that ends within this many milliseconds is renewed before it is used; uploads cannot be repeated. */
const renewBefore = 120_000;

const opened = new WeakMap<NodeJS.ProcessEnv, Map<string, Cloud>>();

/**
 * The cloud that a target chooses (`cloud`: a name of clouds.yaml; undefined: what OS_CLOUD or the OS_* variables say). One
 * for each choice and process. Reads files, asks nobody: the first call logs in. Throws CloudErrors (`configuration`).
 */
export function openCloud(choice: { cloud?: string | undefined }, environment: NodeJS.ProcessEnv = process.env): Cloud {
  const known = opened.get(environment) ?? new Map<string, Cloud>();
  opened.set(environment, known);
  const key = choice.cloud || environment.OS_CLOUD || "";
  const cloud = known.get(key) ?? new CloudSession(cloudSettings(choice.cloud, environment), environment);
  known.set(key, cloud);
  return cloud;
}

interface Login {
  token: string;
  projectId: string;
  region: string;
  catalog: NonNullable<TokenBody["token"]["catalog"]>;
  /** Milliseconds of performance.now(): by our clock, however wrong the cloud's is. */
  renewAt: number;
}

class CloudSession implements Cloud {
  readonly name: string;
  readonly #settings: CloudSettings;
  readonly #wire: CloudWire;
  #login: Promise<Login> | undefined;
  #region: string | undefined;
  readonly #services = new CloudServices((service, url) => this.#versions(service, url));

  constructor(settings: CloudSettings, environment: NodeJS.ProcessEnv) {
    this.name = settings.name;
    this.#settings = settings;
    this.#wire = new CloudWire({ authorities: settings.authorities, verify: settings.verify, environment });
  }

  get region(): string | undefined {
    return this.#region;
  }

  async projectId(): Promise<string> {
    return (await this.#loggedIn()).projectId;
  }

  async call<T>(service: CloudService, path: string, request: CloudRequest = {}): Promise<T> {
    const call = this.#started(service, path, request);
    return parsed<T>(call.asked, await this.#send(call, path, request));
  }

  async list<T>(service: CloudService, path: string, key: string, request: CloudRequest = {}): Promise<T[]> {
    const call = this.#started(service, path, request);
    const items: T[] = [];
    const seen = new Set<string>();
    let query: string | undefined = queryText(request.query);
    while (query !== undefined) {
      seen.add(query);
      const body: Record<string, unknown> = parsed<Record<string, unknown>>(
        call.asked,
        await this.#send(call, path, request, query),
      );
      const page: unknown = body?.[key];
      if (!Array.isArray(page)) {
        throw new CloudError("failed", `${askedWords(call.asked)} answered without the list "${key}"`);
      }
      items.push(...(page as T[]));
      query = page.length > 0 ? nextPage(body, key) : undefined;
      if (query !== undefined && seen.has(query)) {
        throw new CloudError("failed", `${askedWords(call.asked)}: page ${seen.size} says that it comes after itself`);
      }
    }
    return items;
  }

  async upload(
    service: CloudService,
    path: string,
    body: ReadableStream<Uint8Array>,
    { contentType, timeout, signal }: { contentType: string; timeout: number; signal?: AbortSignal },
  ): Promise<void> {
    const call = this.#started(service, path, { method: "PUT", timeout, ...(signal ? { signal } : {}) });
    const login = await this.#loggedIn(call);
    const url = new URL((await this.#address(service, login, call)) + path);
    const headers = { "content-type": contentType, "x-auth-token": login.token };
    const exchange = { url, method: "PUT", headers, body, repeatable: false, ...timing(call) };
    const answer = await this.#wire.exchange(exchange).catch((error: unknown) => this.#fail(call, error));
    if (answer.status >= 400) throw refusal(call.asked, answer, [login.token]);
  }

  #started(service: CloudService, path: string, request: CloudRequest): Call {
    const { method = "GET", timeout: limit = callLimit, signal, body } = request;
    const asked = { cloud: this.name, service, method, path };
    return { asked, deadline: performance.now() + limit, limit, signal, secrets: secretsIn(body) };
  }

  /** One request with its retries, with a fresh token when the cloud no longer knows ours. */
  async #send(call: Call, path: string, request: CloudRequest, query = queryText(request.query)): Promise<Answer> {
    const { service, method } = call.asked;
    let login = await this.#loggedIn(call);
    let renewed = false;
    let negotiatedOnce = false;
    for (;;) {
      const url = new URL((await this.#address(service, login, call)) + path + query);
      const version = this.#services.microversion(service);
      const headers = {
        accept: "application/json",
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
        ...versionHeaders(service, version),
        ...request.headers,
        "x-auth-token": login.token,
      };
      const body = request.body === undefined ? {} : { body: JSON.stringify(request.body) };
      const repeatable = method !== "POST" && method !== "PATCH";
      const answer = await this.#tries(call, { url, method, headers, ...body, repeatable });
      if (answer.status === 401 && !renewed) {
        renewed = true;
        login = await this.#renewed(login, call);
      } else if (answer.status === 406 && version && !negotiatedOnce) {
        negotiatedOnce = true;
        await this.#services.negotiate(service, this.#place(login));
      } else if (answer.status >= 400) {
        throw refusal(call.asked, answer, [...call.secrets, login.token, ...this.#ownSecrets()]);
      } else return answer;
    }
  }

  /** Any answer that is not worth another try. */
  async #tries(call: Call, exchange: Omit<Exchange, "limit" | "signal">): Promise<Answer> {
    for (let number = 1; ; number++) {
      const outcome = await this.#wire.exchange({ ...exchange, ...timing(call, exchange.repeatable) }).catch(noAnswer);
      const about = { repeatable: exchange.repeatable, number };
      const what =
        outcome instanceof NoAnswer
          ? { ...about, noAnswer: outcome.how }
          : { ...about, status: outcome.status, retryAfter: outcome.header("retry-after") };
      const wait = pauseAfter(what, Date.now(), Math.random);
      if (wait === undefined || performance.now() + wait >= call.deadline) {
        if (outcome instanceof NoAnswer) this.#fail(call, outcome, number);
        return outcome;
      }
      await pause(wait, undefined, call.signal ? { signal: call.signal } : {}).catch((error: unknown) => {
        call.signal?.throwIfAborted();
        throw error;
      });
    }
  }

  #fail(call: Call, error: unknown, tries = 1): never {
    if (!(error instanceof NoAnswer)) throw error;
    const often = tries > 1 ? ` (${tries} tries)` : "";
    const late = error.how === "slow";
    const words = late ? `there was no answer within ${seconds(call.limit)} s` : error.message;
    const message = `${askedWords(call.asked)} failed: ${words}${often}`;
    throw new CloudError(late ? "timeout" : "unreachable", message, { cause: error });
  }

  /** One login at a time serves all calls, each of which waits no longer than its own limit; a failed one is not remembered. */
  async #loggedIn(call?: Call): Promise<Login> {
    const attempt = this.#login ?? this.#logIn();
    const known = attempt === this.#login;
    this.#login = attempt;
    if (!known) {
      attempt.catch(() => {
        if (this.#login === attempt) this.#login = undefined;
      });
    }
    const login = await (call ? within(call, attempt) : attempt);
    return known && performance.now() >= login.renewAt ? this.#renewed(login, call) : login;
  }

  /** Forgets a login that no longer holds, unless another call has already renewed it. */
  async #renewed(old: Login, call: Call | undefined): Promise<Login> {
    const current = this.#login;
    if (current && (await current.catch(() => undefined)) === old && this.#login === current) this.#login = undefined;
    return this.#loggedIn(call);
  }

  async #logIn(): Promise<Login> {
    const asked: Asked = { cloud: this.name, service: "identity", method: "POST", path: "/auth/tokens" };
    const secrets = this.#ownSecrets();
    const call: Call = { asked, deadline: performance.now() + loginLimit, limit: loginLimit, secrets };
    const url = new URL(`${this.#settings.identity}/auth/tokens`);
    const headers = { "content-type": "application/json", accept: "application/json" };
    const body = JSON.stringify(loginBody(this.#settings));
    const answer = await this.#tries(call, { url, method: "POST", headers, body, repeatable: true });
    if (answer.status >= 400) throw refusal(asked, answer, secrets);
    const token = answer.header("x-subject-token");
    const { token: details } = parsed<TokenBody>(asked, answer) ?? {};
    if (!token || !details?.project || !details.catalog) {
      const words = "answered without a token for a project; is auth_url Keystone's, and is a project named?";
      throw new CloudError("failed", `${askedWords(asked)} (${url.origin}) ${words}`);
    }
    const { project, catalog, expires_at, issued_at } = details;
    this.#region = chooseRegion(catalog, this.#settings.region, this.name);
    const life = Date.parse(expires_at) - Date.parse(issued_at);
    const renewAt = performance.now() + (Number.isFinite(life) ? Math.max(life - renewBefore, life / 2) : Infinity);
    return { token, projectId: project.id, region: this.#region, catalog, renewAt };
  }

  #address(service: CloudService, login: Login, call: Call): Promise<string> {
    return within(call, this.#services.address(service, this.#place(login)));
  }

  #place({ region, projectId, catalog }: Login): Place {
    return { cloud: this.name, interface: this.#settings.interface, region, projectId, catalog };
  }

  /** See AskVersions. */
  async #versions(service: CloudService, url: URL): Promise<unknown> {
    const asked: Asked = { cloud: this.name, service, method: "GET", path: url.pathname };
    const call: Call = { asked, deadline: performance.now() + loginLimit, limit: loginLimit, secrets: [] };
    const headers = { accept: "application/json" };
    const answer = await this.#tries(call, { url, method: "GET", headers, repeatable: true });
    if (answer.status >= 500) throw refusal(asked, answer, []);
    // 300: "multiple choices", as Keystone and Glance answer.
    return answer.status <= 300 ? jsonOf(answer.text) : undefined;
  }

  #ownSecrets(): string[] {
    const { credentials } = this.#settings;
    switch (credentials.by) {
      case "password":
        return [credentials.password];
      case "token":
        return [credentials.token];
      case "application-credential":
        return [credentials.secret];
    }
  }
}

function noAnswer(error: unknown): NoAnswer {
  if (error instanceof NoAnswer) return error;
  throw error;
}
