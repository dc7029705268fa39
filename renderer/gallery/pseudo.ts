import type { Speech } from "../words/language.ts";

const LATIN = "abcdefghijklmnopqrstuvwxyz";
const ACCENTED = "áƀćďéƒǵĥíĵķĺḿńőṕɋŕśťúṽŵẋýź";
const ARABIC = "ابجدهوزحطيكلمنسعفصقرشتثخذض";

interface PseudoLanguage {
  readonly lang: string;
  readonly dir: "ltr" | "rtl";
  readonly say: Speech;
}

const letterFor = (letters: string) => (letter: string) => Array.from(letters)[LATIN.indexOf(letter.toLowerCase())];

/**
 * Languages nobody speaks, for the tests: `en-XA` is a third longer and full of accents, `ar-XB` is written from the right.
 * A screen that cuts their words off, or keeps a side, does so in a real language too.
 */
export const PSEUDO_LANGUAGES: readonly PseudoLanguage[] = [
  {
    lang: "en-XA",
    dir: "ltr",
    say: (text) => {
      const said = text.replaceAll(/[a-z]/gi, (letter) => letterFor(ACCENTED)(letter) ?? letter);
      return text.length < 2 ? said : `${said}${"~".repeat(Math.ceil(text.length * 0.35))}`;
    },
  },
  {
    lang: "ar-XB",
    dir: "rtl",
    say: (text) => text.replaceAll(/[a-z]/gi, (letter) => letterFor(ARABIC)(letter) ?? letter),
  },
];
