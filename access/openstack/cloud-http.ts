/** One HTTP exchange with a cloud. */
import http from "node:http";
import https from "node:https";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { getCACertificates } from "node:tls";

export interface Exchange {
  url: URL;
  method: string;
  headers: Readonly<Record<string, string>>;
  body?: string | ReadableStream<Uint8Array>;
  /** Milliseconds from the start until the whole answer is there. */
  limit: number;
  signal?: AbortSignal;
  /** True: a kept connection may be used, which the other side may just be closing. */
  repeatable: boolean;
}

export interface Answer {
  status: number;
  header(name: string): string | undefined;
  text: string;
}

/**
 * No whole answer came. `refused`: nobody was connected to, so nothing was sent; `slow`: the time was over; `final`: trying
 * again cannot help (an unknown host, a certificate that is not trusted).
 */
export class NoAnswer extends Error {
  readonly how: "refused" | "cut" | "slow" | "final";
  constructor(how: NoAnswer["how"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "NoAnswer";
    this.how = how;
  }
}

export interface WireOptions {
  /** PEM; undefined: Node's authorities and the machine's own. */
  authorities?: string | undefined;
  verify: boolean;
  /** HTTPS_PROXY, HTTP_PROXY and NO_PROXY are obeyed. */
  environment: NodeJS.ProcessEnv;
}

type Agents = Readonly<{ "http:": http.Agent; "https:": https.Agent }>;

export class CloudWire {
  readonly #kept: Agents;
  readonly #fresh: Agents;

  constructor({ authorities, verify, environment }: WireOptions) {
    const proxyEnv = environment;
    const trust = { ca: authorities ?? [...getCACertificates("default"), ...getCACertificates("system")] };
    const agents = (keepAlive: boolean): Agents => ({
      "http:": new http.Agent({ keepAlive, proxyEnv }),
      "https:": new https.Agent({ keepAlive, proxyEnv, rejectUnauthorized: verify, ...trust }),
    });
    this.#kept = agents(true);
    this.#fresh = agents(false);
  }

  /** Any status is an answer. Throws NoAnswer, or the signal's reason. */
  async exchange({ url, method, headers, body, limit, signal, repeatable }: Exchange): Promise<Answer> {
    signal?.throwIfAborted();
    const secure = url.protocol === "https:";
    const agent = (repeatable ? this.#kept : this.#fresh)[secure ? "https:" : "http:"];
    const clock = AbortSignal.timeout(Math.max(1, Math.ceil(limit)));
    const either = signal ? AbortSignal.any([clock, signal]) : clock;
    const fixed: Record<string, string | number> = { ...headers };
    if (typeof body === "string") fixed["content-length"] = Buffer.byteLength(body);
    const request = (secure ? https : http).request(url, { method, headers: fixed, agent, signal: either });
    try {
      const answer = await exchanged(request, body);
      return answer;
    } catch (error) {
      signal?.throwIfAborted();
      if (clock.aborted) throw new NoAnswer("slow", `no answer within ${seconds(limit)} s`, { cause: error });
      throw asNoAnswer(error);
    }
  }
}

export function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}

async function exchanged(request: http.ClientRequest, body: Exchange["body"]): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  request.on("response", resolve);
  // Stays for the life of the request: a late error must not end the process.
  request.on("error", reject);
  if (body instanceof ReadableStream) {
    // A source that fails must end the request too, and a request that ends must stop the source.
    const source = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
    source.on("error", (error) => request.destroy(error));
    request.on("close", () => source.destroy());
    source.pipe(request);
  } else request.end(body);
  const response = await promise;
  const chunks: Buffer[] = [];
  response.on("data", (chunk: Buffer) => chunks.push(chunk));
  await finished(response, { cleanup: true });
  return {
    status: response.statusCode ?? 0,
    header: (name) => {
      const value = response.headers[name.toLowerCase()];
      return Array.isArray(value) ? value.join(", ") : value;
    },
    text: Buffer.concat(chunks).toString("utf8"),
  };
}

const refusals = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EAI_AGAIN", "EHOSTDOWN"]);

function asNoAnswer(error: unknown): NoAnswer {
  const { code = "", message } = error as NodeJS.ErrnoException;
  // Several addresses were tried: the first one's words stand for all.
  const first = error instanceof AggregateError ? (error.errors[0] as Error | undefined)?.message : undefined;
  const words = first ?? (message || code || "the connection failed");
  if (refusals.has(code)) return new NoAnswer("refused", words, { cause: error });
  if (code === "ENOTFOUND") return new NoAnswer("final", `${words}; is the address right?`, { cause: error });
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_/.test(code)) {
    const hint = "if the cloud has an authority of its own, name its file: cacert in clouds.yaml, or OS_CACERT";
    return new NoAnswer("final", `its certificate is not trusted (${words}); ${hint}`, { cause: error });
  }
  return new NoAnswer("cut", words, { cause: error });
}
