/* eslint-disable max-lines -- one state machine: who is at work and every way in and out are read together */
import type {
  AppSnapshot,
  GatewayStatus,
  KeyReplacement,
  LeftReview,
  LockNotice,
  Phase,
  RequestKey,
} from "#shared/ipc/contract.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Known, Unlocked } from "../keys/keyring.ts";
import type { Practice } from "../practice/practising.ts";
import type { Desk, DeskEvents } from "../requests/desk-port.ts";
import { faultOf } from "./dispatch.ts";
import { makeLeftBehind } from "./left-behind.ts";
import { makePublisher } from "./publisher.ts";
import type { Workstation, WorkstationParts } from "./workstation-port.ts";

const COUNT_MS = 100;

export function makeWorkstation(parts: WorkstationParts): Workstation {
  const { clock, keyring } = parts;
  const nowS = () => desk?.nowS() ?? Math.floor(clock.nowMs() / 1000);
  let phase: Phase = { kind: "setup", enrolment: { kind: "ticket" } };
  let desk: Desk | undefined;
  let isFocused = false;
  let isUnlocking = false;
  let hasArrived = false;
  let cancelCount: (() => void) | undefined;
  let isLost = false;
  let wanted: string | undefined;
  let notice: LockNotice | undefined;
  let worker: Known | undefined;
  /** SECURITY: while there is one, nothing at `desk` is real, and the person's own key is locked. */
  let practice: Practice | undefined;

  const leftBehind = makeLeftBehind(clock);
  const publisher = makePublisher(clock, parts.send, snapshot, () => desk?.listed() ?? 0);
  const enrolling = parts.enrolling((enrolment) => {
    enter({ kind: "setup", enrolment });
  });
  const replacing = parts.replacing({
    onStatus: replacementIs,
    async standDown(signal) {
      if (!desk) throw new CountersignError("E_CLI_OFFLINE");
      await desk.standDown(signal);
    },
    async onReplaced(unlocked) {
      // Locked meanwhile: the new key is the one that opens next time.
      if (phase.kind !== "unlocked") {
        unlocked.key.lock();
        unlocked.secret.fill(0);
        await leave();
        enter(idle());
        return;
      }
      await seat(unlocked);
      worker = unlocked.known;
      const now = phaseNow();
      // SECURITY: locked while the desk was made: its key goes at once.
      if (now.kind === "unlocked") enter({ ...now, person: unlocked.known.person, replacing: { kind: "done" } });
      else desk?.lock();
    },
    onStuck: lock,
  });

  /** As it is after waiting. */
  const phaseNow = (): Phase => phase;

  function replacementIs(status: KeyReplacement): void {
    if (phase.kind !== "unlocked") return;
    phase = { ...phase, replacing: status };
    publisher.publish({ kind: "phase", phase });
  }

  /** It waits on the disk: the person reads why and can begin again. */
  function notReplaced(error: unknown): void {
    if (!(error instanceof CountersignError)) throw error;
    replacementIs({ kind: "failed", error: faultOf(error) });
  }

  function lock(): void {
    if (phase.kind !== "unlocked") return;
    if (practice) {
      endPractice();
      return;
    }
    replacing.stop();
    const { reading, wasSending = false } = desk?.lock() ?? {};
    notice = reading !== undefined || wasSending ? { at: nowS(), sent: wasSending } : undefined;
    leftBehind.lock(phase.person.sub, reading, notice);
    enter(locked());
  }

  function snapshot(): AppSnapshot {
    // SECURITY: nothing clinical leaves main unless somebody is at work (approval-experience.md 6, AC17).
    const isOpen = phase.kind === "unlocked";
    return {
      seq: publisher.seq,
      version: parts.version,
      phase,
      gateways: gateways(),
      rows: isOpen && desk ? desk.rows() : [],
      settings: parts.settings(),
      scenarios: isOpen ? parts.scenarios : [],
      now: nowS(),
    };
  }

  /** Only a desk has a connection; while there is none, nothing is known of any gateway and nothing is said. */
  const gateways = (): readonly GatewayStatus[] => (desk ? [desk.gateway()] : []);

  function enter(next: Phase): void {
    phase = next;
    publisher.drop();
    publisher.publish({ kind: "snapshot", snapshot: { ...snapshot(), seq: publisher.seq + 1 } });
  }

  const locked = (): Phase => ({
    kind: "locked",
    people: keyring.people().map((known) => known.person),
    waiting: desk?.waiting().count ?? 0,
    ...(notice === undefined ? {} : { notice }),
  });
  const idle = (): Phase =>
    keyring.people().length === 0 ? { kind: "setup", enrolment: { kind: "ticket" } } : locked();

  /** The count on the lock screen, in the tray and on the badge follows the list, a little behind it in a flood. */
  function counted(arrived: boolean): void {
    hasArrived ||= arrived && !practice;
    cancelCount ??= clock.after(COUNT_MS, count);
  }

  function count(): void {
    cancelCount = undefined;
    const waiting = (practice ? undefined : desk?.waiting()) ?? { count: 0 };
    parts.onWaiting({ ...waiting, arrived: hasArrived });
    hasArrived = false;
    if (phase.kind !== "locked" || phase.waiting === waiting.count) return;
    phase = { ...phase, waiting: waiting.count };
    publisher.publish({ kind: "phase", phase });
  }

  const eventsOf = (isCurrent: () => boolean): DeskEvents => ({
    onRow(row) {
      if (!isCurrent()) return;
      if (phase.kind === "unlocked") publisher.row(row);
      counted(false);
    },
    onRowGone(key) {
      if (!isCurrent()) return;
      if (phase.kind === "unlocked") publisher.rowGone(key);
      counted(false);
    },
    onReview(review) {
      if (isCurrent() && phase.kind === "unlocked") publisher.publish({ kind: "review", review });
    },
    onGateway(gateway) {
      if (isCurrent()) publisher.publish({ kind: "gateway", gateway });
    },
    onConnection(which) {
      if (!isCurrent()) return;
      const isNews = which === "disconnected" || isLost;
      isLost = which === "disconnected";
      // Locked, the session cannot be proven again: what was waiting is not known any more.
      if (phase.kind !== "unlocked") {
        if (which === "disconnected") void leave();
        return;
      }
      // The first connection is what was asked for by signing in; only one that comes back is said.
      if (isNews) publisher.publish({ kind: "notice", notice: which });
    },
    onKeyAdded() {
      if (isCurrent() && phase.kind === "unlocked") publisher.publish({ kind: "notice", notice: "key_added" });
    },
    onArrived(tier) {
      // A routine request is counted and interrupts nobody (approval-experience.md 6).
      if (isCurrent()) counted(tier > 1);
    },
  });

  async function leave(): Promise<void> {
    const old = desk;
    desk = undefined;
    if (!old) return;
    await old.close();
    counted(false);
    if (phase.kind === "locked") enter(locked());
  }

  async function seat({ known, key, secret }: Unlocked): Promise<void> {
    try {
      if (desk?.kid === known.enrolment.kid && desk.isConnected()) {
        desk.unlock(key);
      } else {
        await leave();
        isLost = false;
        const mine = await parts.makeDesk(
          known,
          secret,
          eventsOf(() => desk === mine),
        );
        desk = mine;
        await mine.start(key);
      }
    } catch (error) {
      key.lock();
      await leave();
      throw error;
    } finally {
      secret.fill(0);
    }
    attend();
  }

  /** What is hidden is not being read, whatever window has the focus. */
  function attend(): void {
    desk?.focus(isFocused && (phase.kind !== "unlocked" || phase.idle === undefined));
  }

  async function sit(kid: string, pin: string): Promise<void> {
    const unlocked = await keyring.unlock(kid, pin);
    const { known } = unlocked;
    await seat(unlocked);
    notice = undefined;
    worker = known;
    enter({ kind: "unlocked", person: known.person, ...(desk ? takeLeft(known.person.sub, desk) : {}) });
    counted(false);
    // What a lock or a restart interrupted goes on with the PIN that was just given.
    if (keyring.nextOf(kid) !== undefined) await replacing.begin(known, pin).catch(notReplaced);
    const rid = wanted;
    wanted = undefined;
    if (rid !== undefined) open({ iss: known.enrolment.iss, rid });
  }

  /** Step 4 of set-up (S1). No key is unlocked for it: whoever gets here gave a PIN, or has just chosen one. */
  async function practise(known: Known): Promise<void> {
    enrolling.cancel();
    await leave();
    notice = undefined;
    worker = undefined;
    practice = await parts.practising.begin(known);
    enter({ kind: "unlocked", person: known.person, practice: practice.status });
  }

  async function attempt(now: Practice): Promise<void> {
    await leave();
    // Locked, or begun twice.
    if (practice !== now || desk) throw new CountersignError("E_CLI_STATE");
    const { desk: mine, start } = now.attempt(
      eventsOf(() => desk === mine),
      () => {
        if (practice !== now || phase.kind !== "unlocked") return;
        phase = { ...phase, practice: now.status };
        publisher.publish({ kind: "phase", phase });
      },
    );
    desk = mine;
    await start();
    attend();
    if (phase.kind === "unlocked" && desk === mine) enter({ ...phase, practice: now.status });
  }

  /** Everything of it is gone, and nothing is said of what was open: none of it was real. */
  function endPractice(): void {
    practice = undefined;
    leftBehind.keep(undefined);
    void leave();
    enter(locked());
  }

  function atPractice(): Practice {
    if (!practice) throw new CountersignError("E_CLI_STATE", "There is no practice here.");
    return practice;
  }

  /** One person after the other. */
  async function takeSeat(sitDown: () => Promise<void>): Promise<void> {
    isUnlocking = true;
    try {
      await sitDown();
    } finally {
      isUnlocking = false;
    }
  }

  const knownAs = (kid: string): Known | undefined => keyring.people().find(({ enrolment }) => enrolment.kid === kid);

  /** SECURITY: only the same person goes on where they were; what another one had open is forgotten (AC17). */
  function takeLeft(sub: string, now: Desk): { readonly left?: LeftReview } {
    const left = leftBehind.take(sub);
    if (left === undefined) return {};
    const isHere = now.rows().some(({ key }) => key.iss === left.key.iss && key.rid === left.key.rid);
    if (isHere && left.draft) leftBehind.keep({ key: left.key, draft: left.draft });
    return isHere ? { left } : {};
  }

  /** What was found again after a lock has been put away: it does not come up a second time. */
  function putAway(): void {
    leftBehind.keep(undefined);
    if (phase.kind !== "unlocked" || phase.left === undefined) return;
    const { left: _, ...now } = phase;
    phase = now;
    publisher.publish({ kind: "phase", phase });
  }

  function atWork(): Desk {
    if (phase.kind !== "unlocked" || !desk) throw new CountersignError("E_CLI_LOCKED");
    return desk;
  }

  function open(key: RequestKey): void {
    publisher.publish({ kind: "open", key });
  }

  return {
    async start() {
      const loaded = await keyring.load();
      phase = idle();
      return loaded;
    },
    snapshot,
    publisher: () => publisher,
    async beginEnrolment(input) {
      if (phase.kind === "unlocked" || isUnlocking) throw new CountersignError("E_CLI_STATE", "Lock the app first.");
      return enrolling.begin(input);
    },
    async cancelEnrolment() {
      if (phase.kind === "unlocked" || isUnlocking) return;
      const step = phase.kind === "setup" ? phase.enrolment.kind : "locked";
      const enrolled =
        phase.kind === "setup" && phase.enrolment.kind === "done" ? knownAs(phase.enrolment.person.kid) : undefined;
      enrolling.cancel();
      if (enrolled && (await parts.practising.isOwedBy(enrolled))) return takeSeat(() => practise(enrolled));
      // From the locked screen and after a failure set-up begins anew; from everywhere else it is left.
      if (step === "locked" || step === "failed") enter({ kind: "setup", enrolment: { kind: "ticket" } });
      else enter(idle());
    },
    async unlock(kid, pin) {
      if (phase.kind === "unlocked" || isUnlocking) {
        throw new CountersignError("E_CLI_STATE", "Somebody is at work here. Lock first.");
      }
      await takeSeat(async () => {
        const known = knownAs(kid);
        if (!known || !(await parts.practising.isOwedBy(known))) return sit(kid, pin);
        await keyring.verify(kid, pin);
        await practise(known);
      });
    },
    async beginPractice() {
      await attempt(atPractice());
    },
    async finishPractice() {
      const now = atPractice();
      await now.finish();
      if (practice === now) endPractice();
    },
    lock,
    async replaceKey(pin) {
      if (phase.kind !== "unlocked" || !desk || !worker) throw new CountersignError("E_CLI_LOCKED");
      if (!desk.isConnected()) throw new CountersignError("E_CLI_OFFLINE");
      await replacing.begin(worker, pin);
    },
    idle(state) {
      if (phase.kind !== "unlocked" || phase.idle === state) return;
      const { idle: _, ...awake } = phase;
      phase = state === undefined ? awake : { ...awake, idle: state };
      publisher.publish({ kind: "phase", phase });
      attend();
    },
    keepDraft(draft) {
      atWork();
      leftBehind.keep(draft);
    },
    decidedAt(by) {
      if (by === desk) leftBehind.keep(undefined);
    },
    closeReview() {
      atWork().closeReview();
      putAway();
    },
    desk: atWork,
    show(rid) {
      if (phase.kind === "unlocked" && desk && !practice) open({ iss: desk.gateway().iss, rid });
      else wanted = rid;
    },
    focus(focused) {
      isFocused = focused;
      attend();
    },
    pageGone() {
      desk?.closeReview();
      putAway();
    },
    probe() {
      desk?.probe();
    },
    hasUndelivered: () => desk?.hasUndelivered() ?? false,
    async stop() {
      enrolling.cancel();
      replacing.stop();
      publisher.drop();
      cancelCount?.();
      const old = desk;
      desk = undefined;
      await old?.close();
    },
  };
}
