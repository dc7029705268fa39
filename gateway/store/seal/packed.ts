/** Lengths of the header and of the payload, in bytes. */
const HEAD_BYTES = 6;
const MOST_HEADER = 0xffff;

/**
 * A compact JWS as the bytes that its three parts stand for: a quarter less to seal and to write. Undefined for any text
 * that would not come back letter by letter.
 */
export function packJws(text: string): Buffer | undefined {
  const [first, last] = [text.indexOf("."), text.lastIndexOf(".")];
  if (first < 0 || first === last) return undefined;
  const header = Buffer.from(text.slice(0, first), "base64url");
  const payload = Buffer.from(text.slice(first + 1, last), "base64url");
  const signature = Buffer.from(text.slice(last + 1), "base64url");
  if (header.length > MOST_HEADER) return undefined;
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt16BE(header.length, 0);
  head.writeUInt32BE(payload.length, 2);
  const packed = Buffer.concat([head, header, payload, signature]);
  // SECURITY: what was signed is kept to the letter, whatever base64url would also read (reliability.md finding 2).
  return unpackJws(packed) === text ? packed : undefined;
}

/** The text again, of what {@link packJws} made. */
export function unpackJws(packed: Buffer): string {
  const payload = HEAD_BYTES + packed.readUInt16BE(0);
  const signature = payload + packed.readUInt32BE(2);
  const part = (from: number, to?: number): string => packed.toString("base64url", from, to);
  return `${part(HEAD_BYTES, payload)}.${part(payload, signature)}.${part(signature)}`;
}
