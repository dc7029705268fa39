import type { Person } from "#shared/ipc/contract.ts";
import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Clock } from "../clock.ts";
import type { PinnedDirectory } from "../connection/trusted-gateway.ts";
import { makeAttempts } from "./attempts.ts";
import type { KeyStore } from "./key-store.ts";
import { peopleOf, type KnownPerson } from "./known-person.ts";
import {
  nextName,
  personOf,
  pinnedDirectory,
  pinOf,
  readCredential,
  type Enrolment,
  type People,
  type StoredNext,
  type StoredPerson,
} from "./people.ts";
import { makeReplacement, type Replacement } from "./replacement.ts";
import type { UnlockedKey } from "./unlocked-key.ts";
import { keyOf, type KeyMaterial } from "./wrapped-key.ts";

/** One enrolment of a person, with what was verified of it again at start. */
export interface Known {
  readonly enrolment: Enrolment;
  readonly claims: ApproverClaims;
  readonly directory: PinnedDirectory;
  readonly person: Person;
}

/** What a right PIN gives: the key, and the secret of the person's files, which the caller wipes. */
export interface Unlocked {
  readonly known: Known;
  readonly key: UnlockedKey;
  readonly secret: Uint8Array;
}

/** What the PIN did for one enrolment of a person: a key that does not open keeps the others from nothing. */
export type Opening = Unlocked | { readonly known: Known; readonly fault: CountersignError };

/** The people of this workstation and their keys. */
export interface Keyring {
  /** Reads what is on the disk. Damaged files are set aside and named; those out of reach are named. */
  load(): Promise<{ readonly damaged: readonly string[]; readonly unreadable: readonly string[] }>;
  people(): readonly KnownPerson[];
  /** The person of this key. @throws CountersignError `E_CLI_NOT_FOUND` */
  person(kid: string): KnownPerson;
  /**
   * The key, and the others that the same PIN opens. The PIN is judged by this one alone and counted once.
   * @throws CountersignError for this key: `E_CLI_NOT_FOUND`, `E_CLI_PIN_LOCKED`, `E_CLI_PIN`, `E_CLI_KEYSTORE`,
   * `E_CLI_DEMO`, `E_CLI_TOKEN_*`
   */
  unlock(kid: string, pin: string): Promise<readonly Opening[]>;
  /** Checks the PIN of a key again, for one decision. @throws CountersignError as {@link Keyring.unlock} */
  verify(kid: string, pin: string): Promise<void>;
  /**
   * The key that is to replace this one, after its PIN: the one that waits on the disk, or a new one, which is on the
   * disk before this returns (protocol.md 3.13).
   * @throws CountersignError as {@link Keyring.unlock}, `E_CLI_JOURNAL`, `E_CLI_DISK`
   */
  replace(kid: string, pin: string): Promise<Replacement>;
  /** Was this key made here: one that is enrolled, or that waits to replace one? */
  isFromHere(kid: string): boolean;
  /** The key that waits to replace this one. */
  nextOf(kid: string): string | undefined;
  /** Wraps a new key under its PIN and keeps it; what the key trusts is sealed into it. */
  add(enrolment: Enrolment, material: KeyMaterial, pin: string): Promise<Known>;
  store(storage: Enrolment["storage"]): KeyStore;
}

export interface KeyringParts {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly people: People;
  /** The stores this start of the app offers; `software` only for demonstration and tests. */
  readonly stores: readonly KeyStore[];
  /** Which kind of gateway this build works with (README decision 4). */
  readonly accepts: Enrolment["env"];
}

interface Stored {
  readonly file: StoredPerson;
  readonly known: Known;
}

/** A key whose replacement is on the disk was to be removed when the app ended: the new one counts. */
const isReplacedBy = (old: Stored, { known }: Stored): boolean =>
  known.enrolment.replaces === old.known.enrolment.kid &&
  known.claims.sub === old.known.claims.sub &&
  known.enrolment.iss === old.known.enrolment.iss &&
  known.directory.key.kid === old.known.directory.key.kid;

const NEXT_UNREADABLE =
  "The key that waits to replace yours cannot be read just now. Nothing was changed. Tell IT, and start the app again once it is mended.";

function wipe(material: KeyMaterial): void {
  if ("token" in material) material.token.lock();
  material.secret.fill(0);
}

export function makeKeyring(parts: KeyringParts): Keyring {
  const { crypto, people } = parts;
  let stored: readonly Stored[] = [];
  let nexts: readonly StoredNext[] = [];
  /** Names of files that were out of reach at the start. */
  let unreadable: readonly string[] = [];
  /** Replaced, and still on the disk. */
  let hidden: ReadonlySet<string> = new Set();
  /** One attempt at a time for each PIN: two at once must not share a delay. */
  const tails = new Map<string, Promise<unknown>>();

  function read(file: StoredPerson): Stored {
    const { enrolment } = file;
    const directory = pinnedDirectory(crypto, enrolment);
    const claims = readCredential(crypto, enrolment.credential, directory, enrolment.kid);
    return {
      file,
      known: { enrolment, claims, directory, person: personOf(claims, enrolment) },
    };
  }

  function store(storage: Enrolment["storage"]): KeyStore {
    const found = parts.stores.find((s) => s.storage === storage);
    if (!found) throw new CountersignError("E_CLI_KEYSTORE");
    return found;
  }

  function find(kid: string): Stored {
    const found = stored.find((s) => s.known.enrolment.kid === kid);
    if (!found) throw new CountersignError("E_CLI_NOT_FOUND");
    return found;
  }

  const everybody = (): readonly KnownPerson[] => peopleOf(stored.map((s) => s.known));

  function person(kid: string): KnownPerson {
    const found = everybody().find(({ enrolments }) => enrolments.some(({ enrolment }) => enrolment.kid === kid));
    if (!found) throw new CountersignError("E_CLI_NOT_FOUND");
    return found;
  }

  /** @param isProven the PIN was just seen to be right: whatever this key makes of it is no guess, and not counted */
  async function open({ file, known }: Stored, pin: string, isProven = false): Promise<KeyMaterial> {
    const { enrolment } = known;
    // SECURITY: keys made for a demonstration never meet a production gateway, nor the reverse (README decision 7; H13).
    if (enrolment.env !== parts.accepts) throw new CountersignError("E_CLI_DEMO");
    const keyStore = store(enrolment.storage);
    const openFile = () => keyStore.open(file.key, pin, file.context);
    // A card counts wrong PINs itself; a count here would hold against a person that the card was not in.
    if (keyStore.pinIsTheCards) return openFile();
    if (isProven) return openFile();
    const attempt = await makeAttempts(people.attemptsFile(pinOf(enrolment)), parts.clock).begin();
    let material: KeyMaterial;
    try {
      material = await openFile();
    } catch (error) {
      // What the operating system does not open any more says nothing about the PIN.
      if (error instanceof CountersignError && error.code === "E_CLI_KEYSTORE") await attempt.notJudged();
      throw error;
    }
    try {
      await attempt.succeeded();
    } catch (error) {
      wipe(material);
      throw error;
    }
    return material;
  }

  async function unlock(one: Stored, pin: string, isProven: boolean): Promise<Unlocked> {
    const { known } = one;
    const { kid, storage, replaces } = known.enrolment;
    const material = await open(one, pin, isProven);
    const key = keyOf(material, storage);
    // SECURITY: the key that was unwrapped is the one that the credential names.
    if (key.kid !== kid) {
      key.lock();
      material.secret.fill(0);
      throw new CountersignError("E_CLI_KEYSTORE");
    }
    // The PIN has shown that this file is what it says: now the key that it replaced can go.
    if (replaces !== undefined && hidden.has(replaces)) await people.remove(replaces).catch(() => undefined);
    return { known, key, secret: material.secret };
  }

  async function unlockToo(one: Stored, pin: string): Promise<Opening> {
    try {
      return await unlock(one, pin, true);
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      // The PIN is right: what does not open under it was changed.
      const fault = error.code === "E_CLI_PIN" ? new CountersignError("E_CLI_KEYSTORE") : error;
      return { known: one.known, fault };
    }
  }

  async function inTurn<T>(kid: string, run: (one: Stored) => Promise<T>): Promise<T> {
    const pin = pinOf(find(kid).known.enrolment);
    const now = () => run(find(kid));
    const turn = (tails.get(pin) ?? Promise.resolve()).then(now, now);
    tails.set(
      pin,
      turn.catch(() => undefined),
    );
    return turn;
  }

  return {
    store,
    async load() {
      const loaded = await people.load();
      const damaged = [...loaded.damaged];
      unreadable = loaded.unreadable;
      nexts = loaded.nexts;
      const all = loaded.people.flatMap((file) => {
        try {
          return [read(file)];
        } catch (error) {
          if (!(error instanceof CountersignError)) throw error;
          damaged.push(`${file.enrolment.kid}.json`);
          return [];
        }
      });
      const replaced = all.filter((old) => all.some((next) => isReplacedBy(old, next)));
      stored = all.filter((one) => !replaced.includes(one));
      hidden = new Set(replaced.map((one) => one.known.enrolment.kid));
      return { damaged, unreadable };
    },
    people: everybody,
    person,
    unlock: (kid, pin) =>
      inTurn(kid, async (chosen) => {
        const { enrolments } = person(kid);
        const unlocked = await unlock(chosen, pin, false);
        const openings: Opening[] = [];
        for (const { enrolment } of enrolments) {
          openings.push(enrolment.kid === kid ? unlocked : await unlockToo(find(enrolment.kid), pin));
        }
        return openings;
      }),
    verify: (kid, pin) =>
      inTurn(kid, async (one) => {
        wipe(await open(one, pin));
      }),
    replace: (kid, pin) =>
      inTurn(kid, async (one) => {
        const { file, known } = one;
        const old = await open(one, pin);
        const waiting = nexts.find((n) => n.replaces === kid);
        // SECURITY: a key that the directory may have heard of is not written over because it cannot be read just now.
        if (!waiting && unreadable.includes(nextName(kid))) {
          wipe(old);
          throw new CountersignError("E_CLI_DISK", NEXT_UNREADABLE);
        }
        const replacing = { old, keyStore: store(known.enrolment.storage), pin, people, waiting };
        return makeReplacement(replacing, file, {
          onWaits(next) {
            nexts = [...nexts.filter((n) => n.replaces !== kid), ...(next ? [next] : [])];
          },
          check: (kept) => read(kept).known,
          onKept(kept) {
            stored = [...stored.filter((s) => s.known.enrolment.kid !== kid), read(kept)];
          },
        });
      }),
    isFromHere: (kid) => stored.some((s) => s.known.enrolment.kid === kid) || nexts.some((n) => n.kid === kid),
    nextOf: (kid) => nexts.find((n) => n.replaces === kid)?.kid,
    async add(enrolment, material, pin) {
      const context = JSON.stringify(enrolment);
      const wrapped = await store(enrolment.storage).protect(material, pin, context);
      const added = read(await people.save(enrolment, wrapped));
      stored = [...stored.filter((s) => s.known.enrolment.kid !== enrolment.kid), added];
      return added.known;
    },
  };
}
