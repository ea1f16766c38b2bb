/** A server that stands in for a cloud where a real one cannot be made to fail: each answer is what a test says. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Cloud } from "../../access/openstack/cloud.ts";
import { openCloud } from "../../access/openstack/cloud-session.ts";

export interface Seen {
  method: string;
  path: string;
  token: string | undefined;
  version: string | undefined;
  body: string;
}

export type Reply = (response: ServerResponse, seen: Seen) => void;

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Reply =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };

export const unauthorized = json(401, { error: { message: "The request you have made requires authentication." } });

export class FakeCloud implements AsyncDisposable {
  readonly seen: Seen[] = [];
  /** Logins so far; the tokens are `token-1`, `token-2`... */
  logins = 0;
  /** Seconds that a token lives. */
  life = 3600;
  #login: Reply | undefined;
  readonly #replies: Reply[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<FakeCloud> {
    const fake = new FakeCloud();
    await new Promise<void>((done) => fake.#server.listen(0, "127.0.0.1", done));
    return fake;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  open(settings: NodeJS.ProcessEnv = {}): Cloud {
    const environment = {
      OS_AUTH_URL: `${this.origin}/v3`,
      OS_USERNAME: "u",
      OS_PASSWORD: "pass-word-1",
      OS_PROJECT_NAME: "p",
      ...settings,
    };
    return openCloud({}, environment);
  }

  /** For the next calls, one each; the last one answers all that follow. */
  replies(...replies: readonly Reply[]): this {
    this.#replies.push(...replies);
    return this;
  }

  loginReply(reply: Reply | undefined): this {
    this.#login = reply;
    return this;
  }

  /** Calls but for logins. */
  get calls(): readonly Seen[] {
    return this.seen.filter(({ path }) => path !== "/v3/auth/tokens");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const header = (name: string) => request.headers[name] as string | undefined;
    const [token, version] = [header("x-auth-token"), header("openstack-api-version")];
    const { method = "", url: path = "" } = request;
    const seen = { method, path, token, version, body: Buffer.concat(chunks).toString() };
    this.seen.push(seen);
    if (path === "/v3/auth/tokens") {
      this.logins++;
      return (this.#login ?? this.tokenReply)(response, seen);
    }
    const reply = this.#replies.length > 1 ? this.#replies.shift() : this.#replies[0];
    (reply ?? json(200, {}))(response, seen);
  }

  readonly tokenReply: Reply = (response, seen) => {
    const now = Date.now();
    const at = (type: string, path: string) => ({
      type,
      endpoints: [{ interface: "public", region_id: "R", url: this.origin + path }],
    });
    const token = {
      issued_at: new Date(now).toISOString(),
      expires_at: new Date(now + this.life * 1000).toISOString(),
      project: { id: "P", name: "p" },
      catalog: [at("compute", "/c/v2.1"), at("volumev3", "/v/v3/P"), at("network", "/n"), at("image", "/i/v2")],
    };
    json(201, { token }, { "x-subject-token": `token-${this.logins}` })(response, seen);
  };
}
