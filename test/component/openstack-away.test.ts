/** A cloud that fails the program while it looks at it: words, and no stack trace of ours. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { openOpenstack } from "../../components/openstack/index.ts";
import { loadSpec } from "../../spec/index.ts";
import { demoSpec } from "../support/cloud.ts";

test("what the cloud refuses is told as the program's own refusal", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "coffer-away-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const clouds = join(folder, "clouds.yaml");
  writeFileSync(clouds, JSON.stringify({ clouds: { elsewhere: { auth: { auth_url: "http://127.0.0.1/v3" } } } }));
  process.env.OS_CLIENT_CONFIG_FILE = clouds;
  process.env.OS_CLOUD = "nowhere";
  const bytes = demoSpec();
  const source = { bytes, file: "demo.yaml", spec: loadSpec(bytes, "demo.yaml") };
  await assert.rejects(openOpenstack(source), (error: Error) => {
    assert.match(error.message, /nowhere/);
    return pulumi.RunError.isInstance(error);
  });
});
