/**
 * Decimals as text: compared and scaled by their digits, never through a binary number (protocol.md 1, point 2).
 * `units × 10^-scale`.
 */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

const DECIMAL = /^(-?)([0-9]{1,40})(?:\.([0-9]{1,40}))?(?:[eE]([+-]?[0-9]{1,2}))?$/;

/** Undefined for anything that is not one plain number, "1,000" and "1 000" included. */
export function parseDecimal(text: string): Decimal | undefined {
  const m = DECIMAL.exec(text);
  if (!m) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = m;
  const units = BigInt(`${sign}${whole}${fraction}`);
  return shift({ units, scale: fraction.length }, Number(exponent));
}

/** × 10^power. */
export function shift(d: Decimal, power: number): Decimal {
  const scale = d.scale - power;
  return scale >= 0 ? { units: d.units, scale } : { units: d.units * 10n ** BigInt(-scale), scale: 0 };
}

/** Negative, 0 or positive, as `a` is smaller than, equal to or larger than `b`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const left = a.units * 10n ** BigInt(b.scale);
  const right = b.units * 10n ** BigInt(a.scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

export function sameNumber(a: string, b: string): boolean {
  const [x, y] = [parseDecimal(a), parseDecimal(b)];
  return x !== undefined && y !== undefined && compareDecimals(x, y) === 0;
}
