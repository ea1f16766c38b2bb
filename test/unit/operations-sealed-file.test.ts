import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OperationError } from "../../operations/errors.ts";
import { type Cost, seal, standardCost, unseal } from "../../operations/sealed-file.ts";

/** The work of a guess is not what is tested, and the standard one would be done thousands of times. */
const cheap: Cost = { n: 2, r: 1, p: 1 };
const content = '{"passphrase":"never in clear"}';

const refused = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof OperationError && error.reason === "failed", String(error));
  assert.match(error.message, message);
  assert.match(error.remedy ?? "", /^nothing was changed; /);
  assert.ok(!error.message.includes("secret password"), "no error names a password");
  return true;
};

test("what was sealed comes back whole with its password", async () => {
  const words = fc.string({ unit: "grapheme" });
  const password = fc.string({ unit: "grapheme", minLength: 1 });
  await fc.assert(
    fc.asyncProperty(words, password, async (text, word) => {
      assert.equal(await unseal(await seal(text, "demo", word, cheap), word, "f"), text);
    }),
  );
});

test("another password opens nothing", async () => {
  const word = fc.string({ minLength: 1 });
  await fc.assert(
    fc.asyncProperty(word, word, async (right, wrong) => {
      // scrypt's HMAC pads its key with zero bytes: only those make two passwords one.
      fc.pre(right.replace(/\0+$/, "") !== wrong.replace(/\0+$/, ""));
      await assert.rejects(unseal(await seal(content, "demo", right, cheap), wrong, "f"), refused(/password is wrong/));
    }),
  );
});

test("a change of any single byte is noticed", async () => {
  const sealed = await seal(content, "demo", "secret password", cheap);
  for (let at = 0; at < sealed.length; at++) {
    for (const flip of [0x01, 0x20, 0x80, 0xff]) {
      const damaged = Buffer.from(sealed);
      damaged[at] = (damaged[at] ?? 0) ^ flip;
      const opened = unseal(damaged, "secret password", "demo.sealed");
      await assert.rejects(opened, refused(/demo\.sealed/), `byte ${at} with ${flip}`);
    }
  }
});

test("a file that was cut off or that went on is noticed, wherever it ends", async () => {
  const sealed = await seal(content, "demo", "secret password", cheap);
  for (let length = 0; length < sealed.length; length++) {
    const opened = unseal(sealed.subarray(0, length), "secret password", "demo.sealed");
    await assert.rejects(opened, refused(/demo\.sealed/), `${length} bytes`);
  }
  const longer = Buffer.concat([sealed, Buffer.from("x")]);
  await assert.rejects(unseal(longer, "secret password", "demo.sealed"), refused(/demo\.sealed/));
});

test("the first line tells what the file is, and no secret; two files of one content have nothing in common", async () => {
  const sealed = await seal(content, "demo", "secret password");
  const line = JSON.parse(sealed.subarray(0, sealed.indexOf(10)).toString()) as Record<string, unknown>;
  const { salt, nonce, ...rest } = line;
  assert.deepEqual(rest, {
    format: "coffer-state",
    version: 1,
    stack: "demo",
    cipher: "aes-256-gcm",
    kdf: { name: "scrypt", ...standardCost },
  });
  assert.ok(!sealed.includes("never in clear") && !sealed.includes("secret password"));
  const again = await seal(content, "demo", "secret password", cheap);
  assert.ok(!again.includes(String(salt)) && !again.includes(String(nonce)));
  assert.equal(await unseal(sealed, "secret password", "f"), content);
});

const headers: { why: string; line: Record<string, unknown>; error: RegExp }[] = [
  { why: "a newer format", line: { version: 2 }, error: /a newer Coffer made it \(format 2\)/ },
  { why: "a format that never was", line: { version: 0 }, error: /first line is damaged/ },
  { why: "some other JSON", line: { format: "else" }, error: /first line is damaged/ },
  {
    why: "a cost that would take all memory",
    line: { kdf: { name: "scrypt", n: 2 ** 30, r: 8, p: 1 } },
    error: /first line is damaged/,
  },
  {
    why: "a cost that scrypt does not know",
    line: { kdf: { name: "scrypt", n: 1000, r: 8, p: 1 } },
    error: /first line is damaged/,
  },
  { why: "a salt of another length", line: { salt: "AAAA" }, error: /first line is damaged/ },
  { why: "an entry that nobody knows", line: { more: true }, error: /first line is damaged/ },
];

for (const { why, line, error } of headers) {
  test(`not opened: ${why}`, async () => {
    const sealed = await seal(content, "demo", "p", cheap);
    const end = sealed.indexOf(10);
    const how = JSON.parse(sealed.subarray(0, end).toString()) as Record<string, unknown>;
    const other = Buffer.concat([Buffer.from(JSON.stringify({ ...how, ...line })), sealed.subarray(end)]);
    await assert.rejects(unseal(other, "p", "f"), refused(error));
  });
}
