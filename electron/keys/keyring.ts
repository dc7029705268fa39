import type { Person } from "#shared/ipc/contract.ts";
import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Clock } from "../clock.ts";
import type { PinnedDirectory } from "../connection/trusted-gateway.ts";
import { makeAttempts } from "./attempts.ts";
import type { KeyStore } from "./key-store.ts";
import {
  personOf,
  pinnedDirectory,
  readCredential,
  type Enrolment,
  type People,
  type StoredNext,
  type StoredPerson,
} from "./people.ts";
import { makeReplacement, type Replacement } from "./replacement.ts";
import type { UnlockedKey } from "./unlocked-key.ts";
import { keyOf, type KeyMaterial } from "./wrapped-key.ts";

/** A person enrolled here, with what was verified of them again at start. */
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

/** The people of this workstation and their keys. */
export interface Keyring {
  /** Reads what is on the disk. Files that cannot be used are set aside and named. */
  load(): Promise<{ readonly damaged: readonly string[] }>;
  people(): readonly Known[];
  /**
   * @throws CountersignError `E_CLI_NOT_FOUND`, `E_CLI_PIN_LOCKED`, `E_CLI_PIN`, `E_CLI_KEYSTORE`, `E_CLI_DEMO`,
   * `E_CLI_TOKEN_*`
   */
  unlock(kid: string, pin: string): Promise<Unlocked>;
  /** Checks the PIN of a key again, for one decision. @throws CountersignError as {@link Keyring.unlock} */
  verify(kid: string, pin: string): Promise<void>;
  /**
   * The key that is to replace this one, after its PIN: the one that waits on the disk, or a new one, which is on the
   * disk before this returns (protocol.md 3.13).
   * @throws CountersignError as {@link Keyring.unlock}, `E_CLI_JOURNAL`
   */
  replace(kid: string, pin: string): Promise<Replacement>;
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

export function makeKeyring(parts: KeyringParts): Keyring {
  const { crypto, people } = parts;
  let stored: readonly Stored[] = [];
  let nexts: readonly StoredNext[] = [];
  /** Replaced, and still on the disk. */
  let hidden: ReadonlySet<string> = new Set();
  /** One attempt at a time for each key: two at once must not share a delay. */
  const tails = new Map<string, Promise<unknown>>();

  function read(file: StoredPerson): Stored {
    const { enrolment } = file;
    const directory = pinnedDirectory(crypto, enrolment);
    const claims = readCredential(crypto, enrolment.credential, directory, enrolment.kid);
    return {
      file,
      known: { enrolment, claims, directory, person: personOf(claims, enrolment.kid, enrolment.storage) },
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

  async function open(kid: string, pin: string): Promise<{ known: Known; material: KeyMaterial }> {
    const { file, known } = find(kid);
    // SECURITY: keys made for a demonstration never meet a production gateway, nor the reverse (README decision 7; H13).
    if (known.enrolment.env !== parts.accepts) throw new CountersignError("E_CLI_DEMO");
    const keyStore = store(known.enrolment.storage);
    // A card counts wrong PINs itself; a count here would hold against a person that the card was not in.
    if (keyStore.pinIsTheCards) return { known, material: await keyStore.open(file.key, pin, file.context) };
    await keyStore.check();
    const attempts = makeAttempts(people.attemptsFile(kid), parts.clock);
    await attempts.begin();
    const material = await keyStore.open(file.key, pin, file.context);
    await attempts.succeeded();
    return { known, material };
  }

  function inTurn<T>(kid: string, run: () => Promise<T>): Promise<T> {
    const turn = (tails.get(kid) ?? Promise.resolve()).then(run, run);
    tails.set(
      kid,
      turn.catch(() => undefined),
    );
    return turn;
  }

  return {
    store,
    async load() {
      const loaded = await people.load();
      const damaged = [...loaded.damaged];
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
      return { damaged };
    },
    people: () => stored.map((s) => s.known),
    unlock: (kid, pin) =>
      inTurn(kid, async () => {
        const { known, material } = await open(kid, pin);
        const key = keyOf(material, known.enrolment.storage);
        // SECURITY: the key that was unwrapped is the one that the credential names.
        if (key.kid !== kid) {
          key.lock();
          throw new CountersignError("E_CLI_KEYSTORE");
        }
        // The PIN has shown that this file is what it says: now the key that it replaced can go.
        const { replaces } = known.enrolment;
        if (replaces !== undefined && hidden.has(replaces)) await people.remove(replaces).catch(() => undefined);
        return { known, key, secret: material.secret };
      }),
    verify: (kid, pin) =>
      inTurn(kid, async () => {
        const { material } = await open(kid, pin);
        if ("token" in material) material.token.lock();
        material.secret.fill(0);
      }),
    replace: (kid, pin) =>
      inTurn(kid, async () => {
        const { file, known } = find(kid);
        const { material: old } = await open(kid, pin);
        const waiting = nexts.find((n) => n.replaces === kid);
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
