/**
 * Where a practice takes place: nowhere. SECURITY: names under `.invalid` belong to nobody (RFC 6761), so nothing that is
 * signed for them is addressed to a real gateway, whatever its key.
 */
export const PRACTICE_GATEWAY = "https://gateway.practice.invalid";
export const PRACTICE_DIRECTORY = "https://directory.practice.invalid";
export const PRACTICE_RECORD = "https://record.practice.invalid/r4";
export const PRACTICE_ENDPOINT = "wss://gateway.practice.invalid/";
export const PRACTICE_NAME = "Practice";
export const POOL = "practice";
