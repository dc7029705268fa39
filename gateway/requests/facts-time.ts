const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/**
 * A FHIR date or dateTime as the record has it, in the form of the screens: "2026-11-12T09:10:00Z" → "12-Nov-2026 09:10",
 * "2026-11" → "Nov-2026". Digits as recorded; an offset other than UTC is said ("12-Nov-2026 09:10 +01:00"). Text that is
 * no FHIR date is given back.
 */
export function dateWords(text: string): string {
  const m =
    /^([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}:[0-9]{2})(?::[0-9]{2}(?:\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2}))?)?)?$/.exec(
      text,
    );
  if (!m) return text;
  const [, year = "", month, day, time, offset] = m;
  const name = month === undefined ? undefined : MONTHS[Number(month) - 1];
  if (month !== undefined && name === undefined) return text;
  const date = [day, name, year].filter((part) => part !== undefined).join("-");
  if (time === undefined) return date;
  return offset === "Z" || offset === "+00:00" ? `${date} ${time}` : `${date} ${time} ${offset ?? ""}`;
}

/** By the clock, whatever offsets the times are written in; what has no time comes last. */
export function newestFirst<T extends { readonly when?: string }>(items: readonly T[]): readonly T[] {
  const at = ({ when }: T): number => (when === undefined ? Number.NaN : Date.parse(when));
  const known = items.filter((item) => !Number.isNaN(at(item))).toSorted((a, b) => at(b) - at(a));
  return [...known, ...items.filter((item) => Number.isNaN(at(item)))];
}
