/** A field is seen once its beginning and its end have both been in the viewport, at any time (AC02). */
export type Edge = "start" | "end";

export interface Sighting {
  readonly id: string;
  readonly edge: Edge;
}

export interface Progress {
  readonly edges: ReadonlySet<string>;
  readonly seen: ReadonlySet<string>;
}

export const NOTHING_SEEN: Progress = { edges: new Set(), seen: new Set() };

const keyOf = ({ id, edge }: Sighting): string => `${edge} ${id}`;

/** Adds what just came into view. The same object comes back when nothing changed. */
export function withSightings(progress: Progress, sightings: readonly Sighting[]): Progress {
  const fresh = sightings.filter((sighting) => !progress.edges.has(keyOf(sighting)));
  if (fresh.length === 0) return progress;
  const edges = new Set([...progress.edges, ...fresh.map(keyOf)]);
  const whole = fresh.map(({ id }) => id).filter((id) => edges.has(`start ${id}`) && edges.has(`end ${id}`));
  return { edges, seen: whole.length === 0 ? progress.seen : new Set([...progress.seen, ...whole]) };
}

/** Of the ids that must be seen, those that have not been, in the order drawn. */
export function unseenOf(mustSee: readonly string[], progress: Progress): readonly string[] {
  return mustSee.filter((id) => !progress.seen.has(id));
}
