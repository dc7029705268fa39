/** Something wrong with a policy set, where it stands and what to do. */
export interface PolicyFault {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  /** One sentence. */
  readonly what: string;
  /** What to do, where that is known. */
  readonly todo?: string;
}

/** `orders.cedar:12:7: … ` as compilers say it. */
export function faultText({ file, line, column, what, todo }: PolicyFault): string {
  const sentence = /[.!?]$/.test(what) ? what : `${what}.`;
  return `${file}:${String(line)}:${String(column)}: ${sentence}${todo === undefined ? "" : ` ${todo}`}`;
}

/** Line and column, from 1, of an offset in UTF-16 units. */
export function placeAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, Math.max(0, Math.min(offset, text.length)));
  const start = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: before.length - start + 1 };
}

/** Cedar counts bytes of UTF-8; text here counts UTF-16 units. */
export function offsetOfByte(text: string, byte: number): number {
  return Buffer.from(text, "utf8").subarray(0, byte).toString("utf8").length;
}
