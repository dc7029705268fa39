import { idOf } from "../state/app-view.ts";
import type { Line } from "./order.ts";

/** What the list draws in one place: a request, or the head of a group of requests that one agent floods the list with. */
export type Item =
  | { readonly kind: "line"; readonly id: string; readonly line: Line }
  | {
      readonly kind: "flood";
      readonly id: string;
      readonly agentName: string;
      readonly count: number;
      readonly isOpen: boolean;
    };

/**
 * Puts the requests of a flooding agent behind one line, in the place of the first of them; `open` holds the groups that
 * are shown in full. Every other request keeps its place.
 */
export function itemsOf(
  lines: readonly Line[],
  flooding: ReadonlyMap<string, string>,
  open: ReadonlySet<string>,
): readonly Item[] {
  const items: Item[] = [];
  const met = new Set<string>();
  const groups = flooding.size === 0 ? undefined : Map.groupBy(lines, ({ row }) => flooding.get(idOf(row.key)));
  for (const line of lines) {
    const id = idOf(line.row.key);
    const agent = flooding.get(id);
    if (agent === undefined) {
      items.push({ kind: "line", id, line });
      continue;
    }
    if (met.has(agent)) continue;
    met.add(agent);
    const group = groups?.get(agent) ?? [];
    const isOpen = open.has(agent);
    items.push({ kind: "flood", id: agent, agentName: line.row.agent_name, count: group.length, isOpen });
    if (isOpen) items.push(...group.map((one): Item => ({ kind: "line", id: idOf(one.row.key), line: one })));
  }
  return items;
}

/** The neighbour of an item, or the end it lies beyond; from nowhere the first or the last. */
export function neighbour(items: readonly Item[], id: string | undefined, step: 1 | -1): number {
  const at = items.findIndex((item) => item.id === id);
  if (at === -1) return step === 1 ? 0 : items.length - 1;
  return Math.min(Math.max(at + step, 0), items.length - 1);
}
