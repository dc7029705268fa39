import { generateKeyPairSync, sign } from "node:crypto";

import { describe, expect, it } from "vitest";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { leafText } from "#shared/ledger/leaf.ts";
import { makeVkey, parseVkey, signCheckpoint, verifyCheckpoint } from "#shared/ledger/note.ts";
import { formatTlogProof, verifyTlogProof } from "#shared/ledger/tlog-proof.ts";
import { appendLeaf, inclusionProof, leafHash, memoryNodes, treeRoot } from "#shared/ledger/tree.ts";
import { decodeBase64url } from "#shared/protocol/base64url.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

const crypto = makeNodeCrypto();
const origin = "log.example/countersign";

function makeLogKey() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = decodeBase64url(publicKey.export({ format: "jwk" }).x ?? "");
  return { raw, vkey: makeVkey(crypto, origin, raw), sign: (data: Uint8Array) => sign(null, data, privateKey) };
}

const key = makeLogKey();
const digest = `sha-256:${"A".repeat(43)}`;
const entries = [0, 1, 2, 3, 4].map((ts) => leafText({ t: "statement", ts, obj: digest, kid: "k" }));
const nodes = memoryNodes();
entries.forEach((entry, i) => appendLeaf(crypto, nodes, i, leafHash(crypto, encodeUtf8(entry))));
const note = signCheckpoint(crypto, { origin, size: 5, root: treeRoot(crypto, nodes, 5) }, key.raw, key.sign);
const proof = formatTlogProof({ index: 3, proof: inclusionProof(crypto, nodes, 3, 5), checkpoint: note });
const entry = entries[3] ?? "";

const codeOf = (fn: () => unknown): string => {
  try {
    fn();
    return "accepted";
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
};

describe("C2SP checkpoint", () => {
  it("verifies with the log's verifier key and gives origin, size and root", () => {
    expect(verifyCheckpoint(crypto, note, key.vkey)).toEqual({ origin, size: 5, root: treeRoot(crypto, nodes, 5) });
  });

  it("is refused under another key of the same name", () => {
    expect(codeOf(() => verifyCheckpoint(crypto, note, makeLogKey().vkey))).toBe("E_LOG_KEY");
  });

  it("keeps verifying when a witness adds its line, and refuses a malformed line", () => {
    expect(verifyCheckpoint(crypto, `${note}\u2014 witness.example/w AAAAAAAA\n`, key.vkey).size).toBe(5);
    expect(codeOf(() => verifyCheckpoint(crypto, `${note}witness\n`, key.vkey))).toBe("E_LOG_PROOF");
  });

  it("has a verifier key whose id is bound to name and key", () => {
    expect(
      codeOf(() =>
        parseVkey(
          crypto,
          key.vkey.replace(/\+./, (m) => (m === "+0" ? "+1" : "+0")),
        ),
      ),
    ).toBe("E_LOG_KEY");
  });
});

describe("tlog-proof", () => {
  it("verifies offline with entry and verifier key alone", () => {
    expect(verifyTlogProof(crypto, { proof, entry, vkey: key.vkey }).index).toBe(3);
  });

  it("is refused for another entry", () => {
    expect(codeOf(() => verifyTlogProof(crypto, { proof, entry: entries[2] ?? "", vkey: key.vkey }))).toBe(
      "E_LOG_PROOF",
    );
  });

  it("is refused when any one character of it is changed", () => {
    const accepted: number[] = [];
    for (let i = 0; i < proof.length; i++) {
      const c = proof[i] === "A" ? "B" : "A";
      const changed = proof.slice(0, i) + c + proof.slice(i + 1);
      if (codeOf(() => verifyTlogProof(crypto, { proof: changed, entry, vkey: key.vkey })) === "accepted")
        accepted.push(i);
    }
    expect(accepted).toEqual([]);
  });
});

describe("leaf text", () => {
  it("has the documented member order and leaves absent members out", () => {
    const text = leafText({ t: "decision", ts: 7, rid: "r", rev: 1, obj: digest, kid: "k", out: "approved" });
    expect(text).toBe(`{"v":1,"t":"decision","ts":7,"rid":"r","rev":1,"obj":"${digest}","kid":"k","out":"approved"}`);
  });
});
