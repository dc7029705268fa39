import registry from "./registry.json" with { type: "json" };

/**
 * The single list of codes, reasons, actions, RAR types and events (protocol.md 3.18, 3.22). Types, documentation
 * tables and screen words come from it.
 */
export type ErrorCode = keyof typeof registry.codes;
export type RetryClass = "never" | "later" | "reauth" | "refresh" | "resign";

export interface CodeEntry {
  readonly retry: RetryClass;
  /** One sentence or two for a person: what happened and what to do. */
  readonly text: string;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- JSON modules widen `retry` to string; a test checks it
export const CODES = registry.codes as Readonly<Record<ErrorCode, CodeEntry>>;

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(CODES, code);

/** The sentence of a code; an unknown code (a newer peer) is shown as itself. */
export const sentenceOf = (code: string): string => (isErrorCode(code) ? CODES[code].text : `Unknown code ${code}.`);

/** Why a request has its risk (protocol.md 3.5 `risk_reasons`): the closed list, with the words of the screen. */
export type RiskReason = keyof typeof registry.riskReasons;
export const RISK_REASONS = registry.riskReasons as Readonly<Record<RiskReason, string>>;
