import type {
  GatewayStatus,
  HistoryRow,
  QueueRow,
  ReadingShort,
  ReceiptView,
  RequestKey,
  ReviewData,
  SignerLine,
} from "#shared/ipc/contract.ts";
import type { InsightsView } from "#shared/ipc/insights.ts";
import type { RecordDetail } from "#shared/ipc/reports.ts";
import type { TemplateSource } from "#shared/protocol/accept/policy-and-template.ts";
import type { FindHidden } from "#shared/protocol/accept/text.ts";
import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import type { Template } from "#shared/protocol/template.ts";

import type { Clock, RandomBytes } from "../clock.ts";
import type { ClientInfo } from "../connection/handshake.ts";
import type { SocketFactory } from "../connection/socket.ts";
import type { HttpGet } from "../connection/template-registry.ts";
import type { PinnedDirectory } from "../connection/trusted-gateway.ts";
import type { Exporting } from "../exports/exporting.ts";
import type { Wanted } from "../insights/measures.ts";
import type { LogAlarm } from "../journal/log-alarm.ts";
import type { Vault } from "../journal/vault.ts";
import type { Records } from "../records/records.ts";
import type { Verifier } from "../records/verifier.ts";
import type { UnlockedKey } from "../keys/unlocked-key.ts";
import type { DecideInput } from "./choice.ts";
import type { Draw } from "./revision.ts";

export interface DeskParts {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly newId: () => string;
  readonly sockets: SocketFactory;
  readonly client: ClientInfo;
  readonly endpoint: URL;
  readonly iss: string;
  readonly gatewayName: string;
  readonly env: GatewayStatus["env"];
  readonly directory: PinnedDirectory;
  readonly me: ApproverClaims;
  readonly kid: string;
  readonly credential: string;
  readonly signer: SignerLine;
  readonly vault: Vault;
  readonly templates: TemplateSource;
  readonly genericTemplate: Template;
  /** The way to the status lists: as unsigned as any other. */
  readonly get: HttpGet;
  /** Is it a key of this workstation: this one, its successor, or the person's at another gateway? */
  readonly isFromHere: (kid: string) => boolean;
  readonly fetchTemplate: (tplDig: string) => Promise<boolean>;
  readonly findHidden: FindHidden;
  readonly draw: Draw;
  /** IANA zone of the facility. */
  readonly zone: () => string;
  /** Checks history, in a process of its own. */
  readonly verifier: Verifier;
  /** Keeps the evidence that a log was changed. */
  readonly keepAlarm: (alarm: LogAlarm) => Promise<void>;
  /** Checks a PIN for a decision. @throws CountersignError `E_CLI_PIN`, `E_CLI_PIN_LOCKED` */
  readonly verifyPin: (pin: string) => Promise<void>;
}

export interface DeskEvents {
  onRow(row: QueueRow): void;
  onRowGone(key: RequestKey): void;
  /** The review on the screen is another than was drawn. */
  onReview(review: ReviewData): void;
  /** What its reading misses for an approval is another than was said; absent: nothing. */
  onReading(key: RequestKey, short: ReadingShort | undefined): void;
  onGateway(status: GatewayStatus): void;
  onConnection(notice: "connected" | "disconnected"): void;
  /** A key was added under this person's name, and not from here (T-04). */
  onKeyAdded(): void;
  /** A request of this tier came that was not there before. */
  onArrived(tier: QueueRow["tier"]): void;
}

/** One person at one gateway, from unlock on: connection, requests, decisions and their evidence. */
export interface Desk {
  readonly kid: string;
  start(key: UnlockedKey): Promise<void>;
  /** The key is gone and nothing can be signed; the session lives on, so that the waiting count stays true. */
  lock(): { readonly reading: RequestKey | undefined; readonly wasSending: boolean };
  /** The same person is back. */
  unlock(key: UnlockedKey): void;
  /** Ends everything; the vault is closed. */
  close(): Promise<void>;
  isConnected(): boolean;
  gateway(): GatewayStatus;
  nowS(): number;
  rows(): readonly QueueRow[];
  /** How many {@link Desk.rows} are. */
  listed(): number;
  waiting(): { readonly count: number; readonly firstExp?: number };
  openReview(key: RequestKey): ReviewData;
  /** Nothing is read here any more; tells what was. */
  closeReview(): RequestKey | undefined;
  decide(input: DecideInput): Promise<ReceiptView>;
  /** Ends a decision that is being signed with `E_CLI_CANCELLED`, even while a card or a PIN keeps it waiting. */
  cancelDecision(): void;
  forward(key: RequestKey, rev: number, to: string, note: string | undefined): Promise<void>;
  extend(key: RequestKey, rev: number, seconds: number): Promise<void>;
  /** Gives this person's key up for good. @throws CountersignError as `revokeOwnKey`, `E_CLI_LOCKED` */
  revokeKey(): Promise<void>;
  /**
   * Waits until nothing is read here and nothing waits for its receipt, and then takes the key away: its successor goes on
   * with the same files.
   * @throws CountersignError `E_CLI_OFFLINE` when `signal` is aborted first; then the key is still here
   */
  standDown(signal: AbortSignal): Promise<void>;
  history(limit: number, before?: number): Promise<readonly HistoryRow[]>;
  /** One of {@link Desk.history} with its evidence, without the gateway. @throws CountersignError as `openKept` */
  kept(digest: string): Promise<RecordDetail>;
  /** Of what the gateway's history finds; ends with a lock. */
  readonly exports: Exporting;
  /** @throws CountersignError as `takeMeasures` */
  insights(wanted: Wanted, onRead: (requests: number) => void): Promise<InsightsView>;
  /** What is being read or computed ends with `E_CLI_CANCELLED`. */
  stopInsights(): void;
  /** The gateway's own history, as far as this person may see it. */
  readonly records: Omit<Records, "forget">;
  /** The window has the person's attention, or lost it. */
  focus(focused: boolean): void;
  /** What people quote for a request that is on the list or in the journal. @throws CountersignError `E_CLI_NOT_FOUND` */
  reference(key: RequestKey): string;
  /** The agent's words were opened. @throws CountersignError `E_CLI_NOT_SHOWN` */
  revealClaims(key: RequestKey): void;
  /** After sleep or a change of network. */
  probe(): void;
  /** True while a decision is signed and not answered: the app must not be replaced now (reliability.md 1.5). */
  hasUndelivered(): boolean;
}
