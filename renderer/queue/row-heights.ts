import { useMemo } from "react";

import type { Item } from "./items.ts";

/** Pixels of a row nobody has measured one like yet. */
const ABOUT_ROW_PX = 96;
/** About so many letters of an item stand on one line. */
const LETTERS_A_LINE = 28;

export interface RowHeights {
  /** Pixels, as the last row that looks like this one was measured. */
  readonly of: (item: Item | undefined) => number;
  readonly learn: (item: Item | undefined, px: number) => void;
}

/**
 * How high rows are before they are drawn. Where one is as high as was thought, the ten thousand below it stay where they
 * are, and a frame of scrolling costs the same in a long list as in a short one (reliability.md R10).
 */
export function useRowHeights(): RowHeights {
  return useMemo(() => {
    const known = new Map<string, number>();
    return {
      of: (item) => (item && known.get(looks(item))) ?? ABOUT_ROW_PX,
      learn(item, px) {
        if (item !== undefined) known.set(looks(item), px);
      },
    };
  }, []);
}

/** What the height of a row depends on, but for the width of the window. */
function looks(item: Item): string {
  if (item.kind === "flood") return "flood";
  const { row, isGone } = item.line;
  const lines = Math.ceil(row.item.length / LETTERS_A_LINE);
  const flags = [row.unread, row.conflict, row.asked > 1, row.viewing.length > 0, isGone].map(Number).join("");
  return `${row.status.kind} ${flags} ${String(lines)} ${String(row.patient?.identifiers?.length ?? 0)}`;
}
