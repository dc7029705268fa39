import type { ReadItem } from "./read-item.ts";

/**
 * Makes an export piece by piece: nothing of it is kept but what the format asks for at its end. `row` gives back what is
 * ready to be written, which may be nothing yet.
 */
export interface ExportWriter {
  begin(): readonly Uint8Array[];
  row(read: ReadItem): readonly Uint8Array[];
  end(): readonly Uint8Array[];
  /** Rows that the format cannot say, e.g. what did not verify in one that has no word for it. */
  readonly leftOut: number;
}
