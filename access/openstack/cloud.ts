/** An OpenStack cloud's APIs, as one authenticated connection. Made by `openCloud` (cloud-session.ts). */

export type CloudService = "compute" | "volume" | "network" | "image" | "identity" | "placement";

export type CloudProblem =
  /** No or incomplete settings: no such cloud in clouds.yaml, no OS_* variables. */
  | "configuration"
  /** Keystone said no, or the role is not enough (401, 403 without a quota). */
  | "credentials"
  /** No answer within the limits, or 5xx until the retries were used up. */
  | "unreachable"
  /** 404 of the service itself. */
  | "absent"
  /** 409. */
  | "conflict"
  /** 403, 409 or 413 that names a quota. */
  | "quota"
  /** Any other 4xx, an answer that is no JSON. */
  | "failed"
  | "timeout";

export class CloudError extends Error {
  readonly problem: CloudProblem;
  readonly status: number | undefined;
  constructor(problem: CloudProblem, message: string, options?: ErrorOptions & { status?: number }) {
    super(message, options);
    this.name = "CloudError";
    this.problem = problem;
    this.status = options?.status;
  }
}

export interface CloudRequest {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON. */
  body?: unknown;
  query?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  headers?: Readonly<Record<string, string>>;
  /** Milliseconds for the whole call with its retries; default 60_000. */
  timeout?: number;
  signal?: AbortSignal;
}

export interface Cloud {
  /** The cloud's name in clouds.yaml, or the identity address; for messages. */
  readonly name: string;
  /** Undefined until the first call: the region that was chosen. */
  readonly region: string | undefined;
  /** The project's id; logs in when that was not done yet. */
  projectId(): Promise<string>;
  /**
   * One call. `path` begins with "/" and is relative to the endpoint of the catalogue (compute: below /v2.1, volume: below
   * /v3/PROJECT, network: below /v2.0, image: below /v2). Returns the JSON, or undefined for an empty answer. GET, PUT and
   * DELETE are retried on no answer, 429, 500, 502, 503, 504; POST and PATCH on 429, 503 and where nobody was connected to: a
   * DELETE that succeeded unheard ends in `absent`. A dead token is renewed once. A signal's reason is thrown as it is.
   */
  call<T>(service: CloudService, path: string, request?: CloudRequest): Promise<T>;
  /** All pages of a collection: the value at `key`, following `next` links. */
  list<T>(service: CloudService, path: string, key: string, request?: CloudRequest): Promise<T[]>;
  /** Streams a body that is no JSON (an image file), without retry. */
  upload(
    service: CloudService,
    path: string,
    body: ReadableStream<Uint8Array>,
    options: { contentType: string; timeout: number; signal?: AbortSignal },
  ): Promise<void>;
}
