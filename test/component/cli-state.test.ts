/** `coffer state export|import` with the real command line and the real Pulumi, on stacks that were never on Docker. */
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { seal } from "../../operations/sealed-file.ts";
import { openSession } from "../../operations/session.ts";
import { stackOutputs } from "../../operations/state.ts";
import type { StateCopy } from "../../operations/state-copy.ts";
import { type Checkout, makeCheckout } from "../support/checkout.ts";

const stack = "moved";
const stackId = randomUUID();
const secret = "the app's own password";
const pulumiVersion = "v3.259.0";
/** Pulumi's, for the passphrase below. */
const salt = "v1:DkflIcM2EAo=:v1:rdKoTbY10c+FgGT4:/MzUqg0VHyPjbflQ5dIsOo0U2JKggw==";

const recorded = {
  coffer: { stackId, stack, spec: `stacks/${stack}.yaml`, version: "0.1.0" },
  instances: {},
};

/** As Pulumi writes it after an apply, but with the secret still in clear: the first import encrypts it. */
const copy: StateCopy = {
  stack,
  stackId,
  spec: `stacks/${stack}.yaml`,
  stackFile: `config:\n  coffer:stackId: ${stackId}\n  coffer:spec: stacks/${stack}.yaml # its place\nencryptionsalt: ${salt}\n`,
  deployment: {
    version: 3,
    deployment: {
      manifest: {
        time: "2026-01-01T00:00:00Z",
        magic: createHash("sha256").update(pulumiVersion).digest("hex"),
        version: pulumiVersion,
      },
      secrets_providers: { type: "passphrase", state: { salt } },
      resources: [
        {
          urn: `urn:pulumi:${stack}::coffer::pulumi:pulumi:Stack::coffer-${stack}`,
          custom: false,
          type: "pulumi:pulumi:Stack",
          outputs: {
            ...recorded,
            passwords: {
              "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
              plaintext: JSON.stringify({ app: secret }),
            },
          },
        },
      ],
    },
  },
  passphrase: "pw\n",
};

const made: Checkout[] = [];
const checkout = async (): Promise<Checkout> => {
  const one = await makeCheckout();
  made.push(one);
  writeFileSync(join(one.dir, "password"), "sealing word\n");
  return one;
};
const statePath = ({ dir }: Checkout) => join(dir, `.coffer/state/.pulumi/stacks/coffer/${stack}.json`);
const configPath = ({ dir }: Checkout) => join(dir, `.coffer/config/Pulumi.${stack}.yaml`);
const passphrasePath = ({ dir }: Checkout) => join(dir, `config-home/coffer/${stackId}`);
const withPassword = ["--password-file", "password"];
const exporting = (file: string) => ["state", "export", file, ...withPassword];
const importing = (file: string) => ["state", "import", file, ...withPassword];
/** Secrets are encrypted anew by each import: what is compared is what they say. */
async function outputs(one: Checkout): Promise<unknown> {
  const workspace = { root: one.dir, environment: one.env };
  const { session } = await openSession({ workspace, report: () => {} });
  assert.ok(session);
  return stackOutputs(session.place, stack);
}

let first: Checkout;
let sealed: string;

before(async () => {
  first = await checkout();
  const draft = join(first.dir, "draft.sealed");
  writeFileSync(draft, await seal(JSON.stringify(copy), stack, "sealing word"));
  await first.ok(importing("draft.sealed"));
  sealed = join(first.dir, "moved.sealed");
  const { stdout } = await first.ok(exporting("moved.sealed"));
  assert.equal(stdout, `stack "${stack}" is in moved.sealed, sealed with the password\n`);
});

after(async () => {
  for (const one of made) await one.cleanUp();
});

test("a stack moves to another checkout whole, with what opens its secrets", async () => {
  const text = readFileSync(sealed, "latin1");
  assert.equal(statSync(sealed).mode & 0o777, 0o600);
  assert.ok(!text.includes(stackId) && !text.includes(secret) && !text.includes(salt), "nothing of it is in clear");
  assert.ok(!readFileSync(statePath(first), "utf8").includes(secret), "the state's secret is encrypted");

  const second = await checkout();
  const { stdout, stderr } = await second.ok(importing(sealed));
  assert.equal(stdout, `stack "${stack}" is here now; its spec is stacks/${stack}.yaml\n`);
  assert.match(stderr, /That file is not there/);
  assert.equal(statSync(passphrasePath(second)).mode & 0o777, 0o600);
  assert.equal(readFileSync(passphrasePath(second), "utf8"), copy.passphrase);
  assert.equal(readFileSync(configPath(second), "utf8"), readFileSync(configPath(first), "utf8"));
  assert.equal((await second.ok(["list"])).stdout, "no instances\n");

  assert.deepEqual(await outputs(second), { ...recorded, passwords: { app: secret } });

  await second.ok(exporting("again.sealed"));
  const third = await checkout();
  const result = await third.ok([...importing(join(second.dir, "again.sealed")), "-o", "json"]);
  assert.deepEqual(JSON.parse(result.stdout), {
    stack,
    resources: 1,
    spec: join(third.dir, `stacks/${stack}.yaml`),
    specExists: false,
  });
  assert.deepEqual(await outputs(third), { ...recorded, passwords: { app: secret } });
});

const cuts: { why: string; undo(one: Checkout): void }[] = [
  {
    why: "the passphrase was there only",
    undo: (one) => {
      rmSync(join(one.dir, ".coffer"), { recursive: true });
    },
  },
  {
    why: "Pulumi knew nothing yet",
    undo: (one) => {
      rmSync(join(one.dir, ".coffer/state"), { recursive: true });
    },
  },
  {
    why: "Pulumi knew the stack and not its state",
    undo: (one) => {
      const state = JSON.parse(readFileSync(statePath(one), "utf8")) as {
        checkpoint: { latest: { resources?: unknown } };
      };
      delete state.checkpoint.latest.resources;
      writeFileSync(statePath(one), JSON.stringify(state));
    },
  },
];

test("an import that was cut off is finished by the next one", async (t) => {
  const one = await checkout();
  await one.ok(importing(sealed));
  const whole = await outputs(one);
  for (const { why, undo } of cuts) {
    await t.test(why, async () => {
      undo(one);
      await one.ok(importing(sealed));
      assert.deepEqual(await outputs(one), whole);
    });
  }
});

const refusals: { why: string; prepare(one: Checkout): string[]; code: number; stderr: RegExp }[] = [
  {
    why: "another password",
    prepare: ({ dir }) => {
      writeFileSync(join(dir, "other"), "another word\n");
      return ["state", "import", sealed, "--password-file", "other"];
    },
    code: 1,
    stderr: /the password is wrong, or the file is damaged/,
  },
  {
    why: "a file that was cut off",
    prepare: ({ dir }) => {
      writeFileSync(join(dir, "short"), readFileSync(sealed).subarray(0, -1));
      return importing("short");
    },
    code: 1,
    stderr: /the password is wrong, or the file is damaged/,
  },
  {
    why: "no sealed file at all",
    prepare: ({ dir }) => {
      writeFileSync(join(dir, "spec.yaml"), "coffer: 1\n");
      return importing("spec.yaml");
    },
    code: 1,
    stderr: /spec\.yaml is not a whole file of `coffer state export`/,
  },
  { why: "a file that is not there", prepare: () => importing("none"), code: 2, stderr: /none: there is no such file/ },
  {
    why: "a password file that is not there",
    prepare: () => ["state", "import", sealed, "--password-file", "none"],
    code: 2,
    stderr: /cannot read the password from none/,
  },
  {
    why: "a password file without a password",
    prepare: ({ dir }) => {
      writeFileSync(join(dir, "empty"), "\n");
      return ["state", "import", sealed, "--password-file", "empty"];
    },
    code: 2,
    stderr: /empty holds no password/,
  },
  {
    why: "nobody to ask for the password",
    prepare: () => ["state", "import", sealed],
    code: 2,
    stderr: /no terminal to ask on[\s\S]*--password-file FILE/,
  },
  {
    why: "another stack's name",
    prepare: () => [...importing(sealed), "--stack", "other"],
    code: 2,
    stderr: /holds stack "moved", and --stack other names "other"/,
  },
  {
    why: "a word that is no action",
    prepare: () => ["state", "exprt", sealed],
    code: 2,
    stderr: /not "exprt"; did you mean export\?/,
  },
  {
    why: "another passphrase under the stack's id",
    prepare: (one) => {
      mkdirSync(dirname(passphrasePath(one)), { recursive: true });
      writeFileSync(passphrasePath(one), "another\n");
      return importing(sealed);
    },
    code: 2,
    stderr: /is here already[\s\S]*another passphrase of it: /,
  },
];

test("an import that is refused changes nothing", async (t) => {
  const one = await checkout();
  for (const { why, prepare, code, stderr } of refusals) {
    await t.test(why, async () => {
      const ran = await one.coffer(prepare(one));
      assert.match(ran.stderr, stderr);
      assert.deepEqual([ran.code, ran.stdout], [code, ""]);
      assert.deepEqual([existsSync(configPath(one)), existsSync(statePath(one))], [false, false]);
    });
  }
});

test("what is there is named and never replaced", async () => {
  const state = readFileSync(statePath(first), "utf8");
  const again = await first.coffer(importing("moved.sealed"));
  assert.equal(again.code, 2);
  assert.match(again.stderr, /stack "moved" is here already[\s\S]*its state in file:.*: 1 resources/);
  assert.equal(readFileSync(statePath(first), "utf8"), state);

  const bytes = readFileSync(sealed);
  const over = await first.coffer(exporting("moved.sealed"));
  assert.equal(over.code, 2);
  assert.match(over.stderr, /moved\.sealed exists already/);
  assert.deepEqual(readFileSync(sealed), bytes);
});

test("nothing is exported that could not be imported whole", async (t) => {
  await t.test("a stack that was never applied", async () => {
    const one = await checkout();
    one.writeSpec("coffer: 1\n");
    const ran = await one.coffer(exporting("out"));
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /has no state here: it was never applied/);
    assert.ok(!existsSync(join(one.dir, "out")));
  });
  const one = await checkout();
  await one.ok(importing(sealed));
  await t.test("a state in the middle of an apply", async () => {
    const whole = readFileSync(statePath(one), "utf8");
    const state = JSON.parse(whole) as { checkpoint: { latest: { pending_operations?: unknown } } };
    const resource = { urn: `urn:pulumi:${stack}::coffer::x:y:Z::z`, custom: true, type: "x:y:Z" };
    state.checkpoint.latest.pending_operations = [{ type: "creating", resource }];
    writeFileSync(statePath(one), JSON.stringify(state));
    const ran = await one.coffer(exporting("out"));
    writeFileSync(statePath(one), whole);
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /was cut off, and its state is not whole[\s\S]*coffer up/);
    assert.ok(!existsSync(join(one.dir, "out")));
  });
  await t.test("a stack without its passphrase", async () => {
    rmSync(passphrasePath(one));
    const ran = await one.coffer(exporting("out"));
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /the passphrase of stack "moved" is missing/);
    assert.ok(!existsSync(join(one.dir, "out")));
  });
});
