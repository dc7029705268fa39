import { describe, expect, it } from "vitest";

import { makeRandomPool } from "../../gateway/random-pool.ts";

describe("a pool of random bytes", () => {
  it("gives out each byte of the generator once, in its order", () => {
    let next = 0;
    const random = makeRandomPool((into) => {
      for (let i = 0; i + 4 <= into.length; i += 4) into.writeUInt32BE(next++, i);
    });
    // The end of a filling that is too short for what is asked next is left, never filled up with what comes again.
    const words = Array.from({ length: 3000 }, () => random(12)).flatMap((bytes) =>
      [0, 4, 8].map((at) => bytes.readUInt32BE(at)),
    );
    expect(new Set(words).size).toBe(words.length);
    expect(words).toEqual([...words].sort((a, b) => a - b));
  });

  it("gives copies: what its taker or the next filling writes changes nobody else's", () => {
    const random = makeRandomPool();
    const taken = Array.from({ length: 1000 }, () => random(12));
    const before = taken.map((bytes) => bytes.toString("hex"));
    taken[0]?.fill(0);
    for (let i = 0; i < 1000; i++) random(12);
    expect(taken.slice(1).map((bytes) => bytes.toString("hex"))).toEqual(before.slice(1));
    expect(new Set(before).size).toBe(1000);
  });

  it("asks the system's generator unless told, and never gives more than it has", () => {
    const random = makeRandomPool();
    expect(random(4096)).toHaveLength(4096);
    expect(() => random(4097)).toThrow(RangeError);
  });
});
