import { CountersignError } from "./error.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/**
 * Strict UTF-8 without BOM (protocol.md 3.2).
 * @throws CountersignError `E_FMT_UTF8`
 */
export function decodeUtf8(bytes: Uint8Array): string {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    throw new CountersignError("E_FMT_UTF8", undefined, { cause });
  }
  if (text.charCodeAt(0) === 0xfeff) throw new CountersignError("E_FMT_UTF8");
  return text;
}
