import type { EventEmitter } from "node:events";

import type { Signer } from "#shared/crypto/sign.ts";
import type { Crypto, VerifyKey } from "#shared/protocol/crypto-port.ts";

import type { AuditLog } from "./audit/log.ts";
import type { Pen } from "./audit/records.ts";
import type { People } from "./decisions/people.ts";
import type { Directory } from "./directory/directory.ts";
import type { Clock, FactsPort, PolicyPort, RegisteredAgent } from "./ports.ts";
import type { Deadlines } from "./requests/deadlines.ts";
import type { OpenClaims } from "./requests/open-claims.ts";
import type { WritableFeed } from "./requests/feed.ts";
import type { Store } from "./store/store.ts";

/** Declared enforcement class (protocol.md 3.1); never a stronger one than deployed. */
export type Enforcement = "strong" | "gateway" | "evidence";

/** What the parts of the gateway's heart share. Made once by `makeCore`; each part takes what it needs of it. */
export interface GatewayContext {
  readonly iss: string;
  readonly crypto: Crypto;
  readonly clock: Clock;
  /** Unix seconds. */
  readonly now: () => number;
  /** Fresh UUIDv7. */
  readonly uuid: () => string;
  /** So many random bytes as base64url. */
  readonly randomText: (bytes: number) => string;
  readonly store: Store;
  readonly log: AuditLog;
  readonly pen: Pen;
  readonly feed: WritableFeed;
  /** Signs requests, receipts, SETs and session proofs. */
  readonly signer: Signer;
  /** This gateway's request keys, retired ones included. */
  readonly ownKey: (kid: string) => VerifyKey | undefined;
  readonly enf: Enforcement;
  readonly directory: Directory;
  readonly people: People;
  readonly openClaims: OpenClaims;
  readonly deadlines: Deadlines;
  readonly events: EventEmitter;
  readonly agents: readonly RegisteredAgent[];
  readonly agent: (sub: string) => RegisteredAgent | undefined;
  readonly facts: FactsPort;
  readonly policy: PolicyPort;
  /** Without a slash at its end. */
  readonly fhirBase: string;
}
