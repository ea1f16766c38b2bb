/** What dpkg, the kernel and a Docker engine say, and the environment made of it. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { missingCgroupMounts } from "../../toolchain/cgroups.ts";
import { listsAreStale, missingPackages } from "../../toolchain/debian.ts";
import { engineAddresses, engineVersion } from "../../toolchain/docker.ts";
import { pulumiEnvironment } from "../../toolchain/env.ts";

const scratch = mkdtempSync(join(tmpdir(), "coffer-toolchain-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
const folder = (name: string): string => mkdtempSync(join(scratch, `${name}-`));

describe("Debian", () => {
  const status = [
    "Package: docker.io\nStatus: install ok installed\nVersion: 20",
    "Package: iptables\nStatus: deinstall ok config-files",
    "Package: mmdebstrap\nStatus: install ok unpacked",
  ].join("\n\n");
  const cases = [
    { why: "installed", names: ["docker.io"], missing: [] },
    { why: "removed, with its configuration left", names: ["iptables"], missing: ["iptables"] },
    { why: "unpacked by an install that was killed", names: ["mmdebstrap"], missing: ["mmdebstrap"] },
    { why: "unknown", names: ["docker.io", "zz"], missing: ["zz"] },
  ];
  for (const { why, names, missing } of cases) {
    test(`missing packages: ${why}`, () => assert.deepEqual(missingPackages(names, status), missing));
  }

  test("an update is tried for stale lists, not for a full disk", () => {
    assert.ok(listsAreStale("E: Unable to locate package npm"));
    assert.ok(listsAreStale("Err:1 x  404  Not Found [IP: 1.2.3.4 80]"));
    assert.ok(!listsAreStale("E: You don't have enough free space in /var/cache/apt/archives/."));
  });
});

describe("control groups that must be mounted", () => {
  const cgroups =
    "#subsys_name\thierarchy\tnum\tenabled\ncpu\t1\t1\t1\nmemory\t2\t1\t1\nrdma\t0\t1\t1\npids\t3\t1\t0\n";
  const cases = [
    { why: "systemd's unified hierarchy", mounts: "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0", cgroups, mounted: [] },
    {
      why: "nothing mounted, version 1",
      mounts: "proc /proc proc rw 0 0",
      cgroups,
      mounted: ["/sys/fs/cgroup", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/memory"],
    },
    {
      why: "sysfs itself is there, in which no folder can be made",
      mounts: "sysfs /sys/fs/cgroup sysfs rw 0 0",
      cgroups,
      mounted: ["/sys/fs/cgroup", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/memory"],
    },
    {
      why: "one is missing",
      mounts: "tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0",
      cgroups,
      mounted: ["/sys/fs/cgroup/memory"],
    },
    {
      why: "two controllers in one folder",
      mounts: "tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpu,memory cgroup rw,cpu,memory 0 0",
      cgroups,
      mounted: [],
    },
    { why: "nothing mounted, version 2", mounts: "", cgroups: "memory\t0\t1\t1\n", mounted: ["/sys/fs/cgroup"] },
  ];
  for (const { why, mounts, cgroups: table, mounted } of cases) {
    test(why, () => {
      const commands = missingCgroupMounts(mounts, table, "nodev\tcgroup\nnodev\tcgroup2\n");
      assert.deepEqual(
        commands.map((command) => command.at(-1)),
        mounted,
      );
    });
  }
});

describe("the Docker engine's address", () => {
  const cases = [
    { why: "the user's word", env: { DOCKER_HOST: "tcp://h:1", XDG_RUNTIME_DIR: "/r" }, want: ["tcp://h:1"] },
    {
      why: "rootless before the system's",
      env: { XDG_RUNTIME_DIR: "/r" },
      want: ["unix:///r/docker.sock", "unix:///var/run/docker.sock"],
    },
    { why: "the system's", env: {}, want: ["unix:///var/run/docker.sock"] },
  ];
  for (const { why, env, want } of cases) {
    test(why, () => assert.deepEqual(engineAddresses(env), want));
  }

  test("an engine is known by its answer", async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === "/version" ? 200 : 404;
      response.end(JSON.stringify({ Version: "20.10.24" }));
    });
    const socket = join(folder("engine"), "d.sock");
    await new Promise<void>((ready) => server.listen(socket, ready));
    try {
      assert.equal(await engineVersion(`unix://${socket}`, {}), "20.10.24");
    } finally {
      server.close();
    }
    await assert.rejects(engineVersion(`unix://${socket}`, {}));
  });
});

describe("pulumiEnvironment", () => {
  const root = (): string => folder("root");
  const home = { HOME: "/h", PATH: "/usr/bin", COFFER_CACHE: "/c" };

  test("state is local files in the checkout, and its folder is private", () => {
    const at = root();
    const env = pulumiEnvironment({ root: at, env: home });
    assert.equal(env.PULUMI_BACKEND_URL, `file://${at}/.coffer/state`);
    assert.ok(existsSync(join(at, ".coffer/state")));
    assert.equal(env.PULUMI_HOME, "/c/pulumi-home");
    assert.equal(env.PULUMI_CREDENTIALS_PATH, undefined);
  });

  const cases: { why: string; env: NodeJS.ProcessEnv; name: string; want: string | undefined }[] = [
    {
      why: "a backend of the user's stays",
      env: { PULUMI_BACKEND_URL: "s3://b" },
      name: "PULUMI_BACKEND_URL",
      want: "s3://b",
    },
    {
      why: "a passphrase of the user's stays",
      env: { PULUMI_CONFIG_PASSPHRASE: "" },
      name: "PULUMI_CONFIG_PASSPHRASE_FILE",
      want: undefined,
    },
    {
      why: "so does its file",
      env: { PULUMI_CONFIG_PASSPHRASE_FILE: "/f" },
      name: "PULUMI_CONFIG_PASSPHRASE_FILE",
      want: undefined,
    },
    { why: "else it is ours", env: {}, name: "PULUMI_CONFIG_PASSPHRASE_FILE", want: "/ours" },
    {
      why: "a login to a service is found",
      env: { PULUMI_BACKEND_URL: "https://api" },
      name: "PULUMI_CREDENTIALS_PATH",
      want: "/h/.pulumi",
    },
    {
      why: "also in the user's own Pulumi home",
      env: { PULUMI_BACKEND_URL: "https://api", PULUMI_HOME: "/p" },
      name: "PULUMI_CREDENTIALS_PATH",
      want: "/p",
    },
    { why: "DOCKER_HOST of the user's stays", env: { DOCKER_HOST: "tcp://x:1" }, name: "DOCKER_HOST", want: undefined },
  ];
  for (const { why, env, name, want } of cases) {
    test(why, () => {
      const request = { root: root(), passphraseFile: "/ours", dockerHost: "unix:///d", env: { ...home, ...env } };
      assert.equal(pulumiEnvironment(request)[name], want);
    });
  }

  test("a state folder that cannot be made is named, with the way out", () => {
    const file = join(folder("root"), "file");
    writeFileSync(file, "");
    assert.throws(() => pulumiEnvironment({ root: file, env: home }), /cannot be kept in .*PULUMI_BACKEND_URL/s);
  });
});
