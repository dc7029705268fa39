import type { Erased } from "./erased.ts";
import type { PauseRow } from "./rows.ts";

/** What the store keeps by digest, what is stopped, and where it came from. */

export interface PublishedRow {
  readonly dig: string;
  /** Refused where it was erased. @throws CountersignError `E_STORE_ERASED` */
  readonly text: string;
  readonly erased?: Erased;
}

export interface RegistryReads {
  /** Policies, templates and credentials by digest: what evidence needs later. */
  published(dig: string): { readonly kind: PublishedKind; readonly text: string; readonly erased?: Erased } | undefined;
  /** Everything of a kind, in the order in which it was published. */
  allPublished(kind: PublishedKind): readonly PublishedRow[];
  /** The newest of a kind that was published not later than `at`: what was in force then. */
  publishedAt(kind: PublishedKind, at: number): string | undefined;
  /** The one of a kind that was published last, whatever the clock said then. */
  lastPublished(kind: PublishedKind): string | undefined;
  paused(kind: "agent" | "type"): readonly string[];
  pauses(kind: "agent" | "type"): readonly PauseRow[];
  /** The record of a restore that this store comes from, until {@link RegistryWrites.settleRestored}. */
  restored(): string | undefined;
}
export interface RegistryWrites {
  /** False when it was published before. `about`: it may tell of a patient, perhaps of which is known: it is sealed. */
  publish(
    dig: string,
    kind: PublishedKind,
    text: string,
    at: number,
    about?: { readonly patient?: string | undefined },
  ): boolean;
  /** Where it is paused already, this is the stop that counts from now on. */
  pause(kind: "agent" | "type", id: string, at: number, statement?: string): void;
  resume(kind: "agent" | "type", id: string): void;
  /** What the restore left open is dealt with. */
  settleRestored(): void;
}
export type PublishedKind =
  | "policy"
  | "policy-set"
  | "template"
  | "approver"
  | "gateway"
  | "status"
  | "restore"
  | "agent"
  | "access"
  | "hold"
  | "erasure"
  | "clock"
  | "store-key";
