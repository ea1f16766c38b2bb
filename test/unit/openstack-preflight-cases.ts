/** What a preflight finds, as table cases: a spec and a cloud that fit, but for what a case changes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Catalogue, CloudImage } from "../../components/openstack/preflight/catalogue.ts";
import { type Fault, planPreflight } from "../../components/openstack/preflight/index.ts";
import type { DatastoreVersion, ImageChoice, InstanceSpec, OpenstackTarget } from "../../spec/model.ts";
import { catalogueOf, image, instanceOf, privateNetwork, specOf, version } from "./openstack-preflight-fixture.ts";

export interface Case {
  why: string;
  target?: Partial<OpenstackTarget>;
  instances?: readonly InstanceSpec[];
  image?: ImageChoice | null;
  catalogue?: Partial<Catalogue>;
  existing?: readonly string[];
  /** The faults, each with the fields that matter; none: the spec fits. */
  faults?: readonly { [K in keyof Fault]?: Fault[K] | RegExp }[];
}

export const net = { ...privateNetwork };
export const target = (...keys: (string | number)[]) => ["target", "openstack", ...keys];
export const imagePath = ["datastores", "shop", "versions", "10.11", "image"];
export const tags = (...words: string[]): ImageChoice => ({ by: "tags", tags: words, stock: false });
export const images = (...list: readonly Partial<CloudImage>[]): Partial<Catalogue> => ({
  images: new Map([["shop@10.11", list.map((changes) => ({ ...image, ...changes }))]]),
});
export const noRouter: Catalogue["routing"] = { routers: [], interfaces: [] };
export const v6 = { id: "sub-6", name: "six", networkId: "net-1", cidr: "2001:db8::/64", ipVersion: 6 as const };
export const zoned = (changes: Partial<InstanceSpec>) => [instanceOf("orders", changes)];
export const gib = 2 ** 30;

/** One test for each case. */
export function testCases(groups: Readonly<Record<string, readonly Case[]>>): void {
  for (const [title, cases] of Object.entries(groups)) {
    for (const { why, faults = [], existing = [], ...rest } of cases) {
      test(`${title}: ${why}`, () => {
        const found = planPreflight(specFor(rest), catalogueOf(rest.catalogue), existing);
        assert.equal(found.length, faults.length, JSON.stringify(found, null, 1));
        for (const [index, wanted] of faults.entries()) assertLike(found[index], wanted);
      });
    }
  }
}

export function specFor({ target: changes, instances, image: choice }: Omit<Case, "why">) {
  const { image: usual, ...recipe } = version;
  const store: DatastoreVersion = choice === null ? recipe : { ...recipe, image: choice ?? usual };
  return specOf(changes, instances, [store]);
}

function assertLike(fault: Fault | undefined, wanted: { [K in keyof Fault]?: Fault[K] | RegExp }): void {
  assert.ok(fault);
  for (const [key, value] of Object.entries(wanted)) {
    const seen: unknown = fault[key as keyof Fault];
    if (value instanceof RegExp) assert.match(String(seen), value);
    else assert.deepEqual(seen, value, key);
  }
}
