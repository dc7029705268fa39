/** Largest page, so that it fits a frame (protocol.md 3.20.2). */
const PAGE_BYTES = 192 * 1024;

/** Takes items until the page is full, and no more rows than that. One always goes out, else a page would never end. */
export function fillPage<T, I>(
  rows: Iterable<T>,
  make: (row: T) => I,
): { readonly items: readonly I[]; readonly last: T | undefined; readonly isWhole: boolean } {
  const items: I[] = [];
  let bytes = 0;
  let last: T | undefined;
  for (const row of rows) {
    const item = make(row);
    bytes += Buffer.byteLength(JSON.stringify(item));
    if (bytes > PAGE_BYTES && items.length > 0) return { items, last, isWhole: false };
    items.push(item);
    last = row;
  }
  return { items, last, isWhole: true };
}
