import { createHmac } from "node:crypto";

/** What agents chose or what could be guessed, where the store has only to know it again. */
export type Hidden = (kind: "task" | "operation" | "key" | "asked", text: string) => string;

/** HMAC-SHA-256 under the key that the store keeps sealed, of which half is enough; base64url. */
export const hiddenUnder =
  (key: () => Uint8Array): Hidden =>
  (kind, text) =>
    createHmac("sha256", key()).update(`${kind}\0${text}`).digest().subarray(0, 16).toString("base64url");
