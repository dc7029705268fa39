/**
 * Mixed scripts within one word, UTS 39 section 5.1: the script extensions of a word's letters, augmented for Han with
 * kana, Hangul and Bopomofo, have no script in common.
 */

const SCRIPTS = (
  "Latn Grek Cyrl Armn Hebr Arab Syrc Thaa Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Thai Laoo Tibt Mymr Geor " +
  "Hang Ethi Cher Cans Ogam Runic Khmr Mong Hira Kana Bopo Hani Yiii Ital Goth Dsrt Copt Nkoo Tfng Glag Lisu Vaii Bamu " +
  "Adlm Rohg Java Bali Cham Tglg Limb Tale Talu Lana Sund Lepc Olck Saur Kali Rjng Mtei Samr Mand Phnx Brah Hmnp Osge"
).split(" ");

/** Han is written together with these (UTS 39, augmented script sets). */
const TOGETHER = ["Hani Hira Kana", "Hani Hang", "Hani Bopo"].map((names) => names.split(" "));

const onlyOf = (names: readonly string[]): string =>
  `[${names.map((name) => `\\p{scx=${name}}`).join("")}\\p{scx=Zyyy}\\p{scx=Zinh}]*`;

/** One expression for all: a text can be made of thousands of words, each in two scripts. */
const SINGLE = new RegExp(
  `^(?:${SCRIPTS.map((name) => [name])
    .concat(TOGETHER)
    .map(onlyOf)
    .join("|")})$`,
  "u",
);
const LISTED = new RegExp(`[${SCRIPTS.map((name) => `\\p{scx=${name}}`).join("")}]`, "u");
const ASCII = /^[ -~]*$/;

/** Units and laboratory names that science writes with one Greek letter; each is a word of its own. */
const SCIENTIFIC = /^(?:[μµ](?:g|L|l|m|M|mol|U|IU|s|kat|Ci|Gy|Sv|V|A)|γGT|[kM]Ω)$/u;

/** A word for script and look-alike checks: letters, marks and digits, with apostrophes inside. */
export const WORD = /[\p{L}\p{M}\p{N}]+(?:['’ʼ][\p{L}\p{M}\p{N}]+)*/gu;

/** Whether one word mixes scripts. A word wholly in scripts outside the list above is not called mixed. */
export function isMixedScript(word: string): boolean {
  if (ASCII.test(word) || SCIENTIFIC.test(word)) return false;
  return LISTED.test(word) && !SINGLE.test(word);
}
