import { CountersignError } from "#shared/protocol/error.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

/** Return values of PKCS#11 (CKR_*) that a person can do something about. */
const CODES: ReadonlyMap<number, ErrorCode> = new Map([
  [0xa0, "E_CLI_PIN"], // CKR_PIN_INCORRECT
  [0xa1, "E_CLI_PIN"], // CKR_PIN_INVALID
  [0xa2, "E_CLI_PIN"], // CKR_PIN_LEN_RANGE
  [0xa3, "E_CLI_TOKEN_LOCKED"], // CKR_PIN_EXPIRED
  [0xa4, "E_CLI_TOKEN_LOCKED"], // CKR_PIN_LOCKED
  [0x03, "E_CLI_TOKEN_REMOVED"], // CKR_SLOT_ID_INVALID
  [0x32, "E_CLI_TOKEN_REMOVED"], // CKR_DEVICE_REMOVED
  [0xb0, "E_CLI_TOKEN_REMOVED"], // CKR_SESSION_CLOSED
  [0xb3, "E_CLI_TOKEN_REMOVED"], // CKR_SESSION_HANDLE_INVALID
  [0xe0, "E_CLI_TOKEN_REMOVED"], // CKR_TOKEN_NOT_PRESENT
  [0xe1, "E_CLI_TOKEN_REMOVED"], // CKR_TOKEN_NOT_RECOGNIZED
  [0x101, "E_CLI_LOCKED"], // CKR_USER_NOT_LOGGED_IN
]);

/**
 * A module's refusal as an error for a person. The number is for whoever looks after the cards.
 * @param rv a CKR_* value, or "module" when there is no working module at all
 * @param where the function that refused, or the module's file
 */
export function tokenFault(rv: number | "module", where: string, cause?: unknown): CountersignError {
  if (rv === "module") return new CountersignError("E_CLI_TOKEN_MODULE", undefined, { cause });
  const code = CODES.get(rv);
  if (code !== undefined) return new CountersignError(code);
  return new CountersignError("E_CLI_TOKEN", `The smart card refused (${where}, 0x${rv.toString(16)}). Tell IT.`);
}
