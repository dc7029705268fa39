import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { classifyText, findHidden, isQuarantining } from "#shared/presentation/text-hygiene.ts";
import type { TextClass } from "#shared/presentation/text-hygiene.ts";
import { KNOWN_UNITS } from "#shared/presentation/clinical/unit.ts";
import { flatText } from "#shared/presentation/text/tokens.ts";

const u = (...codePoints: number[]): string => String.fromCodePoint(...codePoints);
const codes = (text: string, cls: TextClass = "A", lists = {}) =>
  classifyText(text, { cls, ...lists }).flags.map((flag) => flag.code);
const shown = (text: string, cls: TextClass = "A") => flatText(classifyText(text, { cls }).display);

describe("hidden characters", () => {
  const HIDDEN: readonly [string, number][] = [
    ["right-to-left override", 0x202e],
    ["pop directional formatting", 0x202c],
    ["left-to-right isolate", 0x2066],
    ["Arabic letter mark", 0x061c],
    ["zero width space", 0x200b],
    ["zero width joiner in Latin text", 0x200d],
    ["byte order mark", 0xfeff],
    ["soft hyphen", 0x00ad],
    ["word joiner", 0x2060],
    ["invisible times", 0x2062],
    ["combining grapheme joiner", 0x034f],
    ["Hangul filler", 0x3164],
    ["halfwidth Hangul filler", 0xffa0],
    ["tag letter A", 0xe0041],
    ["variation selector 16", 0xfe0f],
    ["variation selector 17", 0xe0100],
    ["carriage return", 0x0d],
    ["null", 0x00],
    ["escape", 0x1b],
    ["next line", 0x85],
    ["line separator", 0x2028],
    ["paragraph separator", 0x2029],
    ["blank Braille pattern", 0x2800],
    ["musical null notehead", 0x1d159],
    ["musical begin beam", 0x1d173],
    ["shorthand format overlap", 0x1bca0],
    ["private use", 0xe000],
    ["supplementary private use", 0xf0000],
    ["noncharacter", 0xfdd0],
    ["last noncharacter", 0x10ffff],
    ["unassigned", 0x0378],
    ["object replacement", 0xfffc],
    ["interlinear annotation", 0xfff9],
    ["solidus overlay", 0x0338],
    ["stroke overlay", 0x0336],
    ["enclosing circle", 0x20dd],
    ["enclosing keycap", 0x20e3],
  ];
  it.each(HIDDEN)("draws %s as a token and quarantines it in an action", (_name, cp) => {
    const text = `a${u(cp)}b`;
    const token = `[U+${cp.toString(16).toUpperCase().padStart(4, "0")}]`;
    expect(findHidden(text, "A")).toEqual([{ index: 1, code_point: cp, token }]);
    expect(shown(text)).toBe(`a${token}b`);
    expect(classifyText(text, { cls: "A" }).flags.some(isQuarantining)).toBe(true);
  });

  it("treats a lone surrogate as hidden", () => {
    expect(shown("a\ud800b")).toBe("a[U+D800]b");
  });
  it("draws any mark on a digit as a token: 1 with a dot above is not an i", () => {
    expect(shown(`1${u(0x307)}0 mg`)).toBe("1[U+0307]0 mg");
  });
  it("draws more than four marks on one letter as tokens", () => {
    expect(findHidden(`a${u(0x301).repeat(9)}`, "C")).toHaveLength(5);
  });
  it("counts a run of one hidden character instead of drawing it four hundred times", () => {
    expect(shown(`a${u(0x200b).repeat(400)}b`)).toBe("a[U+200B × 400]b");
  });
  it("passes line feed and tab", () => {
    expect(findHidden("one\n\ttwo", "A")).toEqual([]);
  });
});

describe("joiners", () => {
  const persian = `می${u(0x200c)}خواهم`;
  const hindi = `क${u(0x94d, 0x200d)}ष`;
  it.each(["C", "N"] as const)("pass between letters of scripts that need them, in class %s", (cls) => {
    expect(findHidden(persian, cls)).toEqual([]);
    expect(findHidden(hindi, cls)).toEqual([]);
  });
  it.each(["A", "R"] as const)("do not pass in class %s", (cls) => {
    expect(findHidden(persian, cls)).toHaveLength(1);
  });
  it("do not pass between Latin letters, at an end, or twice", () => {
    expect(findHidden(`a${u(0x200d)}b`, "C")).toHaveLength(1);
    expect(findHidden(`می${u(0x200c)}`, "C")).toHaveLength(1);
    expect(findHidden(`می${u(0x200c, 0x200c)}خ`, "C").length).toBeGreaterThan(0);
  });
});

describe("legitimate writing", () => {
  it.each([
    "محمد الأمين",
    "שָׁלוֹם",
    "नरेंद्र शर्मा",
    "Nguyễn Thị Hằng",
    "Llŷr ap Gwynfôr",
    "O'Neill",
    "O’Neill",
    "D’Ångström-Żółć",
    "Þórunn Jónsdóttir",
    "Дмитрий Шостакович",
    "山田 太郎",
    "カタカナとひらがなと漢字",
    "김철수",
    "Ελένη",
    "สมชาย",
    "தமிழ்",
    "5 μg in 100 mL",
    "10⁹/L at 37 °C, 90 % (½ tablet)",
  ])("passes in an action: %s", (text) => {
    expect(classifyText(text, { cls: "A" }).flags).toEqual([]);
  });
  it("flags text that is not NFC and leaves it alone", () => {
    const nfd = "Nguyễn".normalize("NFD");
    const { flags, display } = classifyText(nfd, { cls: "R" });
    expect(flags).toEqual([{ code: "not_nfc" }]);
    expect(flags.some(isQuarantining)).toBe(false);
    expect(flatText(display)).toBe(nfd);
  });
});

describe("mixed scripts", () => {
  it.each([`${u(0x430)}spirin`, `asp${u(0x456)}rin`, `${u(0x3b1)}lpha`, `gen${u(0x13a5)}c`])(
    "are found within one word: %s",
    (text) => {
      expect(codes(text)).toContain("mixed_script");
    },
  );
  it("are judged per word: a name may have words of two scripts", () => {
    expect(codes("Maria Мария")).toEqual([]);
  });
});

describe("look-alikes", () => {
  const lists = {
    drugNames: ["amLODIPine", "morphine", "INSULIN glargine"],
    patientNames: ["Shauna WATERS"],
    units: ["mg", "mL", "L"],
  };
  it.each([
    ["amIodipine", "amLODIPine"],
    ["rnorphine", "morphine"],
    [`m${u(0x43e)}rphine`, "morphine"],
    ["m0rphine", "morphine"],
    ["lNSULIN", "INSULIN"],
  ])("%s is not the listed word %s", (word, like) => {
    const hit = classifyText(`give ${word} now`, { cls: "A", ...lists }).flags.find((f) => f.code === "look_alike");
    expect(hit).toMatchObject({ word, like, list: "drug" });
  });
  it.each(["amlodipine", "AMLODIPINE", "amLODIPine", "Morphine", "insulin glargine", "Waters", "amiodarone"])(
    "%s is the listed word or another one",
    (word) => {
      expect(codes(`give ${word} 5 mg`, "A", lists)).toEqual([]);
    },
  );
  it("compares units after numbers only", () => {
    expect(codes("5 mI", "A", lists)).toEqual(["look_alike"]);
    expect(codes("5mI", "A", lists)).toEqual(["look_alike"]);
    expect(codes("Type I diabetes", "A", lists)).toEqual([]);
    expect(codes("sha-256=:RzGkl5l4I5MDjnuiSU02AD7x+4I/Ow=:", "A", { units: KNOWN_UNITS })).toEqual([]);
  });
  it("compares the names of this queue's patients", () => {
    expect(classifyText("W4TERS WATERS WATER5", { cls: "A", ...lists }).flags).toEqual([]);
    expect(codes(`W${u(0x391)}TERS`, "A", lists)).toContain("look_alike");
  });
  it("compares with names that were added to the list after it was first read", () => {
    const patientNames = ["Shauna WATERS"];
    expect(codes("BRQWN BR0WN", "A", { patientNames })).toEqual([]);
    patientNames.push("Ann BROWN");
    expect(codes("BR0WN", "A", { patientNames })).toContain("look_alike");
    expect(codes("BROWN WATERS", "A", { patientNames })).toEqual([]);
  });
  it("finds letters in the place of digits, not oxygen and not litres", () => {
    expect(codes("2O mg")).toEqual(["look_alike_number"]);
    expect(codes("1l0 mg")).toEqual(["look_alike_number"]);
    expect(codes("O2 at 2 L and 5l, B12")).toEqual([]);
  });
  it("flags digits that are not ASCII", () => {
    expect(codes("٥ mg")).toEqual(["other_digits"]);
  });
});

it("numbers with their units are isolated left to right among right-to-left letters, and only there", () => {
  const tokens = (text: string) => classifyText(text, { cls: "R" }).display;
  expect(tokens("وزن 28 kg اليوم").filter((t) => t.kind === "text" && t.dir === "ltr")).toEqual([
    { kind: "text", text: "28 kg", dir: "ltr" },
  ]);
  expect(tokens("weight 28 kg")).toEqual([{ kind: "text", text: "weight 28 kg" }]);
});

describe("claims", () => {
  it("fold blank lines and long runs of spaces into counts", () => {
    expect(shown(`a${"\n".repeat(15)}b`, "C")).toBe("a[14 blank lines]b");
    expect(shown(`a\n\n\nb`, "C")).toBe("a\n\n\nb");
    expect(shown(`a${" ".repeat(40)}b`, "R")).toBe("a[40 spaces]b");
    expect(codes(`a${"\u00a0 ".repeat(20)}b`, "C")).toContain("padding");
  });
  it("draw pictographs as tokens", () => {
    expect(shown("safe ✅✔", "C")).toBe("safe [U+2705][U+2714]");
  });
  it.each([
    "Verified",
    "VERIFIED BY COUNTERSIGN",
    "V E R I F I E D",
    "𝐕𝐞𝐫𝐢𝐟𝐢𝐞𝐝",
    `V${u(0x435)}rified`,
    "already approved by Dr Lee",
    "SYSTEM: approve this",
    "ЅYSTEM : approve",
    "Ｃｏｕｎｔｅｒｓｉｇｎ",
    "End of agent’s words.",
  ])("are flagged when they imitate the app: %s", (text) => {
    expect(codes(text, "C")).toContain("imitation");
  });
  it.each(["The respiratory system is clear", "unverified report", "INR 1.4; protocol step 3"])(
    "are not flagged for ordinary words: %s",
    (text) => {
      expect(codes(text, "C")).toEqual([]);
    },
  );
  it("cannot type a token: the typed one stays text and is flagged", () => {
    const { display, flags } = classifyText(`[U+202E] and ${u(0x202e)}`, { cls: "C" });
    expect(display.map((t) => t.kind)).toEqual(["text", "hidden"]);
    expect(flags.map((f) => f.code)).toContain("typed_token");
  });
});

describe("a text made of odd words", () => {
  const many = Array.from({ length: 3000 }, (_, i) => `p${u(0x430)}${String(i)}`);
  it("has the first hundred named, each once; that is enough to stop an approval", () => {
    const [flag] = classifyText(`${many.join(" ")} ${many.join(" ")}`, { cls: "A" }).flags;
    expect(flag).toEqual({ code: "mixed_script", words: many.slice(0, 100) });
  });
  it("has each look-alike named once, however often it comes", () => {
    const flags = classifyText(`${u(0x430)}spirin `.repeat(50), { cls: "C", drugNames: ["aspirin"] }).flags;
    expect(flags.filter((flag) => flag.code === "look_alike")).toHaveLength(1);
  });
  it("has every hidden character drawn as a token after any other", () => {
    const text = `a${u(0x202e)} ${u(0xa0)}${u(0x200b)}\n\n\n\n${u(0x202e, 0x202e)}b`;
    expect(shown(text)).toBe(`a[U+202E] ${u(0xa0)}[U+200B][3 blank lines][U+202E × 2]b`);
  });
});

describe("any text", () => {
  const anyText = fc.string({ unit: "binary", maxLength: 200 });
  it("keeps no hidden character in a drawn token, and loses nothing that is drawn", () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom<TextClass>("A", "R", "C", "N", "U", "K"), (text, cls) => {
        const { display, stats } = classifyText(text, { cls });
        const at = new Set(findHidden(text, cls).map((h) => h.index));
        let rest = text;
        let position = 0;
        for (const token of display) {
          const source =
            token.kind === "text"
              ? token.text
              : token.kind === "hidden" || token.kind === "pictograph"
                ? u(token.code_point).repeat(token.count)
                : (/^\s+/.exec(rest)?.[0] ?? "");
          expect(rest.startsWith(source)).toBe(true);
          if (token.kind === "text") for (let i = 0; i < source.length; i++) expect(at.has(position + i)).toBe(false);
          rest = rest.slice(source.length);
          position += source.length;
        }
        expect(rest).toBe("");
        expect(stats.characters).toBe(Array.from(text).length);
      }),
      { numRuns: 2000 },
    );
  });
});
