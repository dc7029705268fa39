/** Where a window was, in display-independent pixels. */
export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Bounds as they were kept, if that is what they are. */
export function boundsIn(kept: unknown): Bounds | undefined {
  if (typeof kept !== "object" || kept === null) return undefined;
  const { x, y, width, height } = kept as { readonly [name in keyof Bounds]?: unknown };
  const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
  return isWhole(x) && isWhole(y) && isWhole(width) && isWhole(height) ? { x, y, width, height } : undefined;
}

export const MIN_SIZE = { width: 1024, height: 700 } as const;
const FIRST_SIZE = { width: 1280, height: 860 } as const;

/**
 * The bounds to open with: where the window was, if that place is still on a display; else centred on the primary one
 * (approval-experience.md 6). `areas` are the work areas of the displays, the primary one first.
 */
export function placeWindow(remembered: Bounds | undefined, areas: readonly Bounds[]): Bounds {
  const [primary] = areas;
  const fits =
    remembered !== undefined &&
    areas.some(
      (a) =>
        remembered.x >= a.x - 8 &&
        remembered.y >= a.y - 8 &&
        remembered.x + MIN_SIZE.width <= a.x + a.width + 8 &&
        remembered.y + 48 <= a.y + a.height,
    );
  if (fits) {
    return {
      ...remembered,
      width: Math.max(remembered.width, MIN_SIZE.width),
      height: Math.max(remembered.height, MIN_SIZE.height),
    };
  }
  const area = primary ?? { x: 0, y: 0, ...FIRST_SIZE };
  const width = Math.max(MIN_SIZE.width, Math.min(FIRST_SIZE.width, area.width));
  const height = Math.max(MIN_SIZE.height, Math.min(FIRST_SIZE.height, area.height));
  return {
    width,
    height,
    x: area.x + Math.max(0, Math.round((area.width - width) / 2)),
    y: area.y + Math.max(0, Math.round((area.height - height) / 2)),
  };
}
