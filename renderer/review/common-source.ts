import type { Row } from "#shared/presentation/presentation.ts";

/** The source that most rows of a panel share: said once in its head, and beside the rows that differ. */
export function commonSource(rows: readonly Row[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { source } of rows)
    if (source !== undefined && source !== "") counts.set(source, (counts.get(source) ?? 0) + 1);
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most?.[0];
}
