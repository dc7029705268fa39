import { generateKeyPairSync } from "node:crypto";

import { CountersignError } from "#shared/protocol/error.ts";

import type { RandomBytes } from "../clock.ts";
import type { TokenPlace } from "./pkcs11/token-messages.ts";
import type { KeyStorage } from "./unlocked-key.ts";
import {
  SCRYPT,
  unwrapWithPin,
  wrapWithPin,
  type KeyMaterial,
  type PinWrapped,
  type WrappedMaterial,
} from "./wrapped-key.ts";

/** Where a person's key rests between unlocks. */
export interface KeyStore {
  readonly storage: KeyStorage;
  /** The PIN is the card's: it is not judged here, and the card counts wrong ones. */
  readonly pinIsTheCards?: true;
  /**
   * @throws CountersignError `E_CLI_KEYSTORE` when this computer has no safe place for keys, `E_CLI_TOKEN_MODULE`,
   * `E_CLI_TOKEN_REMOVED`, `E_CLI_TOKEN`
   */
  check(): Promise<void>;
  /**
   * A new key. A card makes it itself, after its PIN.
   * @param secret that of the key it is to replace, whose files go on; a new one otherwise
   */
  make(pin: string, secret?: Uint8Array): KeyMaterial | Promise<KeyMaterial>;
  protect(material: KeyMaterial, pin: string, context: string): Promise<StoredKey>;
  /** @throws CountersignError `E_CLI_PIN`, `E_CLI_KEYSTORE`, `E_CLI_TOKEN_LOCKED` and as {@link KeyStore.check} */
  open(stored: StoredKey, pin: string, context: string): Promise<KeyMaterial>;
}

/** A store whose keys are in this process while they are open. */
interface WrappedKeyStore extends KeyStore {
  make(pin?: string, secret?: Uint8Array): WrappedMaterial;
  protect(material: KeyMaterial, pin: string, context: string): Promise<WrappedStoredKey>;
  open(stored: StoredKey, pin: string, context: string): Promise<WrappedMaterial>;
}

/** A key at rest. `backend` names what the operating system wrapped it with, or is `none`, or `pkcs11` for a card. */
export type StoredKey = WrappedStoredKey | TokenStoredKey;
interface WrappedStoredKey {
  readonly backend: string;
  readonly pin: PinWrapped;
}
/** Where on which card the key is, and the context sealed under the card's secret (base64). */
interface TokenStoredKey {
  readonly backend: "pkcs11";
  readonly token: TokenPlace & { readonly seal: string };
}

function wrapped<T extends object, K extends string>(value: T, member: K): Extract<T, Record<K, unknown>> {
  if (!(member in value)) throw new CountersignError("E_CLI_KEYSTORE");
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the member that tells the two apart is there
  return value as Extract<T, Record<K, unknown>>;
}

/** The operating system's secret store, as Electron's `safeStorage` gives it. */
export interface OsSecrets {
  /** `safeStorage.getSelectedStorageBackend()` on Linux, the platform's name elsewhere. */
  backend(): string;
  isAvailable(): Promise<boolean>;
  encrypt(text: string): Promise<Uint8Array>;
  decrypt(bytes: Uint8Array): Promise<string>;
}

type Cost = Parameters<typeof wrapWithPin>[4];

/** A new P-256 key (README decision 6) and its secret. */
function makeMaterial(random: RandomBytes, secret: Uint8Array | undefined): WrappedMaterial {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { privateKey, secret: secret === undefined ? random(32) : new Uint8Array(secret) };
}

/** SECURITY: plain text and unknown stores are no store (README decision 7; Electron safe-storage docs). */
const UNSAFE = new Set(["", "basic_text", "unknown"]);

/** What a person reads who wants to sign in: what it means for them, and who can do something about it. */
const STORE_GONE =
  "This computer's store for secrets is closed or not there, so your signing key stays closed. Unlock it, or tell IT. Until then use another workstation.";
const OTHER_STORE =
  "Your signing key is kept by another store for secrets than the one that this computer uses now. Tell IT. If the old one is gone for good, enrol again.";
const STORE_RESET =
  "Your signing key on this computer cannot be opened any more: its store for secrets was reset. Enrol again, and ask IT to revoke the old key.";

/** Wrapped by the PIN inside and by the operating system outside: neither alone opens it. */
export function osKeyStore(os: OsSecrets, random: RandomBytes, cost: Cost = SCRYPT): WrappedKeyStore {
  const check = async (): Promise<void> => {
    // SECURITY: both are asked: each alone has been seen to claim safety without it. Fails closed.
    if (UNSAFE.has(os.backend()) || !(await os.isAvailable())) throw new CountersignError("E_CLI_KEYSTORE");
  };
  return {
    storage: "os",
    check,
    make: (_pin, secret) => makeMaterial(random, secret),
    async protect(material, pin, context) {
      await check();
      const inside = await wrapWithPin(wrapped(material, "privateKey"), pin, context, random, cost);
      const data = Buffer.from(await os.encrypt(inside.data)).toString("base64");
      return { backend: os.backend(), pin: { ...inside, data } };
    },
    async open(key, pin, context) {
      await check().catch((cause: unknown) => {
        throw new CountersignError("E_CLI_KEYSTORE", STORE_GONE, { cause });
      });
      const stored = wrapped(key, "pin");
      // SECURITY: another store than the one that wrote the key would have to be trusted anew.
      if (stored.backend !== os.backend()) throw new CountersignError("E_CLI_KEYSTORE", OTHER_STORE);
      let data: string;
      try {
        data = await os.decrypt(Buffer.from(stored.pin.data, "base64"));
      } catch (cause) {
        throw new CountersignError("E_CLI_KEYSTORE", STORE_RESET, { cause });
      }
      return unwrapWithPin({ ...stored.pin, data }, pin, context);
    },
  };
}

/** Wrapped by the PIN alone: demonstration and tests (README decision 7). Labelled `software` wherever it shows. */
export function softwareKeyStore(random: RandomBytes, cost: Cost = SCRYPT): WrappedKeyStore {
  return {
    storage: "software",
    check: () => Promise.resolve(),
    make: (_pin, secret) => makeMaterial(random, secret),
    async protect(material, pin, context) {
      return { backend: "none", pin: await wrapWithPin(wrapped(material, "privateKey"), pin, context, random, cost) };
    },
    open: async (stored, pin, context) => unwrapWithPin(wrapped(stored, "pin").pin, pin, context),
  };
}
