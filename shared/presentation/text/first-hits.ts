/** A text can be made to hold thousands of odd words; so many of them are named, and nobody reads more. */
const MOST = 100;

/** What `find` makes of the words, without those it makes nothing of; it is asked no longer than needed. */
export function firstHits<W, T>(words: Iterable<W>, find: (word: W) => T | undefined): T[] {
  const hits: T[] = [];
  for (const word of words) {
    const hit = find(word);
    if (hit !== undefined) hits.push(hit);
    if (hits.length === MOST) break;
  }
  return hits;
}
