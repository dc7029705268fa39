import { KeyObject, randomBytes } from "node:crypto";

import { CountersignError } from "#shared/protocol/error.ts";

import { makeRandomPool, type Random } from "../../random-pool.ts";
import type { Erased, ErasedPlace, Opened } from "../erased.ts";
import { KEY_BYTES, openBytes, sealBytes, takeKey, type SealKey } from "../seal/cipher.ts";
import { packJws, unpackJws } from "../seal/packed.ts";
import type { Row, Sql } from "./sql.ts";
import type { StoreKeys } from "./store-keys.ts";

/** What a sealed object belongs to: one revision of a request, unless nothing is stored about that. */
export interface Whose {
  readonly rid?: string | undefined;
  readonly rev?: number | undefined;
  /** Name of a key of its own, for what is about no stored request. */
  readonly own: string;
  /** Unix seconds. */
  readonly at: number;
  /** Digest of whom it is about, for a key of its own. */
  readonly patient?: Uint8Array | undefined;
}

/**
 * Keys of what is about patients (docs/decisions/0015): the store's key wraps one key for each patient, that wraps one for
 * each revision of a request, and that seals its objects. Erasing a wrapped key erases what is below it.
 */
export interface Keyring {
  /** Makes the key of a revision, below its patient's. */
  addRequest(rid: string, rev: number, at: number, patient: Uint8Array | undefined): void;
  /** Number of the patient's key; made where there is none. */
  patientKey(patient: Uint8Array, at: number): number;
  /** @param place table, row and digest: it opens nowhere else. @throws CountersignError `E_STORE_ERASED` */
  seal(whose: Whose, place: string, text: string): Uint8Array;
  /** @throws CountersignError `E_STORE_CORRUPT` for what was changed or put in another's place */
  open(sealed: Uint8Array, place: string): Opened;
  /** Has to be told of every rollback and every erasure. */
  forget(): void;
}

/**
 * Row of the newest time that was believed. SECURITY: nothing becomes older than that because a clock was set back when it
 * was stored; it would be erased before its time once the clock is right.
 */
export const KNOWN_TIME = "known_time";

/** Version, number of the key. */
const HEAD_BYTES = 7;
/** What is sealed is the text itself, or a packed JWS. */
const VERSION = { text: 1, packed: 2 } as const;
/** SECURITY: bound to the seal as the place is, so that neither is opened as the other. */
const PACKED = " packed";
const MOST_KEPT = 4096;

/** Where a wrapped key belongs. */
export const patientPlace = (name: string): string => `patient ${name}`;
export const subjectPlace = (name: string): string => `subject ${name}`;

export const nameOfRevision = (rid: string, rev: number): string => `${rid}.${String(rev)}`;

interface SubjectKey {
  readonly id: number;
  readonly key: SealKey;
}

export function makeKeyring(sql: Sql, keys: StoreKeys, random: Random = makeRandomPool()): Keyring {
  const patients = new Map<number, SealKey>();
  const subjects = new Map<number, SealKey | Erased>();
  const named = new Map<string, number>();

  function keep<K, V>(kept: Map<K, V>, key: K, value: V): V {
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(key, value);
    return value;
  }

  function patientKey(patient: Uint8Array, at: number): number {
    const known = sql.get("SELECT id FROM patient_keys WHERE patient = ?", patient)?.int("id");
    if (known !== undefined) return known;
    const [name, key] = [randomBytes(16).toString("hex"), randomBytes(KEY_BYTES)];
    const id = sql
      .one(
        "INSERT INTO patient_keys (name, patient, wrapped, made_at) VALUES (?,?,?,?) RETURNING id",
        ...[name, patient, keys.wrap(patientPlace(name), key), at],
      )
      .int("id");
    keep(patients, id, takeKey(key));
    return id;
  }

  function patientKeyOf(row: Row, id: number): SealKey {
    const wrapped = row.bytes("patient_wrapped");
    const opened = (): SealKey => takeKey(keys.unwrap(patientPlace(row.text("patient_name")), wrapped));
    return patients.get(id) ?? keep(patients, id, opened());
  }

  function addSubject(name: string, about: Pick<Whose, "rid" | "at" | "patient">): SubjectKey {
    const patient = about.patient && patientKey(about.patient, about.at);
    const key = randomBytes(KEY_BYTES);
    const place = subjectPlace(name);
    const wrapped = patient === undefined ? keys.wrap(place, key) : sealBytes(parentOf(patient), place, key);
    const id = sql
      .one(
        `INSERT INTO subject_keys (name, rid, patient, wrapped, since)
           VALUES (?,?,?,?, MAX(?, COALESCE((SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?), 0))) RETURNING id`,
        ...[name, about.rid ?? null, patient ?? null, wrapped, about.at, KNOWN_TIME],
      )
      .int("id");
    keep(named, name, id);
    const taken = takeKey(key);
    keep(subjects, id, taken);
    return { id, key: taken };
  }

  function parentOf(patient: number): SealKey {
    return patients.get(patient) ?? patientKeyOf(sql.one(PATIENT_KEY, patient), patient);
  }

  function lookUp(id: number): SealKey | Erased {
    const known = subjects.get(id);
    if (known !== undefined) return known;
    const row = sql.get(`${SUBJECT_KEY} WHERE s.id = ?`, id);
    if (row === undefined) throw missing();
    const at = row.maybeInt("erased_at");
    if (at !== undefined) return keep(subjects, id, { at, record: row.text("record"), ...placeOf(row) });
    const patient = row.maybeInt("patient");
    const [place, wrapped] = [subjectPlace(row.text("name")), row.bytes("wrapped")];
    const key =
      patient === undefined ? keys.unwrap(place, wrapped) : openBytes(patientKeyOf(row, patient), place, wrapped);
    return keep(subjects, id, takeKey(key));
  }

  function numberOf(name: string): number | undefined {
    const known = named.get(name) ?? sql.get("SELECT id FROM subject_keys WHERE name = ?", name)?.int("id");
    return known === undefined ? undefined : keep(named, name, known);
  }

  /** A statement may be about a request as such: then its newest revision's. */
  function newestOf(rid: string): number | undefined {
    return sql.get("SELECT id FROM subject_keys WHERE rid = ? ORDER BY id DESC LIMIT 1", rid)?.int("id");
  }

  function subjectOf({ rid, rev, own, at, patient }: Whose): SubjectKey {
    const revision = rid === undefined || rev === undefined ? undefined : numberOf(nameOfRevision(rid, rev));
    const id = revision ?? (rid !== undefined && rev === undefined ? newestOf(rid) : undefined) ?? numberOf(own);
    if (id === undefined) return addSubject(own, { rid, at, patient });
    const key = lookUp(id);
    if (key instanceof KeyObject) return { id, key };
    throw new CountersignError("E_STORE_ERASED");
  }

  return {
    addRequest(rid, rev, at, patient) {
      addSubject(nameOfRevision(rid, rev), { rid, at, patient });
    },
    patientKey,
    seal(whose, place, text) {
      const { id, key } = subjectOf(whose);
      const packed = packJws(text);
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeUInt8(packed === undefined ? VERSION.text : VERSION.packed, 0);
      head.writeUIntBE(id, 1, HEAD_BYTES - 1);
      const sealed =
        packed === undefined ? sealBytes(key, place, text, random) : sealBytes(key, place + PACKED, packed, random);
      return Buffer.concat([head, sealed]);
    },
    open(sealed, place) {
      const isPacked = sealed[0] === VERSION.packed;
      if (sealed.length < HEAD_BYTES || (sealed[0] !== VERSION.text && !isPacked)) throw missing();
      let id = 0;
      for (let i = 1; i < HEAD_BYTES; i++) id = id * 256 + (sealed[i] ?? 0);
      const key = lookUp(id);
      if (!(key instanceof KeyObject)) return key;
      return isPacked
        ? unpackJws(openBytes(key, place + PACKED, sealed, HEAD_BYTES))
        : openBytes(key, place, sealed, HEAD_BYTES).toString("utf8");
    },
    forget() {
      patients.clear();
      subjects.clear();
      named.clear();
    },
  };
}

const PATIENT_KEY = "SELECT name AS patient_name, wrapped AS patient_wrapped FROM patient_keys WHERE id = ?";
const SUBJECT_KEY = `SELECT s.name, s.wrapped, s.erased_at, s.record, s.place, s.patient, p.name AS patient_name,
  p.wrapped AS patient_wrapped FROM subject_keys s LEFT JOIN patient_keys p ON p.id = s.patient`;

function placeOf(row: Row): Pick<Erased, "place"> {
  const place = row.maybeText("place");
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the keeper of this store wrote it
  return place === undefined ? {} : { place: JSON.parse(place) as ErasedPlace };
}

const missing = (): CountersignError =>
  new CountersignError(
    "E_STORE_CORRUPT",
    "The key of something in the store is missing, and nothing says that it was erased. Restore a backup.",
  );
