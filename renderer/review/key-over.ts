import type { ErrorCode } from "#shared/protocol/registry.ts";

/** Not delivered because its key is over for good: nobody can sign again with it (reliability.md A3). */
export const isKeyOver = (code: ErrorCode): boolean => code === "E_KEY_REVOKED" || code === "E_KEY_VALIDITY";
