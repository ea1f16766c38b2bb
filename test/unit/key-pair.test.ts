/** Every key pair that Coffer makes is whole, though not every one of the library's is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import ssh2 from "ssh2";
import { makeKeyPair } from "../../access/key-pair.ts";

/** What the library makes of a public key that begins with a zero byte: one byte short. */
function malformed(): ReturnType<typeof ssh2.utils.generateKeyPairSync> {
  for (let attempt = 0; attempt < 20_000; attempt++) {
    const made = ssh2.utils.generateKeyPairSync("ed25519");
    if (ssh2.utils.parseKey(made.private) instanceof Error) return made;
  }
  return assert.fail("none of 20 000 pairs is malformed: the library was mended, and makeKeyPair can call it directly");
}

test("a malformed pair is made anew", () => {
  const swapped = { private: makeKeyPair().privateKey, public: makeKeyPair().publicKey };
  const whole = makeKeyPair();
  const offered = [malformed(), swapped, { private: whole.privateKey, public: whole.publicKey }];
  assert.deepEqual(
    makeKeyPair("", () => offered.shift() ?? assert.fail("asked once too often")),
    whole,
  );
});

test("a library that makes nothing else is told, not asked for ever", () => {
  const one = malformed();
  assert.throws(() => makeKeyPair("", () => one), /16 malformed/);
});

test("a thousand pairs, each with its comment and each whole", () => {
  for (let i = 0; i < 1000; i++) {
    const { publicKey, privateKey } = makeKeyPair(`n${i}`);
    assert.match(publicKey, new RegExp(`^ssh-ed25519 AAAA\\S{64} n${i}$`));
    const read = ssh2.utils.parseKey(privateKey);
    assert.ok(!(read instanceof Error), String(read));
    assert.equal(read.getPublicSSH().toString("base64"), publicKey.split(" ")[1]);
  }
});
