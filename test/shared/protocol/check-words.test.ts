import { describe, expect, it } from "vitest";

import words from "#shared/protocol/check-words.json" with { type: "json" };
import { enrolmentWords, requestWords } from "#shared/protocol/check-words.ts";
import { dig } from "#shared/protocol/digest.ts";
import { decodeBase64url } from "#shared/protocol/base64url.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import { codeOf, crypto } from "./fixture/hospital.ts";

const bitsOf = (bytes: Uint8Array): string => [...bytes].map((b) => b.toString(2).padStart(8, "0")).join("");
const fromBits = (bits: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => words[parseInt(bits.slice(i * 11, i * 11 + 11), 2)] ?? "");

describe("check words", () => {
  it("come from 2,048 different words that differ in their first four letters", () => {
    expect(words).toHaveLength(2048);
    expect(new Set(words.map((w) => w.slice(0, 4))).size).toBe(2048);
    expect([words[0], words[2047]]).toEqual(["abandon", "zoo"]);
    const sha256 = Buffer.from(crypto.sha256(encodeUtf8(`${words.join("\n")}\n`))).toString("hex");
    expect(sha256).toBe("2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
  });

  it("are six of the first 66 bits at enrolment, over nonce and both keys' names", () => {
    const input = { nonce: "AAAAAAAAAAAAAAAAAAAAAA", kid: "k".repeat(43), directoryKid: "d".repeat(43) };
    const hash = crypto.sha256(encodeUtf8(`countersign-sas/1\0${input.nonce}\0${input.kid}\0${input.directoryKid}`));
    expect(enrolmentWords(crypto, input)).toEqual(fromBits(bitsOf(hash), 6));
    for (const change of [{ nonce: "B" }, { kid: "B" }, { directoryKid: "B" }]) {
      expect(enrolmentWords(crypto, { ...input, ...change })).not.toEqual(enrolmentWords(crypto, input));
    }
  });

  it("are four of the first 44 bits of a request's digest", () => {
    const digest = dig(crypto, "a request");
    expect(requestWords(digest)).toEqual(fromBits(bitsOf(decodeBase64url(digest.slice(8))), 4));
    expect(codeOf(() => requestWords("sha-256:!"))).toBe("E_FMT_B64");
  });
});
