/** Between main and the process that holds the card; never to the page. Bytes are base64url. */

/** The place of a key: the card by its serial number, the objects on it by their id. */
export interface TokenPlace {
  readonly serial: string;
  readonly label: string;
  readonly id: string;
}

export interface TokenCalls {
  /** Loads the module and looks whether there is exactly one card. */
  check: { readonly input: { readonly module: string }; readonly output: { readonly label: string } };
  /** Makes a key pair on the card, and a secret unless one is given; afterwards the process can sign with it. */
  make: {
    readonly input: { readonly module: string; readonly pin: string; readonly secret?: string };
    readonly output: OpenedToken;
  };
  open: {
    readonly input: { readonly module: string; readonly place: TokenPlace; readonly pin: string };
    readonly output: OpenedToken;
  };
  /** Is the card of the open key still in, and its session the one that its person's PIN opened? Refused where it is not. */
  present: { readonly input: Readonly<Record<string, never>>; readonly output: Readonly<Record<string, never>> };
  /** ECDSA over a SHA-256 digest; 64 bytes r ‖ s. */
  sign: { readonly input: { readonly digest: string }; readonly output: { readonly signature: string } };
  /** Takes the objects of this process's key off the card. */
  forget: { readonly input: Readonly<Record<string, never>>; readonly output: Readonly<Record<string, never>> };
}
export type TokenCall = keyof TokenCalls;

export interface OpenedToken {
  readonly place: TokenPlace;
  /** Uncompressed point: 4 ‖ x ‖ y. */
  readonly point: string;
  /** 32 bytes under which the person's files are sealed. */
  readonly secret: string;
}

export type TokenRequest = {
  [C in TokenCall]: { readonly id: number; readonly call: C; readonly input: TokenCalls[C]["input"] };
}[TokenCall];
export type TokenReply =
  | { readonly id: number; readonly ok: true; readonly output: unknown }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly message: string };
