import type { KeyObject } from "node:crypto";

import { makeSigner } from "#shared/crypto/sign.ts";
import type { PublicJwk } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { Typ } from "#shared/protocol/names.ts";
import type { ExtraHeader } from "#shared/protocol/signing-input.ts";

export type KeyStorage = "hardware" | "os" | "software";

/** A person's signing key between unlock and lock. A card signs elsewhere, so signing may take time. */
export interface UnlockedKey {
  readonly kid: string;
  readonly jwk: PublicJwk;
  readonly storage: KeyStorage;
  /** @throws CountersignError `E_CLI_LOCKED` after {@link UnlockedKey.lock} */
  sign(typ: Typ, claims: object, extra?: ExtraHeader): Promise<string>;
  /** Gives the key up: nothing can be signed with it any more. */
  lock(): void;
  /**
   * Calls once when the card that holds the key was taken out, or cannot be asked any more, while it is unlocked
   * (reliability.md D10). Absent where there is no card.
   */
  onGone?(listener: () => void): void;
}

/** A key that lives in this process. */
export function makeUnlockedKey(privateKey: KeyObject, storage: KeyStorage): UnlockedKey {
  let signer: ReturnType<typeof makeSigner> | undefined = makeSigner(privateKey);
  const { kid, jwk } = signer;
  return {
    kid,
    jwk,
    storage,
    sign(typ, claims, extra) {
      // SECURITY: no signature after lock, whoever still holds this object (reliability.md D10).
      if (!signer) return Promise.reject(new CountersignError("E_CLI_LOCKED"));
      return Promise.resolve(signer.sign(typ, claims, extra));
    },
    lock() {
      signer = undefined;
    },
  };
}
