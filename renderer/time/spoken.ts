const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** `14 July 1945` of a FHIR date, for sentences that are heard; a partial or unknown date stays as it is. */
export function spokenDate(fhirDate: string): string {
  const [match, year, month = "", day = ""] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(fhirDate) ?? [];
  const name = MONTHS[Number(month) - 1];
  return match === undefined || year === undefined || name === undefined ? fhirDate : `${Number(day)} ${name} ${year}`;
}

/** `9 9 9, 7 2 8, 7 6 5 2`: an NHS number in groups of 3, 3 and 4, digit by digit (approval-experience.md 10.9). */
export function spokenNumber(grouped: string): string {
  return grouped
    .split(" ")
    .map((group) => Array.from(group).join(" "))
    .join(", ");
}
