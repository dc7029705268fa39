import type { Spread } from "./interleaved.ts";

/** What a ratio of reliability.md 6.2 has to hold. */
export interface Bar {
  readonly id: string;
  readonly what: string;
  readonly bar: number;
  readonly aim: number;
  /** `min`: not below the bar; `max`: not above it. */
  readonly sense: "min" | "max";
}

export interface Figure extends Bar {
  readonly value: number;
  readonly iqr: readonly [number, number];
  readonly held: boolean;
}

const round = (value: number): number => Number(value.toPrecision(4));
export const rounded = ({ median, iqr: [q1, q3] }: Spread): Spread => ({
  median: round(median),
  iqr: [round(q1), round(q3)],
});

/** Compares a figure with its bar and prints it. */
export function report(bar: Bar, measured: Spread, unit = ""): Figure {
  const { median: value, iqr } = rounded(measured);
  const held = bar.sense === "min" ? value >= bar.bar : value <= bar.bar;
  const sign = bar.sense === "min" ? ">=" : "<=";
  process.stdout.write(
    `${bar.id.padEnd(12)} ${String(value)}${unit} (IQR ${iqr.join(" to ")}), bar ${sign} ${String(bar.bar)}${unit}, aim ${sign} ${String(bar.aim)}${unit}: ${held ? "held" : "NOT HELD"}. ${bar.what}\n`,
  );
  return { ...bar, value, iqr, held };
}
