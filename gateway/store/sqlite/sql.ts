import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

import { CountersignError } from "#shared/protocol/error.ts";

/**
 * One row. Each reader checks the column's type, so a damaged or foreign file is refused and never half understood.
 * @throws CountersignError `E_STORE_CORRUPT`
 */
export interface Row {
  text(column: string): string;
  int(column: string): number;
  bytes(column: string): Uint8Array;
  maybeText(column: string): string | undefined;
  maybeInt(column: string): number | undefined;
  maybeBytes(column: string): Uint8Array | undefined;
  /** Text that is one of a closed list. */
  oneOf<T extends string>(column: string, list: readonly T[]): T;
}

class SqlRow implements Row {
  readonly #columns: ReadonlyMap<string, number>;
  readonly #values: readonly unknown[];

  constructor(columns: ReadonlyMap<string, number>, values: readonly unknown[]) {
    this.#columns = columns;
    this.#values = values;
  }

  #value(column: string): unknown {
    const at = this.#columns.get(column);
    return at === undefined ? undefined : this.#values[at];
  }

  #bad(column: string): never {
    throw new CountersignError("E_STORE_CORRUPT", `A stored ${column} is not of the kind it was written as.`);
  }

  text(column: string): string {
    const value = this.#value(column);
    return typeof value === "string" ? value : this.#bad(column);
  }

  int(column: string): number {
    const value = this.#value(column);
    return typeof value === "number" ? value : this.#bad(column);
  }

  bytes(column: string): Uint8Array {
    const value = this.#value(column);
    return value instanceof Uint8Array ? value : this.#bad(column);
  }

  maybeText(column: string): string | undefined {
    return this.#isAbsent(column) ? undefined : this.text(column);
  }

  maybeInt(column: string): number | undefined {
    return this.#isAbsent(column) ? undefined : this.int(column);
  }

  maybeBytes(column: string): Uint8Array | undefined {
    return this.#isAbsent(column) ? undefined : this.bytes(column);
  }

  oneOf<T extends string>(column: string, list: readonly T[]): T {
    const value = this.text(column);
    return list.find((item) => item === value) ?? this.#bad(column);
  }

  #isAbsent(column: string): boolean {
    const value = this.#value(column);
    return value === null || value === undefined;
  }
}

/** JSON of this store's own columns: written by `JSON.stringify` from a `T`, in the same transaction it was typed in. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names the type that was written
export function ownJson<T>(text: string): T {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the store's own text, never a peer's
  return JSON.parse(text) as T;
}

/** Prepared statements of one database, made once each. */
export interface Sql {
  get(text: string, ...values: SQLInputValue[]): Row | undefined;
  /** For a statement that always has a row: an aggregate, `RETURNING`. */
  one(text: string, ...values: SQLInputValue[]): Row;
  all(text: string, ...values: SQLInputValue[]): Row[];
  /** As {@link all}, for a text that is put together for one query: it is not kept. */
  once(text: string, ...values: SQLInputValue[]): Row[];
  /** Number of rows changed. */
  run(text: string, ...values: SQLInputValue[]): number;
  /** From now on nothing is read or written: each of them throws this. */
  refuse(why: CountersignError): void;
}

/** As a list, which the statement was asked for and its type does not say. */
const rowOf = (columns: ReadonlyMap<string, number>, values: unknown): Row =>
  new SqlRow(columns, Array.isArray(values) ? values : []);

/** A statement whose rows are lists: naming each value of each row anew took longer than reading it. */
interface Prepared {
  readonly statement: StatementSync;
  readonly columns: ReadonlyMap<string, number>;
}

export function makeSql(db: DatabaseSync): Sql {
  const statements = new Map<string, Prepared>();
  let refused: CountersignError | undefined;
  const prepared = (text: string): Prepared => {
    let found = statements.get(text);
    if (!found) {
      found = prepare(db, text);
      statements.set(text, found);
    }
    return found;
  };
  const guarded = <T>(act: () => T): T => {
    if (refused) throw refused;
    try {
      return act();
    } catch (cause) {
      throw storeError(cause);
    }
  };
  const get = (text: string, ...values: SQLInputValue[]): Row | undefined =>
    guarded(() => {
      const { statement, columns } = prepared(text);
      const row: unknown = statement.get(...values);
      return row === undefined ? undefined : rowOf(columns, row);
    });
  const all = ({ statement, columns }: Prepared, values: readonly SQLInputValue[]): Row[] =>
    statement.all(...values).map((row) => rowOf(columns, row));
  return {
    get,
    one(text, ...values) {
      const row = get(text, ...values);
      if (!row) throw new CountersignError("E_STORE_CORRUPT", "A row that must exist is missing.");
      return row;
    },
    all: (text, ...values) => guarded(() => all(prepared(text), values)),
    once: (text, ...values) => guarded(() => all(prepare(db, text), values)),
    run: (text, ...values) => guarded(() => Number(prepared(text).statement.run(...values).changes)),
    refuse: (why) => void (refused ??= why),
  };
}

/** Our statements fit our tables: where one does not, the description of the tables in the file is damaged. */
function prepare(db: DatabaseSync, text: string): Prepared {
  try {
    const statement = db.prepare(text);
    statement.setReturnArrays(true);
    return { statement, columns: new Map(statement.columns().map(({ name }, i) => [name, i])) };
  } catch (cause) {
    if (sqliteCode(cause) !== ERROR) throw cause;
    throw new CountersignError("E_STORE_CORRUPT", "The tables in the file are not those of this program.", { cause });
  }
}

/** SQLite's primary result code (https://www.sqlite.org/rescode.html), or undefined for another error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

const ERROR = 1;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
export const CONSTRAINT = 19;
const NOTADB = 26;

/** The protocol's code for what SQLite reports; anything else is returned as it came. */
export function storeError(cause: unknown): unknown {
  switch (sqliteCode(cause)) {
    case BUSY:
    case LOCKED:
      return new CountersignError("E_STORE_LOCKED", undefined, { cause });
    case READONLY:
    case CANTOPEN:
      return new CountersignError("E_STORE_READONLY", undefined, { cause });
    case FULL:
      return new CountersignError("E_STORE_FULL", undefined, { cause });
    case IOERR:
    case CORRUPT:
    case NOTADB:
      return new CountersignError("E_STORE_CORRUPT", undefined, { cause });
    default:
      return cause;
  }
}

/** A unique constraint said no; `index` is a column or index named in SQLite's message. */
export const isConflict = (error: unknown, column: string): boolean =>
  sqliteCode(error) === CONSTRAINT && error instanceof Error && error.message.includes(column);

/** Optional members: absent, not `undefined` (exactOptionalPropertyTypes). */
export function present<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  const out: { [P in K]?: V } = {};
  if (value !== undefined) out[name] = value;
  return out;
}
