import { randomBytes, randomInt } from "node:crypto";

import { encodeBase64url } from "#shared/protocol/base64url.ts";

/** Random text and numbers; injected so that tests can fix them. */
export interface Randomness {
  /** `bytes` random bytes as base64url. */
  text(bytes: number): string;
  /** In [0, 1). */
  unit(): number;
}

const STEPS = 2 ** 32;

/** The system's generator. */
export const systemRandomness: Randomness = {
  text: (bytes) => encodeBase64url(randomBytes(bytes)),
  unit: () => randomInt(STEPS) / STEPS,
};
