import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { packJws, unpackJws } from "../../../gateway/store/seal/packed.ts";
import { makeRequest, signRequest } from "../../shared/protocol/fixture/hospital.ts";

const part = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString("base64url"));

describe("a packed JWS", () => {
  it("is a quarter shorter and comes back to the letter", () => {
    const { jws } = signRequest(makeRequest());
    const packed = packJws(jws);
    expect(packed?.length).toBeLessThan(jws.length * 0.77);
    expect(unpackJws(packed ?? Buffer.alloc(0))).toBe(jws);
  });

  it("comes back whatever its three parts are, also empty ones", () => {
    fc.assert(
      fc.property(part, part, part, (...parts) => {
        const text = parts.join(".");
        expect(unpackJws(packJws(text) ?? Buffer.alloc(6))).toBe(text);
      }),
    );
  });

  it("is not made of a text that would come back as another", () => {
    const { jws } = signRequest(makeRequest());
    const [header = "", payload = "", signature = ""] = jws.split(".");
    const others = [
      ...["", "text", "one.dot", "h.p.s", "....", `${jws}=`, `${jws}\n`, `${jws}.`, jws.replace("e", "é")],
      ...[`${header}.${payload}=.${signature}`, `${header}.${payload}.extra.${signature}`, `${header}.${payload}`],
      // The last letter of 64 bytes has bits that nobody reads.
      `${jws.slice(0, -1)}${jws.endsWith("B") ? "C" : "B"}`,
      // What base64url writes with - and _ can be read with + and / as well.
      "-_-_.-_-_.+/+/",
      `${Buffer.alloc(70_000).toString("base64url")}.${payload}.${signature}`,
    ];
    for (const text of others) expect(packJws(text)).toBeUndefined();
  });

  it("is not made of any text that base64url reads and would write otherwise", () => {
    const letters = fc.constantFrom("A", "B", "_", "-", "+", "/", "=", ".", " ", "\n");
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 24 }), (text) => {
        const packed = packJws(text);
        if (packed !== undefined) expect(unpackJws(packed)).toBe(text);
      }),
    );
  });
});
