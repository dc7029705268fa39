import type { GatewayStatus, HistoryRow, QueueRow, RequestKey, ReviewData } from "#shared/ipc/contract.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import type { Known, Opening, Unlocked } from "../keys/keyring.ts";
import type { Desk, DeskEvents } from "./desk-port.ts";

/**
 * The desks of one person, one at each gateway they work with. Each has its own key, connection, files and faults; what
 * belongs to a request goes to the desk of its gateway, and only what a person looks at as one is put together here.
 */
export interface Desks {
  /**
   * The person of these keys sits down. Desks that they left connected go on; every other is closed or made anew. A gateway
   * whose key or files do not open is said as such and takes nothing from the others. The secrets are wiped.
   * @throws CountersignError why the first did not open, when none did
   */
  seat(openings: readonly Opening[]): Promise<void>;
  /**
   * One desk in place of all others, with a key of its own: a practice.
   * @throws CountersignError `E_CLI_STATE` where another one was seated meanwhile; whatever `make` throws
   */
  seatAlone(iss: string, known: Known, make: (events: DeskEvents) => ReadyDesk): Promise<void>;
  /** A key that took another one's place at its gateway. @throws CountersignError `E_CLI_JOURNAL`, `E_CLI_INPUT` */
  reseat(unlocked: Unlocked): Promise<void>;
  /** The keys are gone; sessions live on, as far as they stay connected. */
  lock(): ReturnType<Desk["lock"]>;
  /** Ends everything at one gateway, or at all. */
  leave(iss?: string): Promise<void>;
  isSeated(desk: Desk): boolean;
  /** @throws CountersignError `E_CLI_NOT_FOUND` where this person has no desk at this gateway */
  at(iss: string): Desk;
  /** Whose key is used there. @throws CountersignError as {@link Desks.at} */
  known(iss: string): Known;
  /** The request of this name, where it is listed; otherwise under the first gateway, which will say that it is not. */
  keyOf(rid: string): RequestKey | undefined;
  gateways(): readonly GatewayStatus[];
  /** Seconds of the first gateway's clock, if there is one. */
  nowS(): number | undefined;
  rows(): readonly QueueRow[];
  listed(): number;
  waiting(): ReturnType<Desk["waiting"]>;
  /** One request is read at a time, wherever it is from. @throws CountersignError as {@link Desks.at} */
  openReview(key: RequestKey): ReviewData;
  /** Nothing is read any more; tells what was. */
  closeReview(): RequestKey | undefined;
  cancelDecision(): void;
  /**
   * Gives every key of the person up for good: one PIN opens them all. What cannot be given up now keeps no other.
   * @throws CountersignError why one was not, with its gateway's name where there are several
   */
  revokeKeys(): Promise<void>;
  /** Newest first. */
  history(limit: number, before?: number): Promise<readonly HistoryRow[]>;
  focus(focused: boolean): void;
  probe(): void;
  hasUndelivered(): boolean;
}

export interface DesksEvents extends Omit<DeskEvents, "onConnection"> {
  /** The first connection is what was asked for by signing in; only one that is lost, or comes back, is told. */
  onConnection(notice: "connected" | "disconnected", iss: string): void;
  /** Locked, a connection was lost, and with it what was known of that gateway: the session cannot be proven again. */
  onLost(): void;
}

export type MakeDesk = (known: Known, secret: Uint8Array, events: DeskEvents) => Promise<Desk>;

/** A desk that has its key. */
export interface ReadyDesk {
  readonly desk: Desk;
  readonly start: () => Promise<void>;
}

interface Seat {
  readonly known: Known;
  readonly desk: Desk;
  /** Tells it from the seats before and after it at the same gateway. */
  readonly mark: symbol;
  isLost: boolean;
}

/** @param makeDesk opens a person's files and makes their desk at one gateway */
export function makeDesks(makeDesk: MakeDesk, events: DesksEvents): Desks {
  const seats = new Map<string, Seat>();
  const closing = new Map<string, Promise<void>>();
  let unopened: readonly GatewayStatus[] = [];
  let isLocked = true;

  /** By the gateways' names, as they are listed everywhere. */
  const taken = (): readonly Seat[] =>
    [...seats.values()].sort((a, b) => (a.known.enrolment.gateway_name < b.known.enrolment.gateway_name ? -1 : 1));
  const all = (): readonly Desk[] => taken().map(({ desk }) => desk);

  function seatAt(iss: string): Seat {
    const seat = seats.get(iss);
    if (!seat) throw new CountersignError("E_CLI_NOT_FOUND");
    return seat;
  }

  /** What a desk says once its seat is another's is heard by nobody. */
  function eventsAt(iss: string, mark: symbol): DeskEvents {
    const ifTaken =
      <A extends unknown[]>(tell: (...args: A) => void) =>
      (...args: A): void => {
        if (seats.get(iss)?.mark === mark) tell(...args);
      };
    return {
      onRow: ifTaken((row) => events.onRow(row)),
      onRowGone: ifTaken((key) => events.onRowGone(key)),
      onReview: ifTaken((review) => events.onReview(review)),
      onReading: ifTaken((key, short) => events.onReading(key, short)),
      onGateway: ifTaken((status) => events.onGateway(status)),
      onKeyAdded: ifTaken(() => events.onKeyAdded()),
      onArrived: ifTaken((tier) => events.onArrived(tier)),
      onConnection: ifTaken((which) => {
        connection(iss, which);
      }),
    };
  }

  function connection(iss: string, which: "connected" | "disconnected"): void {
    const seat = seats.get(iss);
    if (!seat) return;
    const isNews = which === "disconnected" || seat.isLost;
    seat.isLost = which === "disconnected";
    if (!isLocked) {
      if (isNews) events.onConnection(which, iss);
    } else if (seat.isLost) {
      void leave(iss).then(() => {
        events.onLost();
      });
    }
  }

  /** Resolves when the files there are closed, whoever began it: nobody opens them before. */
  async function leave(iss: string): Promise<void> {
    const seat = seats.get(iss);
    seats.delete(iss);
    if (seat) closing.set(iss, seat.desk.close());
    await closing.get(iss);
  }

  async function leaveAll(): Promise<void> {
    unopened = [];
    await Promise.all([...seats.keys()].map(leave));
  }

  async function take({ known, key, secret }: Unlocked): Promise<void> {
    const { iss, kid } = known.enrolment;
    try {
      const there = seats.get(iss);
      if (there?.desk.kid === kid && there.desk.isConnected()) {
        there.desk.unlock(key);
        return;
      }
      await leave(iss);
      const mark = Symbol(iss);
      const desk = await makeDesk(known, secret, eventsAt(iss, mark));
      seats.set(iss, { known, desk, mark, isLost: false });
      await desk.start(key);
    } catch (error) {
      key.lock();
      await leave(iss);
      throw error;
    } finally {
      secret.fill(0);
    }
  }

  async function seat(openings: readonly Opening[]): Promise<void> {
    const theirs = new Set(openings.map(({ known }) => known.enrolment.iss));
    await Promise.all([...seats.keys()].filter((iss) => !theirs.has(iss)).map(leave));
    isLocked = false;
    const results = await Promise.allSettled(
      openings.map((one) => ("fault" in one ? Promise.reject(one.fault) : take(one))),
    );
    const faults = results.map((result): unknown => (result.status === "rejected" ? result.reason : undefined));
    const defect = faults.find((fault) => fault !== undefined && !(fault instanceof CountersignError));
    if (defect !== undefined || !faults.includes(undefined)) {
      isLocked = true;
      await leaveAll();
      throw defect ?? faults[0];
    }
    unopened = openings.flatMap(({ known }, i) => {
      const fault = faults[i];
      return fault instanceof CountersignError ? [notOpened(known, fault)] : [];
    });
    await Promise.all(unopened.map(({ iss }) => leave(iss)));
  }

  async function seatAlone(iss: string, known: Known, make: (events: DeskEvents) => ReadyDesk): Promise<void> {
    await leaveAll();
    if (seats.size > 0) throw new CountersignError("E_CLI_STATE");
    const mark = Symbol(iss);
    const { desk, start } = make(eventsAt(iss, mark));
    isLocked = false;
    seats.set(iss, { known, desk, mark, isLost: false });
    await start();
  }

  return {
    seat,
    seatAlone,
    reseat: take,
    lock() {
      isLocked = true;
      unopened = [];
      const left = all().map((desk) => desk.lock());
      // What was on its way is told of the request that was read, where one was.
      return left.find(({ reading }) => reading !== undefined) ?? { reading: undefined, wasSending: sent(left) };
    },
    leave: (iss) => (iss === undefined ? leaveAll() : leave(iss)),
    isSeated: (desk) => all().includes(desk),
    at: (iss) => seatAt(iss).desk,
    known: (iss) => seatAt(iss).known,
    keyOf(rid) {
      const rows = all().flatMap((desk) => desk.rows());
      const [first] = taken();
      return rows.find(({ key }) => key.rid === rid)?.key ?? (first && { iss: first.known.enrolment.iss, rid });
    },
    gateways: () => [...all().map((desk) => desk.gateway()), ...unopened],
    nowS: () => all()[0]?.nowS(),
    rows: () => all().flatMap((desk) => desk.rows()),
    listed: () => all().reduce((sum, desk) => sum + desk.listed(), 0),
    waiting() {
      const each = all().map((desk) => desk.waiting());
      const firsts = each.flatMap(({ firstExp }) => firstExp ?? []);
      const count = each.reduce((sum, one) => sum + one.count, 0);
      return { count, ...(firsts.length === 0 ? {} : { firstExp: Math.min(...firsts) }) };
    },
    openReview(key) {
      const desk = seatAt(key.iss).desk;
      for (const other of all()) if (other !== desk) other.closeReview();
      return desk.openReview(key);
    },
    closeReview() {
      return all().flatMap((desk) => desk.closeReview() ?? [])[0];
    },
    cancelDecision() {
      for (const desk of all()) desk.cancelDecision();
    },
    async revokeKeys() {
      const there = taken();
      const results = await Promise.allSettled(there.map(({ desk }) => desk.revokeKey()));
      for (const [i, result] of results.entries()) {
        const error: unknown = result.status === "rejected" ? result.reason : undefined;
        const isGone = error instanceof CountersignError && error.code === "E_KEY_REVOKED";
        if (error !== undefined && !isGone) throw there.length === 1 ? error : named(error, there[i]);
      }
    },
    async history(limit, before) {
      const each = await Promise.all(all().map((desk) => desk.history(limit, before)));
      return each
        .flat()
        .sort((a, b) => b.at - a.at)
        .slice(0, limit);
    },
    focus(focused) {
      for (const desk of all()) desk.focus(focused);
    },
    probe() {
      for (const desk of all()) desk.probe();
    },
    hasUndelivered: () => all().some((desk) => desk.hasUndelivered()),
  };
}

const sent = (left: readonly { readonly wasSending: boolean }[]): boolean => left.some(({ wasSending }) => wasSending);

/** Which gateway it was. */
function named(error: unknown, seat: Seat | undefined): unknown {
  if (!(error instanceof CountersignError) || !seat) return error;
  const said = error.message === error.code ? sentenceOf(error.code) : error.message;
  return new CountersignError(error.code, `${seat.known.enrolment.gateway_name}: ${said}`, { cause: error });
}

/** A gateway that this person is enrolled at and has no desk at: said, never left out. */
const notOpened = (
  { enrolment: { iss, gateway_name: name, env } }: Known,
  { code }: CountersignError,
): GatewayStatus => ({
  ...{ iss, name, env, refused: {} },
  connection: { kind: "unopened", code },
});
