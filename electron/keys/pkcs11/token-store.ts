import { createHash, createPublicKey, verify } from "node:crypto";

import { members, thumbprint } from "#shared/crypto/node-crypto.ts";
import type { PublicJwk } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { joinJws, signingInput } from "#shared/protocol/signing-input.ts";

import type { Clock, RandomBytes } from "../../clock.ts";
import { makeSeal } from "../../journal/seal.ts";
import type { KeyStore } from "../key-store.ts";
import type { UnlockedKey } from "../unlocked-key.ts";
import type { TokenMaterial } from "../wrapped-key.ts";
import { makeTokenClient, type StartTokenProcess, type TokenClient } from "./token-client.ts";
import type { OpenedToken } from "./token-messages.ts";

/**
 * Keys on a smart card (README decision 7): made on the card, used on the card. The PIN goes to the token process and nowhere
 * else; wrong PINs are counted by the card.
 * @param module the card maker's PKCS#11 module, or undefined where this computer has none
 */
export function tokenKeyStore(
  start: StartTokenProcess,
  module: string | undefined,
  random: RandomBytes,
  clock: Pick<Clock, "after">,
): KeyStore {
  function client(): { readonly asked: TokenClient; readonly file: string } {
    if (module === undefined) throw new CountersignError("E_CLI_TOKEN_MODULE");
    return { asked: makeTokenClient(start), file: module };
  }

  /** One process for each key that is open; a failure ends it. */
  async function material(ask: (asked: TokenClient, file: string) => Promise<OpenedToken>): Promise<TokenMaterial> {
    const { asked, file } = client();
    try {
      const opened = await ask(asked, file);
      return {
        token: tokenKey(asked, Buffer.from(opened.point, "base64url"), clock),
        secret: new Uint8Array(Buffer.from(opened.secret, "base64url")),
        place: opened.place,
        forget: async () => {
          await asked.ask("forget", {});
        },
      };
    } catch (error) {
      asked.end();
      throw error;
    }
  }

  return {
    storage: "hardware",
    pinIsTheCards: true,
    async check() {
      const { asked, file } = client();
      try {
        await asked.ask("check", { module: file });
      } finally {
        asked.end();
      }
    },
    make: (pin, secret) =>
      material((asked, file) =>
        asked.ask("make", {
          module: file,
          pin,
          ...(secret === undefined ? {} : { secret: Buffer.from(secret).toString("base64url") }),
        }),
      ),
    protect(made, _pin, context) {
      if (!("token" in made)) return Promise.reject(new CountersignError("E_INTERNAL"));
      // SECURITY: what the key is for and whom it trusts is sealed under the card's own secret.
      const seal = Buffer.from(makeSeal(made.secret, random).seal(new Uint8Array(0), context)).toString("base64");
      return Promise.resolve({ backend: "pkcs11", token: { ...made.place, seal } });
    },
    async open(stored, pin, context) {
      if (!("token" in stored)) throw new CountersignError("E_CLI_KEYSTORE");
      const { seal, ...place } = stored.token;
      const opened = await material((asked, file) => asked.ask("open", { module: file, place, pin }));
      try {
        makeSeal(opened.secret, random).open(Buffer.from(seal, "base64"), context);
      } catch (cause) {
        opened.token.lock();
        throw new CountersignError("E_CLI_KEYSTORE", undefined, { cause });
      }
      return opened;
    },
  };
}

/** A card that was taken out is noticed within this. Modules can wait for it themselves, but many hang or say nothing. */
const LOOK_EVERY_MS = 1_000;

function tokenKey(client: TokenClient, point: Uint8Array, clock: Pick<Clock, "after">): UnlockedKey {
  const coordinate = (from: number): string => Buffer.from(point.subarray(from, from + 32)).toString("base64url");
  const jwk: PublicJwk = { kty: "EC", crv: "P-256", x: coordinate(1), y: coordinate(33), alg: "ES256" };
  const kid = thumbprint(jwk);
  const publicKey = createPublicKey({ key: members(jwk), format: "jwk" });
  let isLocked = false;
  let cancelLook = (): void => undefined;
  const checkOpen = (): void => {
    if (isLocked) throw new CountersignError("E_CLI_LOCKED");
  };
  return {
    kid,
    jwk,
    storage: "hardware",
    async sign(typ, claims, extra) {
      checkOpen();
      const input = signingInput({ alg: jwk.alg, kid }, typ, claims, extra);
      const digest = createHash("sha256").update(input).digest("base64url");
      const answer = await client.ask("sign", { digest });
      // SECURITY: locked while the card signed: the signature is dropped (reliability.md D10).
      checkOpen();
      const signature = new Uint8Array(Buffer.from(answer.signature, "base64url"));
      // SECURITY: a module is foreign code: what it gives back is a signature of this key over these bytes, or nothing.
      const isGood = verify("sha256", Buffer.from(input), { key: publicKey, dsaEncoding: "ieee-p1363" }, signature);
      if (!isGood) throw new CountersignError("E_CLI_TOKEN", "The smart card gave a signature that does not verify.");
      return joinJws(input, signature);
    },
    lock() {
      isLocked = true;
      cancelLook();
      client.end();
    },
    onGone(listener) {
      const look = (): void => {
        client.ask("present", {}).then(
          () => {
            if (!isLocked) cancelLook = clock.after(LOOK_EVERY_MS, look);
          },
          () => {
            // SECURITY: whatever keeps the card from answering, its person may have gone with it.
            if (!isLocked) listener();
          },
        );
      };
      if (!isLocked) cancelLook = clock.after(LOOK_EVERY_MS, look);
    },
  };
}
