/** Lower-case UUIDv7 (RFC 9562 5.7) of a time in Unix milliseconds and ten random bytes. */
export function uuid7(unixMs: number, random: Uint8Array): string {
  const time = Math.floor(unixMs).toString(16).padStart(12, "0");
  const hex = Buffer.from(random).toString("hex");
  const variant = ((parseInt(hex.slice(3, 5), 16) & 0x3f) | 0x80).toString(16).padStart(2, "0");
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${hex.slice(0, 3)}-${variant}${hex.slice(5, 7)}-${hex.slice(7, 19)}`;
}
