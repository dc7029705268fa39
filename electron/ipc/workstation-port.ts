import type {
  AppSnapshot,
  DenialDraft,
  EnrolmentStatus,
  IdleState,
  RequestKey,
  Settings,
} from "#shared/ipc/contract.ts";

import type { Clock } from "../clock.ts";
import type { Keyring } from "../keys/keyring.ts";
import type { Practising } from "../practice/practising.ts";
import type { Desk } from "../requests/desk-port.ts";
import type { Desks, MakeDesk } from "../requests/desks.ts";
import type { Enrolling } from "./enrolling.ts";
import type { makePublisher, Publisher } from "./publisher.ts";
import type { Replacing, ReplacingEvents } from "./replacing.ts";

export interface WorkstationParts {
  readonly clock: Clock;
  readonly keyring: Keyring;
  readonly version: string;
  readonly settings: () => Settings;
  readonly scenarios: AppSnapshot["scenarios"];
  readonly enrolling: (onStatus: (status: EnrolmentStatus) => void) => Enrolling;
  readonly practising: Practising;
  readonly replacing: (events: Omit<ReplacingEvents, "onFault">) => Replacing;
  readonly makeDesk: MakeDesk;
  readonly send: Parameters<typeof makePublisher>[1];
  /** What the tray, the badge and a notification say: counts and a time, nothing else. */
  readonly onWaiting: (waiting: {
    readonly count: number;
    readonly firstExp?: number;
    readonly arrived: boolean;
  }) => void;
}

/** The whole of the app as the page sees it: who is at work, what waits, and the way in and out (contract `Phase`). */
export interface Workstation {
  /** Reads who is enrolled here. */
  start(): ReturnType<Keyring["load"]>;
  snapshot(): AppSnapshot;
  publisher(): Publisher;
  beginEnrolment(input: Parameters<Enrolling["begin"]>[0]): ReturnType<Enrolling["begin"]>;
  /**
   * Locks, and enters set-up for one more gateway of the person at work, under the PIN that they have.
   * @throws CountersignError `E_CLI_LOCKED`; `E_CLI_PRACTICE`; `E_CLI_STATE` for a key on a card
   */
  addGateway(): void;
  /**
   * Leaves set-up or, from the locked screen, enters it to enrol another person. Who has just enrolled goes on to their
   * practice, if they owe one.
   */
  cancelEnrolment(): Promise<void>;
  /** Begins the practice of the person who sits here, or begins it anew. @throws CountersignError `E_CLI_STATE` */
  beginPractice(): Promise<void>;
  /** Ends a practice that was passed or may be skipped; the app is locked afterwards. @throws CountersignError `E_CLI_STATE` */
  finishPractice(): Promise<void>;
  unlock(kid: string, pin: string): Promise<void>;
  lock(): void;
  /**
   * Replaces the key of the person at work at one gateway with a new one.
   * @throws CountersignError `E_CLI_LOCKED`, `E_CLI_NOT_FOUND`, `E_CLI_OFFLINE`, and as {@link Replacing.begin}
   */
  replaceKey(iss: string, pin: string): Promise<void>;
  /** How idle the workstation is; undefined while it is used. */
  idle(state: IdleState | undefined): void;
  /** The denial that the person at work is writing. @throws CountersignError `E_CLI_LOCKED` */
  keepDraft(draft: { readonly key: RequestKey; readonly draft: DenialDraft }): void;
  /** A decision was made at this desk: its draft is done with. Whoever sits here by now keeps theirs. */
  decidedAt(desk: Desk): void;
  /** Nothing is read any more: what was written and not signed goes too. @throws CountersignError `E_CLI_LOCKED` */
  closeReview(): void;
  /** The desks of the person at work. @throws CountersignError `E_CLI_LOCKED` */
  desks(): Desks;
  /** Opens a request named by a link or a notification, now or after unlock; says nothing about whether it exists. */
  show(rid: string): void;
  focus(focused: boolean): void;
  /**
   * The page crashed or is loaded anew: whatever it showed is not on the screen any more, and the next page opens it
   * again with the denial that was half written (reliability.md A9).
   */
  pageGone(): void;
  probe(): void;
  hasUndelivered(): boolean;
  stop(): Promise<void>;
}
