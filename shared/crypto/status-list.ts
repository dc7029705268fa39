import { deflateSync, inflateSync } from "node:zlib";

import { decodeBase64url, encodeBase64url } from "#shared/protocol/base64url.ts";
import { CountersignError } from "#shared/protocol/error.ts";

/** IETF Token Status List, two bits an entry, lowest bits first, zlib-compressed (protocol.md 3.22). */

/** A list never says how many credentials there are, below this many. */
const LEAST_ENTRIES = 1024;
const PER_BYTE = 4;
const LARGEST_BYTES = 4_000_000;

/** `statuses` by place; a place that is absent is 0 (valid). */
export function encodeStatusList(statuses: ReadonlyMap<number, number>): string {
  const last = Math.max(LEAST_ENTRIES - 1, ...statuses.keys());
  const bytes = new Uint8Array(Math.ceil((last + 1) / PER_BYTE));
  for (const [idx, status] of statuses) {
    const at = Math.floor(idx / PER_BYTE);
    bytes[at] = (bytes[at] ?? 0) | ((status & 3) << ((idx % PER_BYTE) * 2));
  }
  return encodeBase64url(deflateSync(bytes));
}

/** @throws CountersignError `E_STORE_CORRUPT` for a list that cannot be read */
export function decodeStatusList(lst: string): (idx: number) => number | undefined {
  let bytes: Uint8Array;
  try {
    bytes = inflateSync(decodeBase64url(lst), { maxOutputLength: LARGEST_BYTES });
  } catch (cause) {
    throw new CountersignError("E_STORE_CORRUPT", "The directory's status list cannot be read.", { cause });
  }
  return (idx) => {
    const byte = bytes[Math.floor(idx / PER_BYTE)];
    return byte === undefined ? undefined : (byte >> ((idx % PER_BYTE) * 2)) & 3;
  };
}
