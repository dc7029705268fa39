/**
 * The only globals beyond ECMAScript that shared/ may use: both exist in Node, Electron and browsers (WHATWG Encoding).
 * Declared here because shared/ gets neither the DOM nor the Node library.
 */
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: Uint8Array | ArrayBuffer): string;
}
