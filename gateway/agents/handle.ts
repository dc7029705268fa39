import { createCipheriv, createDecipheriv } from "node:crypto";

import { decodeBase64url, encodeBase64url } from "#shared/protocol/base64url.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const NONCE = 12;
const TAG = 16;

/**
 * `auth_req_id`, an opaque handle for a request (protocol.md 3.15): the request id sealed with AES-256-GCM, so that the
 * gateway keeps no table, and nobody can guess or make one.
 */
export interface Handles {
  seal(rid: string): string;
  /** Undefined for what this gateway did not make. */
  open(handle: string): string | undefined;
}

/** `key` is 32 bytes; handles of another key do not open, so after a restart agents use the `Location` they were given. */
export function makeHandles(key: Uint8Array, random: (bytes: number) => Uint8Array): Handles {
  return {
    seal(rid) {
      const nonce = random(NONCE);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const sealed = Buffer.concat([cipher.update(rid.replaceAll("-", ""), "hex"), cipher.final()]);
      return encodeBase64url(Buffer.concat([nonce, sealed, cipher.getAuthTag()]));
    },
    open(handle) {
      try {
        const bytes = decodeBase64url(handle);
        const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE), { authTagLength: TAG });
        decipher.setAuthTag(bytes.subarray(bytes.length - TAG));
        const opened = Buffer.concat([decipher.update(bytes.subarray(NONCE, bytes.length - TAG)), decipher.final()]);
        const hex = opened.toString("hex");
        const rid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
        return UUID.test(rid) ? rid : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
