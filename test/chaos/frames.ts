/** One WebSocket frame (RFC 6455 5.2) as it went by, with what it says. */
export interface Frame {
  /** Header, mask and payload: what is sent on. */
  readonly bytes: Buffer;
  readonly opcode: number;
  /** Its payload without the mask, as UTF-8. */
  readonly text: string;
}

export type Piece =
  /** The first HTTP head, with the empty line that ends it. */
  | { readonly kind: "head"; readonly text: string }
  | ({ readonly kind: "frame" } & Frame)
  /** Of a connection that is no WebSocket: plain HTTP after its first head, or TLS. */
  | { readonly kind: "raw"; readonly bytes: Buffer };

const END_OF_HEAD = "\r\n\r\n";
/** What may open a direction of TLS: a handshake, or the alert that refuses it (RFC 8446 5.1). */
const TLS_RECORDS: ReadonlySet<number | undefined> = new Set([21, 22]);

/** Cuts one direction of a WebSocket connection into its head and its frames, however TCP cut it. */
export class FrameReader {
  #rest = Buffer.alloc(0);
  #reads: "head" | "frames" | "nothing" = "head";

  push(chunk: Buffer): Piece[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const pieces: Piece[] = [];
    for (;;) {
      const piece = this.#next();
      if (piece === undefined) return pieces;
      pieces.push(piece);
    }
  }

  #next(): Piece | undefined {
    switch (this.#reads) {
      case "head":
        return this.#head();
      case "frames":
        return this.#frame();
      case "nothing":
        return this.#rest.length === 0 ? undefined : { kind: "raw", bytes: this.#take(this.#rest.length) };
      default:
        return this.#reads satisfies never;
    }
  }

  #head(): Piece | undefined {
    const [first] = this.#rest;
    if (TLS_RECORDS.has(first)) {
      this.#reads = "nothing";
      return this.#next();
    }
    const end = this.#rest.indexOf(END_OF_HEAD);
    if (end < 0) return undefined;
    const text = this.#take(end + END_OF_HEAD.length).toString("latin1");
    this.#reads = /^upgrade: *websocket/im.test(text) ? "frames" : "nothing";
    return { kind: "head", text };
  }

  #frame(): Piece | undefined {
    const rest = this.#rest;
    if (rest.length < 2) return undefined;
    const isMasked = (rest[1]! & 0x80) !== 0;
    const short = rest[1]! & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    const start = 2 + extended + (isMasked ? 4 : 0);
    if (rest.length < start) return undefined;
    const length = extended === 0 ? short : extended === 2 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
    if (rest.length < start + length) return undefined;
    const bytes = this.#take(start + length);
    const payload = Buffer.from(bytes.subarray(start));
    if (isMasked) for (let i = 0; i < length; i++) payload[i]! ^= bytes[start - 4 + (i % 4)]!;
    return { kind: "frame", bytes, opcode: bytes[0]! & 0x0f, text: payload.toString("utf8") };
  }

  #take(bytes: number): Buffer {
    const taken = Buffer.from(this.#rest.subarray(0, bytes));
    this.#rest = this.#rest.subarray(bytes);
    return taken;
  }
}
