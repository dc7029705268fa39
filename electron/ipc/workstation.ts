/* eslint-disable max-lines -- one state machine: who is at work and every way in and out are read together */
import type {
  AppSnapshot,
  EnrolmentStatus,
  KeyReplacement,
  LeftReview,
  LockNotice,
  Phase,
} from "#shared/ipc/contract.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Known, Unlocked } from "../keys/keyring.ts";
import type { KnownPerson } from "../keys/known-person.ts";
import type { Practice } from "../practice/practising.ts";
import { makeDesks, type Desks } from "../requests/desks.ts";
import { faultOf } from "./dispatch.ts";
import { makeLeftBehind } from "./left-behind.ts";
import { makePublisher } from "./publisher.ts";
import type { Workstation, WorkstationParts } from "./workstation-port.ts";

const COUNT_MS = 100;
const ON_A_CARD = "A key on a card works with one gateway. Enrol for another one from the locked screen.";

export function makeWorkstation(parts: WorkstationParts): Workstation {
  const { clock, keyring } = parts;
  const nowS = () => desks.nowS() ?? Math.floor(clock.nowMs() / 1000);
  let phase: Phase = { kind: "setup", enrolment: { kind: "ticket" } };
  let isFocused = false;
  let isUnlocking = false;
  let hasArrived = false;
  let cancelCount: (() => void) | undefined;
  let wanted: string | undefined;
  let notice: LockNotice | undefined;
  let cardOut: number | undefined;
  let [damagedKeys, unreadableKeys] = [0, 0];
  let joining: KnownPerson | undefined;
  /** SECURITY: while there is one, nothing at the desks is real, and the person's own keys are locked. */
  let practice: Practice | undefined;

  const leftBehind = makeLeftBehind(clock);
  const publisher = makePublisher(clock, parts.send, snapshot, () => desks.listed());
  const desks = makeDesks(parts.makeDesk, {
    onRow(row) {
      if (phase.kind === "unlocked") publisher.row(row);
      counted(false);
    },
    onRowGone(key) {
      if (phase.kind === "unlocked") publisher.rowGone(key);
      counted(false);
    },
    onReview(review) {
      if (phase.kind === "unlocked") publisher.publish({ kind: "review", review });
    },
    onReading(key, short) {
      if (phase.kind !== "unlocked") return;
      publisher.publish({ kind: "reading", key, ...(short === undefined ? {} : { short }) });
    },
    onGateway(gateway) {
      publisher.publish({ kind: "gateway", gateway });
    },
    onConnection(which, iss) {
      if (phase.kind === "unlocked") publisher.publish({ kind: "notice", notice: which, iss });
    },
    onLost: away,
    onKeyAdded() {
      if (phase.kind === "unlocked") publisher.publish({ kind: "notice", notice: "key_added" });
    },
    onArrived(tier) {
      // A routine request is counted and interrupts nobody (approval-experience.md 6).
      counted(tier > 1);
    },
  });
  const enrolling = parts.enrolling((enrolment) => {
    // An enrolment that somebody left running puts nobody out who signed in meanwhile.
    if (phase.kind !== "unlocked") enter(setup(enrolment));
  });
  const replacing = parts.replacing({
    onStatus: replacementIs,
    standDown: (iss, signal) => desks.at(iss).standDown(signal),
    async onReplaced(unlocked, signal) {
      const { iss, kid } = unlocked.known.enrolment;
      const isOver = () => signal.aborted;
      // SECURITY: locked meanwhile: the new key is the one that opens next time, whoever sits here now.
      if (isOver()) {
        unlocked.key.lock();
        unlocked.secret.fill(0);
        if (phase.kind === "unlocked") return;
        await desks.leave(iss);
        away();
        return;
      }
      await desks.reseat(unlocked);
      lockWithout(unlocked);
      attend();
      const now = phaseNow();
      // SECURITY: locked while the desk was made: its key goes at once, and nobody else gets it.
      if (now.kind !== "unlocked") {
        desks.lock();
        away();
      } else if (!isOver()) {
        enter({ ...now, person: keyring.person(kid).person, replacing: { iss, kind: "done" } });
      } else if (desks.known(iss).enrolment.kid === kid) {
        await desks.leave(iss);
      }
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

  /** What a lock or a restart interrupted goes on with the PIN that was just given. */
  async function goOnReplacing({ enrolments }: KnownPerson, pin: string): Promise<void> {
    const known = enrolments.find(({ enrolment }) => keyring.nextOf(enrolment.kid) !== undefined);
    if (!known) return;
    try {
      await replacing.begin(known, pin);
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      // It waits on the disk: the person reads why and can begin again.
      replacementIs({ iss: known.enrolment.iss, kind: "failed", error: faultOf(error) });
    }
  }

  function lock(): void {
    if (phase.kind !== "unlocked") return;
    if (practice) {
      endPractice();
      return;
    }
    replacing.stop();
    const { reading, wasSending } = desks.lock();
    notice = reading !== undefined || wasSending ? { at: nowS(), sent: wasSending } : undefined;
    leftBehind.lock(phase.person.sub, reading, notice);
    enter(locked());
  }

  /** SECURITY: whoever takes their card takes their screen with them (reliability.md D10). */
  function lockWithout({ key }: Pick<Unlocked, "key">): void {
    key.onGone?.(() => {
      if (phase.kind !== "unlocked") return;
      cardOut = nowS();
      lock();
    });
  }

  function snapshot(): AppSnapshot {
    // SECURITY: nothing clinical leaves main unless somebody is at work (approval-experience.md 6, AC17).
    const isOpen = phase.kind === "unlocked";
    return {
      seq: publisher.seq,
      version: parts.version,
      phase,
      // Only a desk has a connection; while there is none, nothing is known of any gateway and nothing is said.
      gateways: desks.gateways(),
      rows: isOpen ? desks.rows() : [],
      settings: parts.settings(),
      scenarios: isOpen ? parts.scenarios : [],
      now: nowS(),
    };
  }

  function enter(next: Phase): void {
    phase = next;
    publisher.drop();
    publisher.publish({ kind: "snapshot", snapshot: { ...snapshot(), seq: publisher.seq + 1 } });
  }

  const locked = (): Phase => ({
    kind: "locked",
    people: keyring.people().map(({ person }) => person),
    waiting: desks.waiting().count,
    ...(notice === undefined ? {} : { notice }),
    ...(cardOut === undefined ? {} : { card_out: cardOut }),
    ...damaged(),
  });
  const damaged = () => ({
    ...(damagedKeys === 0 ? {} : { damaged_keys: damagedKeys }),
    ...(unreadableKeys === 0 ? {} : { unreadable_keys: unreadableKeys }),
  });
  const setup = (enrolment: EnrolmentStatus): Phase => ({
    ...{ kind: "setup", enrolment },
    ...(joining === undefined ? {} : { joins: joining.person }),
    ...(keyring.people().length === 0 ? {} : { canLeave: true }),
    ...damaged(),
  });
  const idle = (): Phase => (keyring.people().length === 0 ? setup({ kind: "ticket" }) : locked());

  /** The count on the lock screen, in the tray and on the badge follows the list, a little behind it in a flood. */
  function counted(arrived: boolean): void {
    hasArrived ||= arrived && !practice;
    cancelCount ??= clock.after(COUNT_MS, count);
  }

  function count(): void {
    cancelCount = undefined;
    const waiting = practice ? { count: 0 } : desks.waiting();
    parts.onWaiting({ ...waiting, arrived: hasArrived });
    hasArrived = false;
    if (phase.kind !== "locked" || phase.waiting === waiting.count) return;
    phase = { ...phase, waiting: waiting.count };
    publisher.publish({ kind: "phase", phase });
  }

  /** A desk is gone: locked, who can sign in and how much waits is told anew. */
  function away(): void {
    counted(false);
    if (phase.kind === "locked") enter(locked());
  }

  /** What is hidden is not being read, whatever window has the focus. */
  function attend(): void {
    desks.focus(isFocused && (phase.kind !== "unlocked" || phase.idle === undefined));
  }

  async function sit(kid: string, pin: string): Promise<void> {
    const openings = await keyring.unlock(kid, pin);
    await desks.seat(openings).catch((error: unknown) => {
      away();
      throw error;
    });
    attend();
    enrolling.cancel();
    joining = undefined;
    const known = keyring.person(kid);
    [notice, cardOut] = [undefined, undefined];
    enter({ kind: "unlocked", person: known.person, ...takeLeft(known.person.sub) });
    counted(false);
    for (const opening of openings) if ("key" in opening) lockWithout(opening);
    await goOnReplacing(known, pin);
    const rid = wanted;
    wanted = undefined;
    if (rid !== undefined) open(rid);
  }

  /** Step 4 of set-up (S1). No key is unlocked for it: whoever gets here gave a PIN, or has just chosen one. */
  async function practise({ person }: KnownPerson, known: Known): Promise<void> {
    enrolling.cancel();
    await desks.leave();
    [notice, joining] = [undefined, undefined];
    practice = await parts.practising.begin(known);
    enter({ kind: "unlocked", person, practice: practice.status });
  }

  async function attempt(now: Practice): Promise<void> {
    await desks.seatAlone(now.iss, now.known, (events) => {
      // Locked meanwhile.
      if (practice !== now) throw new CountersignError("E_CLI_STATE");
      return now.attempt(events, () => {
        if (practice !== now || phase.kind !== "unlocked") return;
        phase = { ...phase, practice: now.status };
        publisher.publish({ kind: "phase", phase });
      });
    });
    attend();
    if (practice === now && phase.kind === "unlocked") enter({ ...phase, practice: now.status });
  }

  /** Everything of it is gone, and nothing is said of what was open: none of it was real. */
  function endPractice(): void {
    practice = undefined;
    leftBehind.keep(undefined);
    desks.lock();
    void desks.leave().then(away);
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

  /** The person of this key who has to practise first, and with which enrolment; undefined where nobody has to. */
  async function owing(kid: string): Promise<readonly [KnownPerson, Known] | undefined> {
    const person = keyring.people().find(({ enrolments }) => enrolments.some(({ enrolment }) => enrolment.kid === kid));
    const known = person?.enrolments.find(({ enrolment }) => enrolment.kid === kid);
    if (!person || !known || !(await parts.practising.isOwedBy(person.enrolments))) return undefined;
    return [person, known];
  }

  /** SECURITY: only the same person goes on where they were; what another one had open is forgotten (AC17). */
  function takeLeft(sub: string): { readonly left?: LeftReview } {
    const left = leftBehind.take(sub);
    if (left === undefined) return {};
    const isHere = desks.rows().some(({ key }) => key.iss === left.key.iss && key.rid === left.key.rid);
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

  function atWork(): Desks {
    if (phase.kind !== "unlocked") throw new CountersignError("E_CLI_LOCKED");
    return desks;
  }

  function open(rid: string): void {
    const key = desks.keyOf(rid);
    if (key) publisher.publish({ kind: "open", key });
  }

  return {
    async start() {
      const loaded = await keyring.load();
      const enrolled = (names: readonly string[]) => names.filter((name) => !name.endsWith(".next.json")).length;
      damagedKeys = enrolled(loaded.damaged);
      unreadableKeys = enrolled(loaded.unreadable);
      phase = idle();
      return loaded;
    },
    snapshot,
    publisher: () => publisher,
    async beginEnrolment(input) {
      if (phase.kind === "unlocked" || isUnlocking) throw new CountersignError("E_CLI_STATE", "Lock the app first.");
      return enrolling.begin(input, joining);
    },
    addGateway() {
      if (phase.kind !== "unlocked") throw new CountersignError("E_CLI_LOCKED");
      if (practice) throw new CountersignError("E_CLI_PRACTICE");
      const { kid, key_storage } = phase.person;
      if (key_storage === "hardware") throw new CountersignError("E_CLI_STATE", ON_A_CARD);
      lock();
      joining = keyring.person(kid);
      enter(setup({ kind: "ticket" }));
    },
    async cancelEnrolment() {
      if (phase.kind === "unlocked" || isUnlocking) return;
      const step = phase.kind === "setup" ? phase.enrolment.kind : "locked";
      const enrolled =
        phase.kind === "setup" && phase.enrolment.kind === "done" ? phase.enrolment.person.kid : undefined;
      enrolling.cancel();
      const debt = enrolled === undefined ? undefined : await owing(enrolled);
      if (debt) return takeSeat(() => practise(...debt));
      // From the locked screen and after a failure set-up begins anew; from everywhere else it is left.
      if (step !== "failed") joining = undefined;
      if (step === "locked" || step === "failed") enter(setup({ kind: "ticket" }));
      else enter(idle());
    },
    async unlock(kid, pin) {
      if (phase.kind === "unlocked" || isUnlocking) {
        throw new CountersignError("E_CLI_STATE", "Somebody is at work here. Lock first.");
      }
      await takeSeat(async () => {
        const debt = await owing(kid);
        if (!debt) return sit(kid, pin);
        await keyring.verify(kid, pin);
        await practise(...debt);
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
    async replaceKey(iss, pin) {
      if (practice) throw new CountersignError("E_CLI_PRACTICE");
      if (!atWork().at(iss).isConnected()) throw new CountersignError("E_CLI_OFFLINE");
      await replacing.begin(desks.known(iss), pin);
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
      if (desks.isSeated(by)) leftBehind.keep(undefined);
    },
    closeReview() {
      atWork().closeReview();
      putAway();
    },
    desks: atWork,
    show(rid) {
      if (phase.kind === "unlocked" && !practice) open(rid);
      else wanted = rid;
    },
    focus(focused) {
      isFocused = focused;
      attend();
    },
    pageGone() {
      // Nothing is on the screen any more; where the person was is for the page that comes (reliability.md A9).
      const reading = desks.closeReview();
      if (phase.kind !== "unlocked" || practice || reading === undefined) return;
      const left = leftBehind.reopen(reading, { at: nowS(), sent: desks.at(reading.iss).hasUndelivered() });
      phase = { ...phase, left };
      publisher.publish({ kind: "phase", phase });
    },
    probe() {
      desks.probe();
    },
    hasUndelivered: () => desks.hasUndelivered(),
    async stop() {
      enrolling.cancel();
      replacing.stop();
      publisher.drop();
      cancelCount?.();
      await desks.leave();
    },
  };
}
