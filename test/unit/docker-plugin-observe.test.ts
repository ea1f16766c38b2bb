import assert from "node:assert/strict";
import { test } from "node:test";
import type Docker from "dockerode";
import { observe } from "../../toolchain/docker-plugin/container/observe.ts";
import type { Props } from "../../toolchain/docker-plugin/values.ts";

/** The parts of Docker's answer that a test does not care about are left out, as older engines do. */
function inspected(parts: { config?: object; host?: object; network?: object; running?: boolean; image?: string }) {
  return {
    Id: "id",
    Image: parts.image ?? "sha256:1",
    Name: "/box",
    Platform: "linux",
    State: { Running: parts.running ?? true, ExitCode: 7 },
    Config: { Image: "img:1", Hostname: "h", Domainname: "", User: "", WorkingDir: "", ...parts.config },
    HostConfig: { ...parts.host },
    NetworkSettings: { Ports: {}, Networks: {}, ...parts.network },
  } as unknown as Docker.ContainerInspectInfo;
}

const binding = (HostPort: string) => [{ HostIp: "127.0.0.1", HostPort }];
const published = { Ports: { "443/tcp": binding("8443"), "80/tcp": binding("8080"), "53/udp": null } };
const swap = (MemorySwap: number) => ({ host: { MemorySwap } });

/** `shows`: a subset of what is observed; undefined for a property that must not be there. */
const cases: {
  why: string;
  seen: Parameters<typeof inspected>[0];
  recorded?: Props;
  shows: Record<string, unknown>;
}[] = [
  { why: "the name without its slash, the image as given", seen: {}, shows: { name: "box", image: "img:1" } },
  {
    why: "an image given by id shows its id",
    seen: { config: { Image: "sha256:1a" }, image: "sha256:1abc" },
    shows: { image: "sha256:1abc" },
  },
  {
    why: "ports are sorted by number, unpublished ones left out",
    seen: { network: published },
    shows: {
      ports: [
        { internal: 80, external: 8080, ip: "127.0.0.1", protocol: "tcp" },
        { internal: 443, external: 8443, ip: "127.0.0.1", protocol: "tcp" },
      ],
    },
  },
  { why: "a running one has no exit code", seen: {}, shows: { exitCode: undefined, mustRun: undefined } },
  {
    why: "one that should run and does not: mustRun turns false, its ports read as none",
    seen: { running: false },
    recorded: { mustRun: true, ports: [{ internal: 80 }] },
    shows: { mustRun: false, exitCode: 7, ports: [] },
  },
  {
    why: "one that may stand still keeps its ports",
    seen: { running: false },
    recorded: { mustRun: false, ports: [{ internal: 80 }] },
    shows: { mustRun: undefined, ports: undefined },
  },
  { why: "capabilities only when Docker has some", seen: {}, shows: { capabilities: undefined } },
  {
    why: "capabilities are sorted",
    seen: { host: { CapAdd: ["CAP_B", "CAP_A"], CapDrop: null } },
    shows: { capabilities: { adds: ["CAP_A", "CAP_B"], drops: [] } },
  },
  {
    why: "log options only when the record has some",
    seen: { host: { LogConfig: { Type: "json-file", Config: { a: "1" } } } },
    shows: { logDriver: "json-file", logOpts: undefined },
  },
  {
    why: "log options of a record that has some",
    seen: { host: { LogConfig: { Type: "json-file", Config: { a: "1" } } } },
    recorded: { logOpts: { b: "2" } },
    shows: { logOpts: { a: "1" } },
  },
  {
    why: "an IPv6 address of a host is cut at its first colon",
    seen: { host: { ExtraHosts: ["a:1.2.3.4", "b:::1"] } },
    shows: {
      hosts: [
        { host: "a", ip: "1.2.3.4" },
        { host: "b", ip: "" },
      ],
    },
  },
  { why: "swap in MiB", seen: swap(64 * 1024 * 1024), shows: { memorySwap: 64 } },
  { why: "unlimited swap", seen: swap(-1), shows: { memorySwap: -1 } },
  { why: "cpus only when limited", seen: { host: { NanoCpus: 0 } }, shows: { cpus: undefined } },
  { why: "cpus in their own spelling", seen: { host: { NanoCpus: 2e9 } }, shows: { cpus: "2.0" } },
  {
    why: "mounts in the schema's words",
    seen: { host: { Mounts: [{ Type: "volume", Target: "/d", Source: "v" }] } },
    shows: { mounts: [{ type: "volume", target: "/d", source: "v", readOnly: false }] },
  },
  {
    why: "mounts with labels on record are never read",
    seen: { host: { Mounts: [] } },
    recorded: { mounts: [{ volumeOptions: { labels: [{ label: "a", value: "1" }] } }] },
    shows: { mounts: undefined },
  },
  {
    why: "envs and labels are never read",
    seen: { config: { Env: ["A=1"] } },
    shows: { envs: undefined, labels: undefined },
  },
];

for (const { why, seen, recorded, shows } of cases)
  test(`observe: ${why}`, () => {
    const observed = observe(inspected(seen), recorded ?? {});
    for (const [key, value] of Object.entries(shows)) assert.deepEqual(observed[key], value, key);
  });
