import type { Frame } from "./frames.ts";

/** What happens to a frame: it comes twice, after the next one like it, or not at all. */
export type FrameFault = "duplicate" | "reorder" | "drop";

export interface FrameRule {
  readonly fault: FrameFault;
  /** Which frames; by what they say. */
  readonly matches: (frame: Frame) => boolean;
  /** How many of them; then the rule is spent. */
  readonly times: number;
}

/** Messages of this type of the protocol (protocol.md 3.4.2). */
export const ofType =
  (type: string) =>
  ({ text }: Frame): boolean =>
    text.includes(`"type":"${type}"`);

/** Applies rules to the frames of one direction of one connection. */
export class FrameFaults {
  readonly #rules: readonly FrameRule[];
  readonly #spent: Map<FrameRule, number>;
  #held: { readonly frame: Frame; readonly rule: FrameRule } | undefined;

  /** @param spent how often each rule was applied, over all connections */
  constructor(rules: readonly FrameRule[], spent: Map<FrameRule, number>) {
    [this.#rules, this.#spent] = [rules, spent];
  }

  /** What is sent in the place of this frame. */
  pass(frame: Frame): readonly Frame[] {
    const isLike = this.#held?.rule.matches(frame) === true;
    const after = isLike ? [this.#held!.frame] : [];
    if (isLike) this.#held = undefined;
    const rule = this.#rules.find((one) => (this.#spent.get(one) ?? 0) < one.times && one.matches(frame));
    if (rule === undefined) return [frame, ...after];
    this.#spent.set(rule, (this.#spent.get(rule) ?? 0) + 1);
    switch (rule.fault) {
      case "duplicate":
        return [frame, frame, ...after];
      case "drop":
        return after;
      case "reorder":
        this.#held = { frame, rule };
        return after;
      default:
        return rule.fault satisfies never;
    }
  }
}
