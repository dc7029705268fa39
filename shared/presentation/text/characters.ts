/**
 * The one character list of Countersign (approval-experience.md 3.2(3), 3.4(1)): what is drawn as a visible token such
 * as `[U+202E]`, never dropped. Line feed, tab and the plain space are not in it; runs of them are folded elsewhere.
 */

/** Controls, format characters, private use, surrogates, unassigned and noncharacters, line separators, default-ignorables. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/** Assigned characters that draw nothing: braille blank, musical null notehead, Khitan filler, object replacement. */
const BLANK: ReadonlySet<number> = new Set([0x2800, 0x1d159, 0x16fe4, 0xfffc]);

/** Marks that enclose (category Me) or that strike through their letter (canonical combining class 1, overlays). */
const ENCLOSING = /\p{Me}/u;
const OVERLAYS: readonly (readonly [number, number])[] = [
  [0x0334, 0x0338],
  [0x1cd4, 0x1cd4],
  [0x1ce2, 0x1ce8],
  [0x20d2, 0x20d3],
  [0x20d8, 0x20da],
  [0x20e5, 0x20e6],
  [0x20ea, 0x20eb],
  [0x10a39, 0x10a39],
  [0x16af0, 0x16af4],
  [0x1bc9e, 0x1bc9e],
  [0x1d167, 0x1d169],
];

/** Printable ASCII, spaces, tabs and line feeds: nothing in such a text can be other than it looks. */
const PLAIN_TEXT = /^[\t\n -~]*$/;
export const isPlainText = (text: string): boolean => PLAIN_TEXT.test(text);

const MARK = /\p{M}/u;
const DIGIT = /\p{Nd}/u;
const LETTER_OR_MARK = /[\p{L}\p{M}]/u;
const EXCEPTED_CONTROLS: ReadonlySet<number> = new Set([0x09, 0x0a]);
const ZWNJ = 0x200c;
const ZWJ = 0x200d;
/** Scripts whose spelling needs a joiner or non-joiner (UAX 31, 2.3 and the Indic chapters of the standard). */
const NEEDS_JOINERS =
  /[\p{scx=Arab}\p{scx=Syrc}\p{scx=Mong}\p{scx=Deva}\p{scx=Beng}\p{scx=Guru}\p{scx=Gujr}\p{scx=Orya}\p{scx=Taml}\p{scx=Telu}\p{scx=Knda}\p{scx=Mlym}\p{scx=Sinh}\p{scx=Khmr}\p{scx=Mymr}\p{scx=Tibt}]/u;

/** UTS 39, 5.4: more combining marks than this on one base are drawn as tokens (they cover the neighbouring lines). */
const MOST_MARKS = 4;

const isOverlay = (cp: number): boolean => OVERLAYS.some(([from, to]) => cp >= from && cp <= to);

/**
 * Walks one text a character at a time and says which ones hide something. Made anew for each text: it remembers the
 * base character and the marks on it.
 */
export class HiddenScan {
  readonly #joinersAllowed: boolean;
  #base = "";
  #marks = 0;

  /** @param joinersAllowed whether ZWJ and ZWNJ pass inside scripts that need them: names and claims only. */
  constructor(joinersAllowed: boolean) {
    this.#joinersAllowed = joinersAllowed;
  }

  /** Whether `character` is drawn as a token; `next` is the code point after it, where there is one. */
  hides(character: string, next: number | undefined): boolean {
    const cp = character.codePointAt(0) ?? 0;
    if (cp < 0x7f && cp > 0x1f) {
      this.#base = character;
      this.#marks = 0;
      return false;
    }
    if (EXCEPTED_CONTROLS.has(cp)) return false;
    if ((cp === ZWJ || cp === ZWNJ) && this.#joinersAllowed) {
      return next === undefined || !this.#joins(String.fromCodePoint(next));
    }
    if (HIDDEN.test(character) || BLANK.has(cp)) return true;
    if (!MARK.test(character)) {
      this.#base = character;
      this.#marks = 0;
      return false;
    }
    this.#marks++;
    // SECURITY: 3.4(1): a mark that strikes through, encloses or overlays can turn one digit or letter into another.
    return ENCLOSING.test(character) || isOverlay(cp) || DIGIT.test(this.#base) || this.#marks > MOST_MARKS;
  }

  /** A joiner passes only between two letters (or their marks) of a script that needs it. */
  #joins(next: string): boolean {
    return [this.#base, next].every((c) => LETTER_OR_MARK.test(c) && NEEDS_JOINERS.test(c));
  }
}

/** The visible form of a character, `[U+202E]`, or of a run of it, `[U+202E × 40]`. */
export function characterToken(codePoint: number, count = 1): string {
  const name = codePoint.toString(16).toUpperCase().padStart(4, "0");
  return count === 1 ? `[U+${name}]` : `[U+${name} × ${String(count)}]`;
}

/** What looks like a token but was typed by someone. */
export const TYPED_TOKEN = /\[\s*U\+[0-9A-F]{2,6}[^\]]{0,12}\]|\[\s*\d+\s+(?:blank lines?|spaces?)\s*\]/iu;

/** Emoji and dingbats: in a claim they could pass for the app's own marks (3.4(6)). Letters' own signs are not among them. */
export const PICTOGRAPH = /[\p{Emoji_Presentation}\u{2600}-\u{27bf}\u{2b00}-\u{2bff}\u{1f000}-\u{1faff}]/u;

/** Spaces other than U+0020: legitimate in some typography, told apart because they compare unequal. */
export const OTHER_SPACE = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/u;
