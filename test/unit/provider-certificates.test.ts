/** Certificates: what an authority signs is what OpenSSL's own rules take, and a server's is renewed in time. */
import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { certificate } from "../../provider/resources/certificate.ts";
import { day, issueClient, issueServer, leafDays, makeAuthority } from "../../provider/tls/certificates.ts";
import { reasonsToRenew } from "../../provider/tls/judge.ts";
import { UNKNOWN, type Values } from "../../provider/values.ts";

const now = new Date("2026-03-01T12:00:00Z");
const after = (days: number) => new Date(now.getTime() + days * day);
const authority = await makeAuthority("Coffer shop 0123", now);
const names = { names: ["orders"], addresses: ["127.0.0.1", "::1"] };
const server = await issueServer(authority, "orders", names, now);

test("an authority signs itself, and may sign nothing that signs", () => {
  const certificate = new X509Certificate(authority.certificate);
  assert.ok(certificate.ca && certificate.verify(certificate.publicKey));
  assert.equal(certificate.subject, "CN=Coffer shop 0123");
  assert.ok(!new X509Certificate(server.certificate).ca);
});

test("a server's certificate has its names and its own key, for servers only", () => {
  const certificate = new X509Certificate(server.certificate);
  assert.ok(certificate.verify(new X509Certificate(authority.certificate).publicKey));
  assert.ok(certificate.checkPrivateKey(createPrivateKey(server.privateKey)));
  assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
  assert.equal(certificate.subjectAltName, "DNS:orders, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
});

for (const name of ["app", 'Jürgen "x", O=y', "#0403", "a+b=c", "läufer\\", " x "])
  test(`a user's certificate names the user as it is, for clients only: ${JSON.stringify(name)}`, async () => {
    const certificate = new X509Certificate((await issueClient(authority, name, now)).certificate);
    assert.equal(certificate.toLegacyObject().subject.CN, name);
    assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
  });

test("no two certificates have one serial number, and none has a negative one", async () => {
  const made = await Promise.all(Array.from({ length: 20 }, () => issueClient(authority, "app", now)));
  const serials = made.map(({ certificate }) => new X509Certificate(certificate).serialNumber);
  assert.equal(new Set(serials).size, serials.length);
  for (const serial of serials) assert.match(serial, /^[4-7][0-9A-F]{31}$/);
});

test("in a preview the names of a machine that is not made yet are no reason for another certificate", async () => {
  const fresh = await issueServer(authority, "orders", names, new Date());
  const inputs = { guest: {}, uuid: "u", engine: "mariadb", subject: "orders", ...names, authority: { ...authority } };
  const outputs = { ...inputs, certificate: fresh.certificate, faults: [], inEffect: true, reachable: true };
  const unknown: Values = { ...inputs, guest: UNKNOWN, names: UNKNOWN, addresses: [UNKNOWN] };
  const changed = (to: Values) => certificate.diff({ inputs, outputs }, to).map(({ path }) => path);
  assert.deepEqual(changed(unknown), []);
  assert.deepEqual(changed(inputs), []);
  assert.deepEqual(changed({ ...inputs, names: ["other"] }), ["certificate"], "a name that is known, and not in it");
});

const other = await makeAuthority("Coffer shop 0123", now);
const cases: {
  why: string;
  certificate?: string;
  authority?: string;
  wanted?: typeof names;
  at?: Date;
  reasons: RegExp[];
}[] = [
  { why: "new", reasons: [] },
  { why: "two thirds of its life gone, not more", at: after((leafDays * 2) / 3 - 1), reasons: [] },
  { why: "below a third", at: after((leafDays * 2) / 3 + 1), reasons: [/expires on 2027-03-01/] },
  { why: "its last hour is over", at: after(leafDays + 0.1), reasons: [/expired on 2027-03-01/] },
  {
    why: "another authority of the same name: the key counts, not the name",
    authority: other.certificate,
    reasons: [/another authority/],
  },
  { why: "a floating IP came", wanted: { ...names, addresses: ["172.24.4.9"] }, reasons: [/not name 172\.24\.4\.9/] },
  { why: "an address left: what it names beyond does no harm", wanted: { names: [], addresses: [] }, reasons: [] },
  {
    why: "an IPv6 address in another spelling is the same",
    wanted: { names: [], addresses: ["0:0:0:0:0:0:0:1"] },
    reasons: [],
  },
  { why: "half a file", certificate: server.certificate.slice(0, 200), reasons: [/no certificate/] },
];
for (const { why, certificate, authority: by, wanted, at, reasons } of cases) {
  test(`renewed: ${why}`, () => {
    const told = reasonsToRenew(
      certificate ?? server.certificate,
      by ?? authority.certificate,
      wanted ?? names,
      at ?? now,
    );
    assert.equal(told.length, reasons.length, told.join("; "));
    for (const [index, words] of reasons.entries()) assert.match(told[index] ?? "", words);
  });
}
