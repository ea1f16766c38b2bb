/** Who may reach a database. */
import { BlockList, isIP } from "node:net";
import { pageOf, rule } from "../rule.ts";

/** Wider than any network that one organisation has, but for IPv6's private range. */
const widest = { 4: 8, 6: 16 } as const;

export const wholeInternet = rule({
  id: "whole-internet",
  severity: "mandatory",
  title: "No database port is open to the whole internet",
  remedy: "name the networks of the clients in `access.allow`, as narrow as they are",
  page: pageOf("whole-internet"),
  about: "opening",
  judge: ({ network, port }) =>
    isWholeInternet(network)
      ? {
          message: `${network} may connect to the database's port ${port}: that is the whole internet`,
          allowed: `networks of /${widest[4]} (IPv4) and /${widest[6]} (IPv6) or narrower`,
        }
      : undefined,
});

export const publicAllowList = rule({
  id: "public-allow-list",
  severity: "mandatory",
  title: "A public database has an allow list",
  remedy: "name the networks of the clients in `access.allow`, or take the public address away",
  page: pageOf("public-allow-list"),
  about: "exposure",
  judge(fact) {
    if (fact.by === "published") {
      if (!isPublicAddress(fact.address)) return undefined;
      return {
        message: `the database's port is published on ${fact.address}, where Docker filters nothing by source`,
        allowed: "addresses of this host (127.0.0.1) and of private networks",
      };
    }
    if (fact.allow.length) return undefined;
    return { message: "the database gets a public address and no network is allowed to use it" };
  },
});

/** Two halves of the internet are the internet: any network this wide counts. */
export function isWholeInternet(network: string): boolean {
  const [address = "", prefix = ""] = network.split("/");
  const family = isIP(address);
  if (family === 6 && /^f[cd]/i.test(address)) return false;
  return (family === 4 || family === 6) && prefix !== "" && Number(prefix) < widest[family];
}

const closed = new BlockList();
for (const [network, bits] of [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
  ["100.64.0.0", 10],
] as const)
  closed.addSubnet(network, bits, "ipv4");
closed.addAddress("::1", "ipv6");
closed.addSubnet("fc00::", 7, "ipv6");
closed.addSubnet("fe80::", 10, "ipv6");

/** Neither this host's own nor a private one; 0.0.0.0 and :: are every address of the host. */
function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  return family === 0 || !closed.check(address, family === 4 ? "ipv4" : "ipv6");
}
