import { randomFillSync } from "node:crypto";

/** Bytes that nobody can guess and that come once. */
export type Random = (bytes: number) => Buffer;

const POOL_BYTES = 4096;

/**
 * Random bytes for names and nonces, taken from the system's generator some thousand at a time: to ask it for twelve takes
 * as long as to seal a kilobyte. Never for keys: what is not given out yet lies in memory.
 * @param fill fills all of the buffer; `randomFillSync` unless told
 */
export function makeRandomPool(fill: (into: Buffer) => void = randomFillSync): Random {
  const pool = Buffer.alloc(POOL_BYTES);
  let at = POOL_BYTES;
  return (bytes) => {
    if (bytes > POOL_BYTES) throw new RangeError(`At most ${String(POOL_BYTES)} random bytes at once.`);
    if (at + bytes > POOL_BYTES) {
      fill(pool);
      at = 0;
    }
    // SECURITY: a copy, and the place moves on before anybody has it: a nonce under one key never comes twice.
    const taken = Buffer.from(pool.subarray(at, at + bytes));
    at += bytes;
    return taken;
  };
}
