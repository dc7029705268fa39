/**
 * Stand-ins for digests, shaped like real ones. The fake verifies nothing: it stands for a main process that did, so its
 * digests only have to tell one text from another.
 */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function letters(text: string, count: number): string {
  let state = 0x811c9dc5;
  for (const character of text) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ALPHABET[state >>> 26] ?? "A";
  }).join("");
}

export const fakeDigest = (text: string): string => `sha-256:${letters(text, 43)}`;
export const fakeContentDigest = (text: string): string => `sha-256=:${letters(text, 43).replace(/[-_]/g, "A")}=:`;
export const fakeNonce = (text: string): string => letters(text, 22);
export const fakeKid = (text: string): string => letters(text, 43);

/** A UUIDv7 that is the same for the same number. */
export function fakeUuid(n: number): string {
  return `019f0000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
}
