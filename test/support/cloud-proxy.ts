/**
 * A cloud that a test can disturb: the real one, seen through a proxy of this process. Keystone's catalogue is rewritten, so
 * that every service is asked through the proxy too, by Coffer and by the OpenStack plugin alike.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";

export interface CloudRequest {
  /** The service's type in the catalogue: `compute`, `network`, `identity`... */
  service: string;
  method: string;
  /** With the query. */
  path: string;
  /** The token it came with; "" without one. */
  token: string;
  body: string;
}

export interface CloudAnswer {
  status: number;
  headers?: http.OutgoingHttpHeaders;
  body: string;
}

/** What becomes of a request. `pass` asks the real cloud; "cut" ends the connection without an answer. */
export type Rule = (request: CloudRequest, pass: () => Promise<CloudAnswer>) => Promise<CloudAnswer | "cut">;

export interface CloudProxy {
  /** For OS_CLIENT_CONFIG_FILE: the same cloud under the same name. */
  clouds: string;
  /** From now on; the rule before it is forgotten. Default: everything passes. */
  rule(rule: Rule): void;
  /** What was asked since the rule was set. */
  requests(): readonly CloudRequest[];
  /** Removes the file too. */
  close(): Promise<void>;
}

interface Upstream {
  service: string;
  /** `http://host:port` */
  real: string;
  shown: string;
  server: http.Server;
}

interface Catalogue {
  token: { catalog?: { type: string; endpoints: { url: string }[] }[] };
}

/** Nova's answer while its API is being restarted behind a balancer. */
export const unavailable: CloudAnswer = {
  status: 503,
  headers: { "content-type": "text/html" },
  body: "<html><head><title>503 Service Unavailable</title></head><body>No server is available.</body></html>",
};

/** `cloud`: a name in the clouds.yaml of OS_CLIENT_CONFIG_FILE, with an auth_url of http. */
export async function cloudProxy(cloud = process.env.OS_CLOUD ?? "devcloud"): Promise<CloudProxy> {
  const config = parse(readFileSync(process.env.OS_CLIENT_CONFIG_FILE ?? "clouds.yaml", "utf8")) as {
    clouds: Record<string, { auth: { auth_url: string } }>;
  };
  const settings = config.clouds[cloud];
  if (!settings) throw new Error(`clouds.yaml has no cloud "${cloud}"`);
  const upstreams = new Map<string, Promise<Upstream>>();
  let decide: Rule = (_request, pass) => pass();
  let seen: CloudRequest[] = [];

  /** The services' places in the real catalogue, by the proxy's. */
  const shown = async (text: string): Promise<string> => {
    const { token } = JSON.parse(text) as Partial<Catalogue>;
    for (const { type, endpoints } of token?.catalog ?? [])
      for (const { url } of endpoints) await upstreamOf(new URL(url).origin, type);
    const all = await Promise.all(upstreams.values());
    return all.reduce((changed, upstream) => changed.replaceAll(upstream.real, upstream.shown), text);
  };

  const handle = async (upstream: Upstream, incoming: http.IncomingMessage, outgoing: http.ServerResponse) => {
    const { method = "GET", url: path = "/", headers } = incoming;
    const body = await textOf(incoming);
    const request = { service: upstream.service, method, path, token: String(headers["x-auth-token"] ?? ""), body };
    seen.push(request);
    const answer = await decide(request, () => passed(upstream.real + path, method, headers, body));
    if (answer === "cut") {
      incoming.socket.destroy();
      return;
    }
    const isCatalogue = /\/auth\/tokens$/.test(path) && answer.status < 300 && answer.body !== "";
    const text = isCatalogue ? await shown(answer.body) : answer.body;
    const { "content-length": _, "transfer-encoding": __, connection: ___, ...kept } = answer.headers ?? {};
    outgoing.writeHead(answer.status, { ...kept, ...(text ? { "content-length": Buffer.byteLength(text) } : {}) });
    outgoing.end(method === "HEAD" ? undefined : text);
  };

  const open = async (real: string, service: string): Promise<Upstream> => {
    const server = http.createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    const upstream = { service, real, shown: `http://127.0.0.1:${port}`, server };
    server.on("request", (incoming, outgoing) => {
      handle(upstream, incoming, outgoing).catch(() => incoming.socket.destroy());
    });
    return upstream;
  };
  const upstreamOf = (real: string, service: string): Promise<Upstream> => {
    const known = upstreams.get(real) ?? open(real, service);
    upstreams.set(real, known);
    return known;
  };

  const keystone = await upstreamOf(new URL(settings.auth.auth_url).origin, "identity");
  const changed = { ...settings, auth: { ...settings.auth } };
  changed.auth.auth_url = settings.auth.auth_url.replace(keystone.real, keystone.shown);
  const clouds = join(tmpdir(), `coffer-test-clouds-${process.pid}-${new URL(keystone.shown).port}.yaml`);
  writeFileSync(clouds, stringify({ clouds: { ...config.clouds, [cloud]: changed } }), { mode: 0o600 });
  return {
    clouds,
    rule(next) {
      decide = next;
      seen = [];
    },
    requests: () => seen,
    async close() {
      rmSync(clouds, { force: true });
      for (const { server } of await Promise.all(upstreams.values())) {
        server.closeAllConnections();
        await new Promise((closed) => server.close(closed));
      }
    },
  };
}

async function passed(
  url: string,
  method: string,
  headers: http.IncomingHttpHeaders,
  body: string,
): Promise<CloudAnswer> {
  // The services name themselves in links by the host they were asked as, which is the proxy's.
  const request = http.request(url, { method, headers: { ...headers, connection: "close" }, agent: false });
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.on("response", resolve);
    request.on("error", reject);
  });
  request.end(body);
  const answer = await answered;
  return { status: answer.statusCode ?? 502, headers: answer.headers, body: await textOf(answer) };
}

async function textOf(stream: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
