import { randomBytes } from "node:crypto";

import { CountersignError } from "#shared/protocol/error.ts";

import { CKA, CKO, type Attribute, type Cryptoki, type Handle } from "./cryptoki-port.ts";
import type { OpenedToken, TokenCall, TokenCalls, TokenPlace } from "./token-messages.ts";

type Answers = { readonly [C in TokenCall]: (input: TokenCalls[C]["input"]) => TokenCalls[C]["output"] };

/** What the objects are called on the card, so that whoever looks after it knows what they are. */
const LABEL = "Countersign";
/** The named curve P-256 as DER (RFC 5480): 1.2.840.10045.3.1.7. */
const P256 = Buffer.from("06082a8648ce3d030107", "hex");
const POINT_BYTES = 65;
const SECRET_BYTES = 32;
const SIGNATURE_BYTES = 64;

const of = (id: Uint8Array): Attribute => [CKA.ID, id];
/** A data object has no id; it is found by its label. */
const secretLabel = (id: Uint8Array): Attribute => [CKA.LABEL, Buffer.from(`${LABEL} ${toText(id)}`)];
const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

interface OpenKey {
  readonly c: Cryptoki;
  readonly session: Handle;
  readonly key: Handle;
  readonly id: Uint8Array;
  /** Of the card. */
  readonly serial: string;
}

/** A card that was out and is in again has lost its session; one that cannot be asked is not in. */
function isIn({ c, session, serial }: OpenKey): boolean {
  try {
    return c.tokens().some((card) => card.serial === serial) && c.isLoggedIn(session);
  } catch {
    return false;
  }
}

/**
 * One key on one card: the private half is made on it and cannot leave it. The secret of the person's files is a private
 * object beside it, so that without card and PIN neither opens.
 */
export function makeToken(load: (module: string) => Cryptoki): Answers {
  let open: OpenKey | undefined;
  let loaded: { readonly module: string; readonly c: Cryptoki } | undefined;

  function module(file: string): Cryptoki {
    if (loaded?.module !== file) loaded = { module: file, c: load(file) };
    return loaded.c;
  }

  function only(c: Cryptoki) {
    const [card, other] = c.tokens();
    if (!card) throw new CountersignError("E_CLI_TOKEN_REMOVED");
    if (other) throw new CountersignError("E_CLI_TOKEN", "More than one smart card is in. Leave only yours.");
    return card;
  }

  function enter(c: Cryptoki, slot: number, pin: string): Handle {
    // An empty PIN would be a try for nothing, or ask the reader's own keys for it.
    if (pin === "") throw new CountersignError("E_CLI_PIN");
    const session = c.openSession(slot);
    c.login(session, pin);
    return session;
  }

  function opened(c: Cryptoki, session: Handle, place: TokenPlace): OpenedToken {
    const id = Buffer.from(place.id, "base64url");
    const one = (found: readonly Handle[]): Handle => {
      // SECURITY: two objects of one name are no key: which of them would sign is the card's choice.
      if (found.length !== 1 || found[0] === undefined) throw new CountersignError("E_CLI_KEYSTORE");
      return found[0];
    };
    const key = one(c.find(session, [[CKA.CLASS, CKO.PRIVATE_KEY], of(id)]));
    const pub = one(c.find(session, [[CKA.CLASS, CKO.PUBLIC_KEY], of(id)]));
    const data = one(c.find(session, [[CKA.CLASS, CKO.DATA], secretLabel(id)]));
    // A DER octet string around the point, or the point itself, by module: its end is the same.
    const point = c.value(session, pub, CKA.EC_POINT).slice(-POINT_BYTES);
    const secret = c.value(session, data, CKA.VALUE);
    if (point.length !== POINT_BYTES || point[0] !== 4 || secret.length !== SECRET_BYTES) {
      throw new CountersignError("E_CLI_KEYSTORE");
    }
    open = { c, session, key, id, serial: place.serial };
    return { place, point: toText(point), secret: toText(secret) };
  }

  return {
    check: (input) => ({ label: only(module(input.module)).label }),
    make(input) {
      const c = module(input.module);
      const { slot, serial, label } = only(c);
      const session = enter(c, slot, input.pin);
      const id = randomBytes(16);
      const secret = input.secret === undefined ? randomBytes(SECRET_BYTES) : Buffer.from(input.secret, "base64url");
      const common: readonly Attribute[] = [[CKA.TOKEN, true], of(id), [CKA.LABEL, Buffer.from(LABEL)]];
      c.generateKeyPair(
        session,
        [...common, [CKA.VERIFY, true], [CKA.EC_PARAMS, P256]],
        // SECURITY: the private half cannot leave the card, whoever asks (`key_storage` hardware, protocol.md 3.13).
        [...common, [CKA.PRIVATE, true], [CKA.SENSITIVE, true], [CKA.EXTRACTABLE, false], [CKA.SIGN, true]],
      );
      c.createObject(session, [
        [CKA.CLASS, CKO.DATA],
        [CKA.TOKEN, true],
        [CKA.PRIVATE, true],
        secretLabel(id),
        [CKA.VALUE, secret],
      ]);
      return opened(c, session, { serial, label, id: toText(id) });
    },
    open(input) {
      const c = module(input.module);
      const card = c.tokens().find(({ serial }) => serial === input.place.serial);
      if (!card) throw new CountersignError("E_CLI_TOKEN_REMOVED");
      return opened(c, enter(c, card.slot, input.pin), input.place);
    },
    present() {
      if (!open) throw new CountersignError("E_CLI_LOCKED");
      if (!isIn(open)) throw new CountersignError("E_CLI_TOKEN_REMOVED");
      return {};
    },
    sign({ digest }) {
      if (!open) throw new CountersignError("E_CLI_LOCKED");
      let signature: Uint8Array;
      try {
        signature = open.c.signEcdsa(open.session, open.key, Buffer.from(digest, "base64url"));
      } catch (error) {
        // Modules say all kinds of things of a card that is not there; what the person can do is to put it back.
        throw isIn(open) ? error : new CountersignError("E_CLI_TOKEN_REMOVED");
      }
      if (signature.length !== SIGNATURE_BYTES) throw new CountersignError("E_CLI_TOKEN");
      return { signature: toText(signature) };
    },
    forget() {
      if (!open) return {};
      const { c, session, id } = open;
      open = undefined;
      const mine = [...c.find(session, [of(id)]), ...c.find(session, [[CKA.CLASS, CKO.DATA], secretLabel(id)])];
      for (const object of mine) c.destroyObject(session, object);
      return {};
    },
  };
}
