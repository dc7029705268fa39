import { describe, expect, test } from "vitest";

import { isTypingTarget, mayAct } from "../../../renderer/keys/gating.ts";
import type { KeyFacts } from "../../../renderer/keys/gating.ts";

const plain: KeyFacts = { isRepeat: false, isComposing: false, isTyping: false, hasModifier: false };

describe("keys (approval-experience.md 9)", () => {
  test("a letter acts when nothing speaks against it", () => {
    expect(mayAct("single", plain, true)).toBe("act");
  });

  test.each([
    ["in an input", { isTyping: true }],
    ["with a modifier", { hasModifier: true }],
    ["during IME composition", { isComposing: true }],
    ["on repeat", { isRepeat: true }],
  ])("a letter is inactive %s", (_name, change) => {
    expect(mayAct("single", { ...plain, ...change }, true)).toBe("ignore");
  });

  test("letters can be switched off; Esc, F6 and chords cannot (WCAG 2.1.4)", () => {
    expect(mayAct("single", plain, false)).toBe("switched_off");
    expect(mayAct("named", plain, false)).toBe("act");
    expect(mayAct("arrow", plain, false)).toBe("act");
    expect(mayAct("chord", { ...plain, hasModifier: true }, false)).toBe("act");
  });

  test("Esc leaves a field that is being typed in; arrows stay the caret's", () => {
    expect(mayAct("named", { ...plain, isTyping: true }, true)).toBe("act");
    expect(mayAct("arrow", { ...plain, isTyping: true }, true)).toBe("ignore");
    expect(mayAct("arrow", { ...plain, isRepeat: true }, true)).toBe("act");
  });

  test("text fields are where one types, ticks and buttons are not", () => {
    expect(isTypingTarget({ tagName: "INPUT", type: "password" })).toBe(true);
    expect(isTypingTarget({ tagName: "textarea" })).toBe(true);
    expect(isTypingTarget({ tagName: "DIV", isContentEditable: true })).toBe(true);
    expect(isTypingTarget({ tagName: "INPUT", type: "checkbox" })).toBe(false);
    expect(isTypingTarget({ tagName: "BUTTON" })).toBe(false);
  });
});
