import type { ErrorCode } from "./registry.ts";

/**
 * The one error class of the protocol. `code` is stable and from the registry; `message` is for people; the two never
 * mix. Across a process or the wire an error is the plain `{code, message}` of {@link CountersignError.toJSON}.
 */
export class CountersignError extends Error {
  override readonly name = "CountersignError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message?: string, options?: ErrorOptions) {
    super(message ?? code, options);
    this.code = code;
  }

  toJSON(): { code: ErrorCode; message: string } {
    return { code: this.code, message: this.message };
  }
}
