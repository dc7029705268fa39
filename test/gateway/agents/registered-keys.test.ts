import { generateKeyPairSync } from "node:crypto";

import { expect, it } from "vitest";

import { makeAgentKey } from "../../../gateway/agents/make-key.ts";
import { withCheckedKeys } from "../../../gateway/agents/registered-keys.ts";
import { crypto } from "../device.ts";

/** Keys of agents and adapters are checked when the gateway starts. */

const sub = "https://gw.example/agents/medrec";
const exported = (of: { readonly publicKey: { export(as: { format: "jwk" }): object } }): object =>
  of.publicKey.export({ format: "jwk" });
const ed25519 = exported(generateKeyPairSync("ed25519"));
const p256 = exported(generateKeyPairSync("ec", { namedCurve: "P-256" }));

it("takes what agent key prints, and what Node exports, which does not say its algorithm", () => {
  const { publicKey, privateKey } = makeAgentKey();
  const [one] = withCheckedKeys(crypto, [{ sub, name: "MedRec", keys: [publicKey, p256, ed25519] }]);
  expect(one).toEqual({
    sub,
    name: "MedRec",
    keys: [publicKey, { ...p256, alg: "ES256" }, { ...ed25519, alg: "Ed25519" }],
  });
  expect(Object.keys(publicKey)).not.toContain("d");
  expect(privateKey).toMatchObject({ ...publicKey, d: expect.any(String) as string });
});

it.each([
  ["a private key", [makeAgentKey().privateKey], "Key 1 is a private key."],
  [
    "an RSA key",
    [p256, exported(generateKeyPairSync("rsa", { modulusLength: 2048 }))],
    "Key 2 is no public key of P-256",
  ],
  ["a point that is on no curve", [{ ...p256, x: Buffer.alloc(32, 1).toString("base64url") }], "not a valid point"],
  ["another algorithm than the key's", [{ ...p256, alg: "Ed25519" }], "Key 1: "],
  ["something that is no key", [{}], "Key 1 is no public key"],
])("refuses %s when it starts, and says whose it is", (_, keys, why) => {
  const start = () => withCheckedKeys(crypto, [{ sub, keys }]);
  expect(start).toThrow(expect.objectContaining({ code: "E_CLI_INPUT" }));
  expect(start).toThrow(`${sub}: `);
  expect(start).toThrow(why);
});

it("refuses two agents of one name: whose name and owner would people read?", () => {
  expect(() =>
    withCheckedKeys(crypto, [
      { sub, keys: [p256] },
      { sub, keys: [ed25519] },
    ]),
  ).toThrow("It is registered twice.");
});
