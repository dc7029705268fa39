export type LogFields = Readonly<Record<string, string | number | boolean>>;

/**
 * Where the gateway writes what operators need. `event` is a stable word with dots, fields are ids, codes and figures.
 * SECURITY: never a claim of a signed object: no patient, no name, no clinical text in any log (protocol.md 3.19).
 */
export interface Logger {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}
