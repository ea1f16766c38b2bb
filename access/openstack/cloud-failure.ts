/** A cloud's refusals in words for people. */
import { CloudError, type CloudProblem, type CloudService } from "./cloud.ts";
import type { Answer } from "./cloud-http.ts";

/** What was asked, for messages: no query, no body, no headers. */
export interface Asked {
  cloud: string;
  service: CloudService;
  method: string;
  path: string;
}

/** `compute: POST /servers/ID/action on cloud "devcloud"` */
export function askedWords({ cloud, service, method, path }: Asked): string {
  return `${service}: ${method} ${path.split("?")[0]} on cloud "${cloud}"`;
}

const longestMessage = 600;

/** The error for an answer of 400 and more. `secrets`: texts that the service may repeat and people must not see. */
export function refusal(asked: Asked, answer: Answer, secrets: readonly string[]): CloudError {
  const own = withoutSecrets(serviceMessage(answer.text), secrets);
  const request = answer.header("x-openstack-request-id") ?? answer.header("x-compute-request-id");
  const problem = problemOf(answer.status, own, request !== undefined || isJson(answer));
  const words = own.slice(0, longestMessage) || "no reason was given";
  const told = `answered ${answer.status}: ${words}${request ? ` (${request})` : ""}`;
  return new CloudError(problem, `${askedWords(asked)} ${told}${advice(problem, asked)}`, { status: answer.status });
}

function isJson(answer: Answer): boolean {
  return /json/.test(answer.header("content-type") ?? "");
}

/** A 404 proves something only when the service itself gave it: a proxy in front of one that is down says 404 too. */
function problemOf(status: number, words: string, ofService: boolean): CloudProblem {
  // Neutron says 409 where Nova says 403 and Cinder 413.
  if ([403, 409, 413].includes(status) && /quota|limit exceeded|exceeds allowed/i.test(words)) return "quota";
  if (status === 401 || status === 403) return "credentials";
  if (status === 404) return ofService ? "absent" : "failed";
  if (status === 409) return "conflict";
  if (status === 429 || status >= 500) return "unreachable";
  return "failed";
}

function advice(problem: CloudProblem, { service }: Asked): string {
  switch (problem) {
    case "credentials":
      return "; check the user, the password or credential, the project and its roles";
    case "quota":
      return "; free something of the project, or ask the cloud's people for more";
    case "unreachable":
      return `; the ${service} service has trouble: try again later, or ask the cloud's people`;
    default:
      return "";
  }
}

/** What each service calls its message: `{itemNotFound: {message}}`, `{NeutronError: {message}}`, `{errors: [{detail}]}`, HTML. */
export function serviceMessage(text: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return oneLine(text.replace(/<(title|style|script)[\s\S]*?<\/\1>/gi, " ").replace(/<[^>]*>/g, " "));
  }
  return oneLine(messageIn(parsed, 3) ?? "");
}

function messageIn(value: unknown, depth: number): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || depth === 0) return undefined;
  const { message, detail, title } = value as Record<string, unknown>;
  for (const own of [message, detail, title]) if (typeof own === "string" && own) return own;
  for (const inner of Object.values(value)) {
    const found = typeof inner === "object" ? messageIn(inner, depth - 1) : undefined;
    if (found) return found;
  }
  // Neutron's older extensions: {"NeutronError": "words"}.
  const only = Object.values(value);
  return only.length === 1 && typeof only[0] === "string" ? only[0] : undefined;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

const secretKeys = /pass|secret|token|private|user_?data/i;

/** The texts of a request's body that nobody may see: services repeat what they refuse ("Value: ... is not valid"). */
export function secretsIn(body: unknown): string[] {
  if (typeof body !== "object" || body === null) return [];
  return Object.entries(body).flatMap(([key, value]) =>
    secretKeys.test(key) && !Array.isArray(body) ? texts(value) : secretsIn(value),
  );
}

function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}

/** A single letter is in every word; passwords of four letters and more are cut out. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  const spellings = secrets.flatMap((secret) => [oneLine(secret), JSON.stringify(secret).slice(1, -1)]);
  const known = [...new Set(spellings)].filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
  return known.reduce((cut, secret) => cut.replaceAll(secret, "***"), text);
}
