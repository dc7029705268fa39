/**
 * @typedef {"E_NODE_TOO_OLD" | "E_NPM_FAILED" | "E_NETWORK" | "E_INTEGRITY" | "E_SYSTEM_LIBRARIES" | "E_ELECTRON_UNAVAILABLE"
 *   | "E_COMMAND_FAILED" | "E_NO_DISPLAY" | "E_USAGE" | "E_READ_ONLY" | "E_UNSUPPORTED"} ScriptErrorCode
 */

/** What a person at the terminal can act on: what happened and what to do, printed without a stack trace. */
export class ScriptError extends Error {
  /**
   * @param {ScriptErrorCode} code stable, for scripts and searches
   * @param {string} message what happened, what it means and what to do
   * @param {string} [detail] the failing tool's own last words
   */
  constructor(code, message, detail) {
    super(message);
    this.name = "ScriptError";
    this.code = code;
    this.detail = detail;
  }
}
