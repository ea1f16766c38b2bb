import { type Case, net, noRouter, target, testCases, v6 } from "./openstack-preflight-cases.ts";
import { catalogueOf, instanceOf, publicNetwork } from "./openstack-preflight-fixture.ts";

const networks: readonly Case[] = [
  { why: "everything is there" },
  { why: "by id, which is no name", target: { networks: ["net-1"], subnet: "sub-1", external: "net-2" } },
  {
    why: "no network of that name: what there is and the nearest",
    target: { networks: ["privat"] },
    faults: [
      {
        code: "cloud-network",
        path: target("network"),
        message: /no network of this name or id/,
        received: '"privat"',
        allowed: '"private", "public"',
        suggestion: "private",
      },
    ],
  },
  {
    why: "names are compared exactly",
    target: { networks: ["Private"] },
    faults: [{ code: "cloud-network", suggestion: "private" }],
  },
  {
    why: "the place in a list",
    target: { networks: ["private", "backend"] },
    faults: [{ path: target("network", 1), received: '"backend"' }],
  },
  {
    why: "several networks of one name: their ids, and whose they are",
    catalogue: { networks: [net, { ...net, id: "net-3", projectId: "other", shared: true }, publicNetwork] },
    faults: [
      {
        message: /2 networks have this name: write the id/,
        allowed: /net-1 \(this project's\), net-3 \(of project other, shared\)/,
      },
    ],
  },
  {
    why: "an id wins over a network that somebody named like it",
    target: { networks: ["net-1"] },
    catalogue: { networks: [net, { ...net, id: "net-9", name: "net-1" }, publicNetwork] },
  },
  {
    why: "a server in a network without subnets has no address",
    target: { external: undefined, reach: { by: "fixed-address" } },
    catalogue: { networks: [{ ...net, subnets: [] }], subnets: [] },
    faults: [{ path: target("network"), message: /no subnet/ }],
  },
  {
    why: "an external network of others takes no servers",
    target: { networks: ["public"], reach: { by: "fixed-address" } },
    faults: [{ path: target("network"), message: /this network is external/ }],
  },
  {
    why: "one that is shared too does, in Nova",
    target: { networks: ["public"], reach: { by: "fixed-address" } },
    catalogue: { networks: [{ ...publicNetwork, shared: true }] },
  },
  {
    why: "security groups do nothing without port security",
    catalogue: { networks: [{ ...net, portSecurity: false }, publicNetwork] },
    faults: [{ path: target("network"), message: /everything would be open/ }],
  },
  {
    why: "a network that is switched off",
    catalogue: { networks: [{ ...net, up: false }, publicNetwork] },
    faults: [{ path: target("network"), message: /switched off/ }],
  },
  {
    why: "one network by name and by id is still one",
    target: { networks: ["private", "net-1"] },
    faults: [{ path: target("network", 1), message: /twice/ }],
  },
  {
    why: "a name that hides characters is shown with them",
    catalogue: { networks: [{ ...net, name: "a\u202eb" }, publicNetwork] },
    faults: [{ allowed: /"a\\u202eb"/ }],
  },
];

const subnets: readonly Case[] = [
  { why: "by name", target: { subnet: "private-subnet" } },
  {
    why: "unknown, with the nearest",
    target: { subnet: "private-subnets" },
    faults: [{ code: "cloud-subnet", path: target("subnet"), suggestion: "private-subnet" }],
  },
  {
    why: "of another network",
    target: { subnet: "backend" },
    catalogue: {
      subnets: [
        ...catalogueOf().subnets,
        { id: "sub-2", name: "backend", networkId: "net-7", cidr: "10.9.0.0/24", ipVersion: 4 },
      ],
    },
    faults: [{ path: target("subnet"), message: /not of the first network, "private", but of network net-7/ }],
  },
  {
    why: "two of one name in the network",
    target: { subnet: "private-subnet" },
    catalogue: {
      subnets: [
        ...catalogueOf().subnets,
        { id: "sub-2", name: "private-subnet", networkId: "net-1", cidr: "10.0.20.0/24", ipVersion: 4 },
      ],
    },
    faults: [{ path: target("subnet"), allowed: "sub-1 (10.0.10.0/24), sub-2 (10.0.20.0/24)" }],
  },
];

const external: readonly Case[] = [
  {
    why: "unknown: only external networks are offered",
    target: { external: "publik" },
    faults: [{ code: "cloud-external", path: target("external"), allowed: '"public"', suggestion: "public" }],
  },
  {
    why: "not external",
    target: { external: "private" },
    faults: [{ path: target("external"), message: /not external/, allowed: '"public"' }],
  },
  {
    why: "the plugin takes a floating IP's network by name: an id does not tell it from a namesake",
    target: { external: "net-2" },
    catalogue: { networks: [net, publicNetwork, { ...publicNetwork, id: "net-5" }] },
    faults: [{ path: target("external"), message: /by its name/, allowed: /also called so: net-5/ }],
  },
  {
    why: "a namesake does no harm where no floating IP is wanted",
    target: { external: "net-2", reach: { by: "fixed-address" } },
    catalogue: { networks: [net, publicNetwork, { ...publicNetwork, id: "net-5" }] },
  },
  {
    why: "no router connects the two",
    catalogue: { routing: noRouter },
    faults: [{ path: target("external"), message: /no router connects network "private".*there is none/ }],
  },
  {
    why: "the router leads elsewhere",
    catalogue: {
      routing: {
        routers: [{ id: "router-1", name: "router", externalNetworkId: "net-8" }],
        interfaces: [{ routerId: "router-1", subnetIds: ["sub-1"] }],
      },
    },
    faults: [{ message: /no router connects.*"router"/ }],
  },
  {
    why: "the router has another subnet of the network than the one chosen",
    target: { subnet: "sub-1" },
    catalogue: {
      routing: {
        routers: [{ id: "router-1", name: "router", externalNetworkId: "net-2" }],
        interfaces: [{ routerId: "router-1", subnetIds: ["sub-2"] }],
      },
    },
    faults: [{ path: target("external"), message: /no router/ }],
  },
  {
    why: "no floating IP is wanted, no router is needed",
    target: { reach: { by: "fixed-address" } },
    catalogue: { routing: noRouter },
  },
  {
    why: "a public instance wants one, however it is reached",
    target: { reach: { by: "fixed-address" } },
    instances: [instanceOf("orders", { access: { allow: ["10.0.0.0/8"], admin: [], public: true } })],
    catalogue: { routing: noRouter },
    faults: [{ path: target("external"), message: /no router/ }],
  },
  {
    why: "a router of another project cannot be judged",
    catalogue: { routing: { routers: [], interfaces: [{ routerId: "theirs", subnetIds: ["sub-1"] }] } },
  },
  {
    why: "nor can those on another project's network",
    catalogue: { networks: [{ ...net, projectId: "other", shared: true }, publicNetwork], routing: noRouter },
  },
  { why: "routers that may not be read are not judged", catalogue: { routing: undefined } },
  {
    why: "floating IPs are IPv4",
    catalogue: { subnets: [v6] },
    faults: [{ path: target("external"), message: /network "private" has IPv6 only/ }],
  },
  {
    why: "the chosen subnet counts, not its neighbours",
    target: { subnet: "six" },
    catalogue: { subnets: [...catalogueOf().subnets, v6] },
    faults: [{ path: target("external"), message: /subnet "six" has IPv6 only/ }],
  },
];

testCases({ networks, subnets, external });
