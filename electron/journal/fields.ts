import { CountersignError } from "#shared/protocol/error.ts";

/**
 * Reads a stored record member by member. Records are authenticated by their seal, so a wrong shape means another
 * version of the app wrote it: refused, never guessed.
 */
export class Fields {
  readonly #record: Readonly<Record<string, unknown>>;

  /**
   * @param source the bytes of a JSON text, or a value that was parsed already
   * @throws CountersignError `E_CLI_JOURNAL` when it is not one JSON object
   */
  constructor(source: unknown) {
    const value = source instanceof Uint8Array ? parse(source) : source;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new CountersignError("E_CLI_JOURNAL");
    this.#record = { ...value };
  }

  text(name: string): string {
    const value = this.#record[name];
    if (typeof value !== "string") throw new CountersignError("E_CLI_JOURNAL", `The member ${name} is missing.`);
    return value;
  }

  integer(name: string): number {
    const value = this.#record[name];
    if (!Number.isSafeInteger(value) || typeof value !== "number") {
      throw new CountersignError("E_CLI_JOURNAL", `The member ${name} is missing.`);
    }
    return value;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const value = this.text(name);
    const known = allowed.find((a) => a === value);
    if (known === undefined) throw new CountersignError("E_CLI_JOURNAL", `The member ${name} is unknown.`);
    return known;
  }

  record(name: string): Fields {
    return new Fields(this.#record[name]);
  }

  optionalText(name: string): string | undefined {
    return this.#record[name] === undefined ? undefined : this.text(name);
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw new CountersignError("E_CLI_JOURNAL", undefined, { cause });
  }
}

export const encodeRecord = (record: object): Uint8Array => Buffer.from(JSON.stringify(record));
