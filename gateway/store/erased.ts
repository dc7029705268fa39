import { CountersignError } from "#shared/protocol/error.ts";

/** Shows that one thing is in the list of an erasure, and nothing of the others. Hashes in base64url. */
export interface ErasedPlace {
  readonly salt: string;
  readonly index: number;
  readonly path: readonly string[];
}

/** That something can be read by nobody any more: when that was done, and the digest of the record of it. */
export interface Erased {
  /** Unix seconds. */
  readonly at: number;
  /** Published under kind `erasure`; the log has a `config` entry of it. */
  readonly record: string;
  /** Its place in the record's list (docs/decisions/0016). Absent of what was erased before records had one. */
  readonly place?: ErasedPlace;
}

/** What the store says of an object: its text, or that it was erased. */
export type Opened = string | Erased;

/** @throws CountersignError `E_STORE_ERASED` */
export function readable(opened: Opened): string {
  if (typeof opened === "string") return opened;
  throw erasedError(opened);
}

/** A row's text under its name. Of an erased one it is refused when it is read, and `erased` says why. */
export function withText<R extends object, N extends string>(
  row: R,
  name: N,
  opened: Opened,
): R & { readonly [M in N]: string } & { readonly erased?: Erased } {
  if (typeof opened === "string") return { ...row, ...member(name, opened) };
  const refused = { ...row, erased: opened };
  // SECURITY: what was erased is never an empty text: whoever reads it without asking first is stopped.
  Object.defineProperty(refused, name, {
    enumerable: true,
    get: () => readable(opened),
  });
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the line before defined it
  return refused as R & { readonly [M in N]: string } & { readonly erased: Erased };
}

/** As {@link withText} of a `jws` that is opened when it, or whether it was erased, is read first: most ask for neither. */
export function withSealed<R extends object>(
  row: R,
  open: () => Opened,
): R & { readonly jws: string } & { readonly erased?: Erased } {
  let opened: Opened | undefined;
  const once = (): Opened => (opened ??= open());
  const sealed = {
    ...row,
    get jws(): string {
      return readable(once());
    },
    get erased(): Erased | undefined {
      const what = once();
      return typeof what === "string" ? undefined : what;
    },
  };
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- undefined is as good as absent here
  return sealed as R & { readonly jws: string } & { readonly erased?: Erased };
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- a computed name is widened to string
const member = <N extends string>(name: N, text: string) => ({ [name]: text }) as { readonly [M in N]: string };

function erasedError({ at }: Erased): CountersignError {
  const day = new Date(at * 1000).toISOString().slice(0, 10);
  return new CountersignError(
    "E_STORE_ERASED",
    `It was erased on ${day}, by order or because its time was over. That it was here, when and how it ended is still in the log.`,
  );
}
