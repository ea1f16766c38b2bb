/** A cloud with a certificate of its own authority. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { CloudError } from "../../access/openstack/cloud.ts";
import { openCloud } from "../../access/openstack/cloud-session.ts";

const folder = mkdtempSync(join(tmpdir(), "coffer-tls-"));
const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
let server: ReturnType<typeof createServer>;

before(async () => {
  const names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert];
  execFileSync("openssl", ["req", "-x509", "-days", "2", ...made, ...names], { stdio: "ignore" });
  server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => {
    const endpoints = [{ interface: "public", region_id: "R", url: "https://127.0.0.1/v2.1" }];
    const token = { issued_at: "", expires_at: "", project: { id: "P" }, catalog: [{ type: "compute", endpoints }] };
    response.writeHead(201, { "x-subject-token": "t" });
    response.end(JSON.stringify({ token }));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});

after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const open = (settings: NodeJS.ProcessEnv) =>
  openCloud(
    {},
    {
      OS_AUTH_URL: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      OS_USERNAME: "u",
      OS_PASSWORD: "p",
      OS_PROJECT_NAME: "p",
      ...settings,
    },
  );

test("an unknown authority is refused at once, with what to do", async () => {
  await assert.rejects(open({}).projectId(), (error: CloudError) => {
    assert.equal(error.problem, "unreachable");
    assert.match(error.message, /its certificate is not trusted \(.*\); .*cacert in clouds\.yaml, or OS_CACERT$/);
    return true;
  });
});

test("the authority's file makes it known", async () => {
  assert.equal(await open({ OS_CACERT: cert }).projectId(), "P");
});

test("without verification it is not asked for", async () => {
  assert.equal(await open({ OS_INSECURE: "1" }).projectId(), "P");
});
