import type { Clock, RandomBytes } from "./clock.ts";

/** Makes lower-case UUIDv7 names (RFC 9562 5.7): 48 bits of Unix milliseconds, the rest from the system's generator. */
export function makeUuid7(clock: Pick<Clock, "nowMs">, random: RandomBytes): () => string {
  return () => {
    const bytes = Buffer.from(random(16));
    bytes.writeUIntBE(clock.nowMs(), 0, 6);
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
    return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };
}
