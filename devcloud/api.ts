/** The cloud's own APIs, as its administrator: just enough to fill it at first and to see whether it is well. */
import { ToolchainError } from "../toolchain/errors.ts";
import { endpoint, ports } from "./layout.ts";
import type { Secrets } from "./secrets.ts";

export type ApiService = "identity" | "compute" | "network" | "volume";

export interface Api {
  readonly projectId: string;
  /** JSON, or undefined for an empty answer. Calls that meet a service which is just starting are tried again for 60 s. */
  call<T>(service: ApiService, method: "GET" | "POST" | "PUT", path: string, body?: unknown): Promise<T>;
}

/** Milliseconds for one attempt, and for all of them. */
const attemptLimit = 30_000;
const callLimit = 60_000;

export async function openApi(secrets: Secrets, signal?: AbortSignal): Promise<Api> {
  const account = { name: "admin", password: secrets.admin, domain: { id: "default" } };
  const login = {
    auth: {
      identity: { methods: ["password"], password: { user: account } },
      scope: { project: { name: "admin", domain: { id: "default" } } },
    },
  };
  const answer = await attempt("POST", endpoint(ports.identity, "/v3/auth/tokens"), login, {}, signal);
  const token = answer.headers.get("x-subject-token");
  const { token: about } = (await answer.json()) as { token: { project: { id: string } } };
  if (token === null) throw new Error("Keystone answered without a token");
  const projectId = about.project.id;
  const bases: Record<ApiService, string> = {
    identity: endpoint(ports.identity, "/v3"),
    compute: endpoint(ports.compute, "/v2.1"),
    network: endpoint(ports.network, "/v2.0"),
    volume: endpoint(ports.volume, `/v3/${projectId}`),
  };
  return {
    projectId,
    async call<T>(service: ApiService, method: string, path: string, body?: unknown): Promise<T> {
      const headers = { "x-auth-token": token };
      const response = await attempt(method, `${bases[service]}${path}`, body, headers, signal);
      const text = await response.text();
      return (text === "" ? undefined : JSON.parse(text)) as T;
    },
  };
}

async function attempt(
  method: string,
  url: string,
  body: unknown,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const until = Date.now() + callLimit;
  let last = "";
  for (;;) {
    signal?.throwIfAborted();
    try {
      const limit = AbortSignal.timeout(attemptLimit);
      const response = await fetch(url, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      if (response.ok) return response;
      last = `${response.status} ${(await response.text()).slice(0, 300)}`;
      // What is wrong with a request stays wrong; a 409 says that an earlier attempt did it.
      if (response.status < 500) break;
    } catch (error) {
      signal?.throwIfAborted();
      last = error instanceof Error ? `${error.message} ${String(error.cause ?? "")}` : String(error);
    }
    if (Date.now() > until) break;
    await new Promise((go) => setTimeout(go, 300));
  }
  throw new ToolchainError(`The development cloud did not do ${method} ${url}: ${last}`, {
    remedy: "look at coffer devcloud status, then run the same command again.",
  });
}
