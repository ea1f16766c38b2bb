/** The project's quotas and what is in use of them: one call to each service. */
import type { Quota, Quotas } from "./catalogue.ts";
import { type Reader, refused, stoppedBy } from "./reader.ts";

export async function readQuotas(reader: Reader): Promise<Quotas> {
  const [compute, volume, network] = await Promise.all([
    reader.optional("Nova's quotas", readCompute(reader)),
    reader.optional("Cinder's quotas", readVolume(reader)),
    reader.optional("Neutron's quotas", readNetwork(reader)),
  ]);
  return {
    project: { ...compute, ...volume?.project, ...network },
    volumeTypes: volume?.volumeTypes ?? new Map(),
    largestVolumeGiB: volume?.largestVolumeGiB,
  };
}

interface LimitsAnswer {
  limits: { absolute: Readonly<Record<string, number | undefined>> };
}

/** Absent when the answer lacks one of the two. */
function limit({ limits }: LimitsAnswer, total: string, used: string): Quota | undefined {
  const quota = { limit: limits.absolute[total], used: limits.absolute[used] };
  return quota.limit === undefined || quota.used === undefined ? undefined : { limit: quota.limit, used: quota.used };
}

async function readCompute({ cloud, signal }: Reader): Promise<Quotas["project"]> {
  const answer = await cloud.call<LimitsAnswer>("compute", "/limits", stoppedBy(signal));
  return known({
    servers: limit(answer, "maxTotalInstances", "totalInstancesUsed"),
    cores: limit(answer, "maxTotalCores", "totalCoresUsed"),
    ramMiB: limit(answer, "maxTotalRAMSize", "totalRAMUsed"),
  });
}

interface UsageAnswer {
  limit: number;
  in_use: number;
  reserved: number;
}

/** The quota set has what `/limits` lacks: reservations, volume types, the largest volume. Some clouds keep it to operators. */
async function readVolume(reader: Reader): Promise<Quotas> {
  const { cloud, project, signal } = reader;
  try {
    const path = `/os-quota-sets/${project}`;
    const request = { query: { usage: true }, ...stoppedBy(signal) };
    const answer = await cloud.call<{ quota_set: Record<string, UsageAnswer | string> }>("volume", path, request);
    return volumeQuotas(answer.quota_set);
  } catch (error) {
    if (!refused(error)) throw error;
  }
  const answer = await cloud.call<LimitsAnswer>("volume", "/limits", stoppedBy(signal));
  const volumes = limit(answer, "maxTotalVolumes", "totalVolumesUsed");
  const gigabytes = limit(answer, "maxTotalVolumeGigabytes", "totalGigabytesUsed");
  return { project: known({ volumes, gigabytes }), volumeTypes: new Map(), largestVolumeGiB: undefined };
}

function volumeQuotas(set: Readonly<Record<string, UsageAnswer | string>>): Quotas {
  const quota = (name: string): Quota | undefined => {
    const usage = set[name];
    return typeof usage === "object" ? { limit: usage.limit, used: usage.in_use + usage.reserved } : undefined;
  };
  const types = Object.keys(set).flatMap((key) => (key.startsWith("volumes_") ? [key.slice("volumes_".length)] : []));
  return {
    project: known({ volumes: quota("volumes"), gigabytes: quota("gigabytes") }),
    volumeTypes: new Map(
      types.map((type) => [type, known({ volumes: quota(`volumes_${type}`), gigabytes: quota(`gigabytes_${type}`) })]),
    ),
    largestVolumeGiB: quota("per_volume_gigabytes")?.limit,
  };
}

interface NetworkUsageAnswer {
  limit: number;
  used: number;
  reserved: number;
}

async function readNetwork({ cloud, project, signal }: Reader): Promise<Quotas["project"]> {
  const path = `/quotas/${project}/details.json`;
  const answer = await cloud.call<{ quota: Record<string, NetworkUsageAnswer | undefined> }>(
    "network",
    path,
    stoppedBy(signal),
  );
  const quota = (name: string): Quota | undefined => {
    const usage = answer.quota[name];
    return usage && { limit: usage.limit, used: usage.used + usage.reserved };
  };
  return known({
    ports: quota("port"),
    securityGroups: quota("security_group"),
    rules: quota("security_group_rule"),
    floatingIps: quota("floatingip"),
  });
}

/** Without what the cloud does not tell. */
function known<T extends object>(quotas: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(quotas).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
