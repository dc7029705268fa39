import type { ErasedPlace } from "./erased.ts";

/** What the store is asked about erasing (docs/decisions/0015). Keys are named by number here, by their random names in records. */

/** A key that seals what belongs to one revision of a request, or to one thing that has no request. */
export interface SubjectKeyRow {
  readonly id: number;
  readonly name: string;
  readonly rid?: string;
  /** Number of the patient's key above it. */
  readonly patient?: number;
  /** Of a revision of a request that is stored: which, and the digest of it. */
  readonly revision?: { readonly rev: number; readonly digest: string };
}

export interface HoldRow {
  readonly name: string;
  readonly patient?: number;
  readonly rid?: string;
  readonly at: number;
  /** Digest of the record of it, published under kind `hold`. */
  readonly record: string;
}

/** A hold that may have been released. */
export interface PlacedHold extends HoldRow {
  /** Digest of the record of its release. */
  readonly released?: string;
}

export interface RetentionReads {
  /** Number of the key of a patient, by reference; undefined where nothing is kept about them. */
  patientKey(ref: string): number | undefined;
  /** Keys that are not erased, of one patient or one request. */
  subjectKeys(of: { readonly patient: number } | { readonly rid: string }): readonly SubjectKeyRow[];
  /** Keys that are not erased of what began before, in their order after `after`. */
  subjectKeysBefore(before: number, after: number, limit: number): readonly SubjectKeyRow[];
  /** Whether something of it has not ended, or ended after `before`, or is under review. */
  isUnended(key: SubjectKeyRow, before: number): boolean;
  /** Holds that were not released. */
  holds(): readonly HoldRow[];
  /** Keys of revisions that were erased with a record that has no list, the oldest first, with that record. */
  unshownErasures(limit: number): readonly (SubjectKeyRow & { readonly record: string })[];
  /** Whether keys that were overwritten in the database may still stand in a file beside it, for {@link Store.cutTraces}. */
  hasTraces(): boolean;
  /** Every hold that ever was. */
  everyHold(): readonly PlacedHold[];
  /** How many keys there are, and how many were erased. */
  keyCounts(): { readonly kept: number; readonly erased: number };
  /**
   * The newest time that was believed, Unix seconds: what {@link RetentionWrites.keepTime} was told, or where it never was
   * that of the newest checkpoint; undefined for a new store.
   */
  knownTime(): { readonly at: number; readonly isKept: boolean } | undefined;
  /** Texts of the records of erasures whose keys are there nevertheless: of an older copy. */
  undoneErasures(): readonly string[];
}

export interface RetentionWrites {
  /** As {@link RetentionReads.patientKey}; made where there is none, since a hold is also on what comes. */
  keepPatientKey(ref: string, at: number): number;
  addHold(hold: HoldRow): void;
  /** False when there is no such hold, or it was released. */
  releaseHold(name: string, at: number, record: string): boolean;
  /** The clock was believed then. What is stored from now on is kept as if it were no older. */
  keepTime(at: number): void;
  /** Gives erased keys their place in the list of another record. When they were erased stays as it is. */
  restateErasures(keys: readonly (SubjectKeyRow & { readonly place: ErasedPlace })[], record: string): void;
  /**
   * Overwrites the keys, and those of patients of whom nothing else is kept, with everything that finds them by a patient.
   * Nothing of it can be read once it is committed. Each key comes with its place in the record's list.
   */
  eraseKeys(keys: readonly (SubjectKeyRow & { readonly place: ErasedPlace })[], at: number, record: string): void;
}
