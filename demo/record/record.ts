import northgate from "./northgate.json" with { type: "json" };

/**
 * The record of Northgate Hospital: synthetic people only. NHS numbers are in the 999 range, which is never issued;
 * telephone numbers are from the range kept for drama; the postcode does not exist.
 */
export const record: readonly { readonly resourceType: string; readonly id: string }[] = northgate;
