/** How a list goes on. */

/**
 * The query of the next page with its "?"; undefined: this was the last. Only the query is taken from a link: its host is
 * often a proxy's inside. Nova, Neutron, Cinder: `{key}_links`; Glance: `next`; Keystone: `links.next`.
 */
export function nextPage(body: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const linked = body[`${key}_links`];
  const own = Array.isArray(linked)
    ? (linked as { rel?: string; href?: string }[]).find((link) => link.rel === "next")?.href
    : undefined;
  const next = own ?? body.next ?? (body.links as { next?: unknown } | null | undefined)?.next;
  return typeof next === "string" && next ? new URL(next, "http://any").search : undefined;
}
