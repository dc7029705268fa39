/**
 * What of PKCS#11 (OASIS, 2.40) signing with a card needs, without the native part that calls it: that is loaded only where
 * it is asked for, since the default package does not hold it. Names and numbers are the standard's.
 */
export const CKO = { DATA: 0, PUBLIC_KEY: 2, PRIVATE_KEY: 3 } as const;
export const CKA = {
  CLASS: 0x0,
  TOKEN: 0x1,
  PRIVATE: 0x2,
  LABEL: 0x3,
  VALUE: 0x11,
  ID: 0x102,
  SENSITIVE: 0x103,
  SIGN: 0x108,
  VERIFY: 0x10a,
  EXTRACTABLE: 0x162,
  EC_PARAMS: 0x180,
  EC_POINT: 0x181,
} as const;

/** A value of an attribute: bytes as they are, a truth value as CK_BBOOL, a number as CK_ULONG. */
export type Attribute = readonly [type: number, value: Uint8Array | boolean | number];
export type Handle = number;

export interface TokenSlot {
  readonly slot: number;
  readonly serial: string;
  readonly label: string;
}

/** One loaded module. Every call throws a `CountersignError` of `E_CLI_TOKEN*` or `E_CLI_PIN` when the module does. */
export interface Cryptoki {
  /** Tokens that are present, initialised and have a PIN. */
  tokens(): readonly TokenSlot[];
  openSession(slot: number): Handle;
  login(session: Handle, pin: string): void;
  logout(session: Handle): void;
  /** Is the session open, and somebody logged in at it? */
  isLoggedIn(session: Handle): boolean;
  generateKeyPair(session: Handle, pub: readonly Attribute[], prv: readonly Attribute[]): { pub: Handle; prv: Handle };
  createObject(session: Handle, attributes: readonly Attribute[]): Handle;
  destroyObject(session: Handle, object: Handle): void;
  find(session: Handle, attributes: readonly Attribute[]): readonly Handle[];
  value(session: Handle, object: Handle, type: number): Uint8Array;
  /** Raw r ‖ s over a SHA-256 digest. */
  signEcdsa(session: Handle, key: Handle, digest: Uint8Array): Uint8Array;
  close(): void;
}
