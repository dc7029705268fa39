import { CountersignError } from "#shared/protocol/error.ts";

const LEAST_DIGITS = 6;
const MOST_DIGITS = 64;

/**
 * Refuses PINs that are guessed first: fewer than six digits, one digit repeated, a row up or down, or a short pattern
 * repeated (README decision 7).
 * @throws CountersignError `E_CLI_PIN_WEAK`
 */
export function checkNewPin(pin: string): void {
  const digits = /^[0-9]+$/.test(pin) && pin.length >= LEAST_DIGITS && pin.length <= MOST_DIGITS;
  if (!digits || isRow(pin, 1) || isRow(pin, 9) || isRepeated(pin)) throw new CountersignError("E_CLI_PIN_WEAK");
}

/** Each digit is the one before plus `step`, counting 9, 0, 1. */
function isRow(pin: string, step: number): boolean {
  const digits = Array.from(pin, Number);
  return digits.every((d, i) => i === 0 || d === ((digits[i - 1] ?? 0) + step) % 10);
}

/** One, two or three digits over and over: 777777, 121212, 123123. */
function isRepeated(pin: string): boolean {
  return [1, 2, 3].some(
    (length) =>
      pin ===
      pin
        .slice(0, length)
        .repeat(Math.ceil(pin.length / length))
        .slice(0, pin.length),
  );
}
