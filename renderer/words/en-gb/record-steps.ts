/** The nth of its kind, as people count. */
const nth = (index: string): string => String(Number(index) + 1);

/** By the name that the verifier gives a step (`countersign verify` prints the same names); the first that fits. */
const STEPS: readonly (readonly [name: RegExp, words: (index: string) => string])[] = [
  [/^request C1-C5$/, () => "the request's signature"],
  [/^request/, () => "what the request says"],
  [/^decisions\/(\d+) V1-V8$/, (index) => `the signature of decision ${nth(index)}`],
  [/^decisions\/(\d+)/, (index) => `what decision ${nth(index)} says`],
  [/^receipts\/(\d+)/, (index) => `the gateway's receipt ${nth(index)}`],
  [/^credentials\/(\d+)/, () => "a signer's credential"],
  [/^status\/(\d+)/, () => "the list of stopped keys"],
  [/^templates\/(\d+)/, () => "the view it was shown in"],
  [/^events\/(\d+)/, () => "what the gateway said afterwards"],
  [/^statements\/(\d+)/, () => "a statement about it"],
  [/^log\/(\d+)/, () => "its place in the log"],
  [/^erasure logged/, () => "the log's entry of its erasure"],
  [/^erasure/, () => "the proof that it was erased"],
  [/^log pinned|^log extends/, () => "the log as this computer knows it"],
  [/^log/, () => "the log's signature"],
  [/^gateway/, () => "the gateway's key"],
  [/^directory key/, () => "the directory's key"],
  [/^(?:outcome|state|V29)/, () => "what came of it"],
  [/^order/, () => "the order of the rows"],
];

/** What a step of the verification is about, for people; its name where it has no words. */
export function stepWords(step: string): string {
  for (const [name, words] of STEPS) {
    const found = name.exec(step);
    if (found !== null) return words(found[1] ?? "0");
  }
  return step;
}
