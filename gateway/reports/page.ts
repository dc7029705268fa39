/** Largest page, so that it fits a frame (protocol.md 3.20.2). */
const PAGE_BYTES = 192 * 1024;

/** Takes items until the page is full. One always goes out, else a page would never end. */
export function fillPage<T, I>(
  rows: readonly T[],
  make: (row: T) => I,
): { readonly items: readonly I[]; readonly last: T | undefined; readonly isWhole: boolean } {
  const items: I[] = [];
  let bytes = 0;
  for (const row of rows) {
    const item = make(row);
    bytes += Buffer.byteLength(JSON.stringify(item));
    if (bytes > PAGE_BYTES && items.length > 0) return { items, last: rows[items.length - 1], isWhole: false };
    items.push(item);
  }
  return { items, last: rows.at(-1), isWhole: true };
}
