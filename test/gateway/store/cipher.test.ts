import { randomBytes } from "node:crypto";

import { describe, expect, it } from "vitest";

import { importKey, openBytes, sealBytes, takeKey } from "../../../gateway/store/seal/cipher.ts";
import { code } from "./contract-fixtures.ts";

describe("what is sealed (docs/decisions/0015)", () => {
  const key = importKey(randomBytes(32));

  it("has a nonce of its own each time, also of the same text at the same place", () => {
    const nonces = Array.from({ length: 100 }, () => sealBytes(key, "a row", "text").subarray(0, 12).toString("hex"));
    expect(new Set(nonces).size).toBe(100);
  });

  it("opens under its key, at its place and unchanged, and in no other way", () => {
    const sealed = sealBytes(key, "a row", "naïve text");
    expect(openBytes(key, "a row", sealed).toString("utf8")).toBe("naïve text");
    expect(code(() => openBytes(key, "another row", sealed))).toBe("E_STORE_CORRUPT");
    expect(code(() => openBytes(importKey(randomBytes(32)), "a row", sealed))).toBe("E_STORE_CORRUPT");
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(code(() => openBytes(key, "a row", changed))).toBe("E_STORE_CORRUPT");
      expect(code(() => openBytes(key, "a row", sealed.subarray(0, i)))).toBe("E_STORE_CORRUPT");
    }
  });

  it("leaves no bytes of a key that was taken, and opens under it", () => {
    const bytes = randomBytes(32);
    const sealed = sealBytes(importKey(bytes), "a row", "text");
    const taken = takeKey(bytes);
    expect(bytes.equals(Buffer.alloc(32))).toBe(true);
    expect(openBytes(taken, "a row", sealed).toString()).toBe("text");
  });
});
