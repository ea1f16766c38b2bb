/** Routers, and their ports on the first network: whether floating IPs can reach it. */
import type { StackSpec } from "../../../spec/model.ts";
import type { Routing } from "./catalogue.ts";
import { wantsFloatingIp } from "./needs.ts";
import { type Reader, stoppedBy } from "./reader.ts";

/** A router's ports are of one of these kinds: plain, distributed, highly available. */
const interfaceOwners = [
  "network:router_interface",
  "network:router_interface_distributed",
  "network:ha_router_replicated_interface",
];

interface RouterAnswer {
  id: string;
  name: string;
  external_gateway_info: { network_id: string } | null;
}

interface PortAnswer {
  device_id: string;
  fixed_ips: readonly { subnet_id: string }[];
}

/** Undefined when nothing of the spec wants a floating IP, or when it may not be read. */
export async function readRouting(reader: Reader, spec: StackSpec, networkId: string): Promise<Routing | undefined> {
  if (!spec.instances.some((instance) => wantsFloatingIp(spec, instance))) return undefined;
  const { cloud, signal } = reader;
  const query = { network_id: networkId, device_owner: interfaceOwners };
  const both = Promise.all([
    cloud.list<RouterAnswer>("network", "/routers", "routers", stoppedBy(signal)),
    cloud.list<PortAnswer>("network", "/ports", "ports", { query, ...stoppedBy(signal) }),
  ]);
  const answer = await reader.optional("the router that floating IPs need", both);
  if (!answer) return undefined;
  const [routers, ports] = answer;
  return {
    routers: routers.map(({ id, name, external_gateway_info: gateway }) => ({
      id,
      name,
      externalNetworkId: gateway?.network_id,
    })),
    interfaces: ports.map((port) => ({
      routerId: port.device_id,
      subnetIds: port.fixed_ips.map(({ subnet_id: subnetId }) => subnetId),
    })),
  };
}
