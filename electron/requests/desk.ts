/* eslint-disable max-lines -- one person's parts are wired in one place; each of them is on its own elsewhere */
import type { ConnectionStatus, GatewayStatus, RequestKey, ReviewData } from "#shared/ipc/contract.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { PROVES_ERASURES } from "#shared/protocol/names.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import { makeGatewayClock } from "../connection/gateway-clock.ts";
import { makeLink } from "../connection/link.ts";
import type { Ready } from "../connection/session.ts";
import { makeReporting } from "./reporting.ts";
import { openKept } from "../records/kept.ts";
import { makeRecords } from "../records/records.ts";
import { revokeOwnKey } from "../keys/revocation.ts";
import type { UnlockedKey } from "../keys/unlocked-key.ts";
import { makeAttention } from "./attention.ts";
import { makeChain } from "./chain.ts";
import { makeDeciding } from "./deciding.ts";
import { makeDelivery, tidyOutbox } from "./delivery.ts";
import type { Desk, DeskEvents, DeskParts } from "./desk-port.ts";
import { applyFeed, makeFeedIntake } from "./feed-intake.ts";
import { gatewayStatus } from "./gateway-status.ts";
import { readAnew, type Held } from "./held.ts";
import { listHistory } from "./history.ts";
import { makeLogWatch } from "./log-watch.ts";
import { makeOutcomes } from "./outcomes.ts";
import { makeKeyEnd } from "./key-end.ts";
import { makeProofs } from "./proofs.ts";
import { reconcile } from "./reconcile.ts";
import { restore } from "./restore.ts";
import { makeScreen } from "./review.ts";
import { receiptOf, referenceOf, reviewOf, rowOf, waitingOf } from "./rows.ts";
import { makeStandDown } from "./stand-down.ts";
import { makeStatements } from "./statements.ts";
import { makeStopWatch } from "./stop-watch.ts";
import { makeTable } from "./table.ts";
import { watchKeys } from "./watch-keys.ts";

/** Wires one person's parts together; each of them is on its own elsewhere in this folder. */
export function makeDesk(parts: DeskParts, events: DeskEvents): Desk {
  const { crypto, clock, vault, me, iss, newId } = parts;
  const time = makeGatewayClock(clock);
  const nowS = () => time.nowS();
  const attention = makeAttention(clock, () => {
    if (screen.shown && !isClosed) events.onReading(screen.shown.key, attention.short());
  });
  const screen = makeScreen(attention);
  const chain = makeChain(crypto, { kid: parts.kid, iss }, vault);
  const refused = new Map<string, number>();
  let key: UnlockedKey | undefined;
  let verifiedAtMs = 0;
  let chainBroken = false;
  let ready = false;
  let lastMessageAt: number | undefined;
  let isClosed = false;

  const table = makeTable(clock, time, {
    onChanged(held) {
      if (isClosed) return;
      events.onRow(rowOf(held, nowS()));
      if (screen.isOn(held.key)) events.onReview(review(held));
    },
    onGone(gone) {
      events.onRowGone(gone);
    },
  });

  const link = makeLink(
    {
      crypto,
      sockets: parts.sockets,
      clock,
      random: parts.random,
      newId,
      time,
      client: parts.client,
      endpoint: parts.endpoint,
      directory: parts.directory,
      iss,
      me: { device: me.device, sub: me.sub, credential: parts.credential, pools: me.pools },
      key: () => key,
    },
    {
      onStatus: statusChanged,
      onReady: isReady,
      onSnapshot(phase) {
        if (phase === "begin") intake.beginSnapshot();
        else void ask(intake.endSnapshot());
      },
      onFeed(message) {
        lastMessageAt = nowS();
        return applyFeed(intake, message, {
          receipt: (jws) => delivery.take(jws),
          checkpoint(note) {
            void logWatch.see(note, "feed");
          },
          keyChanged(set) {
            keyChanges.take(set);
          },
          rulesChanged() {
            void stopWatch.ask();
          },
        });
      },
    },
  );

  const { standing, keyChanges, trusted, keyStop, statusLists } = watchKeys(
    parts,
    { link, nowS },
    {
      onRefused: count,
      onKeyAdded: () => events.onKeyAdded(),
      onBelief() {
        intake.judgeAgain();
      },
      onChanged() {
        events.onGateway(gateway());
        keyEnd.check();
      },
    },
  );
  const stopWatch = makeStopWatch({ crypto, link: trusted, directory: parts.directory }, () => {
    if (!isClosed) events.onGateway(gateway());
  });
  const statements = makeStatements({ crypto, link: trusted, me, newId, nowS, table, key: () => key, keyStop });
  const standDown = makeStandDown({ screen, outbox: vault.outbox, link, delivery: () => delivery, takeKey });
  const keyEnd = makeKeyEnd({
    clock,
    outbox: vault.outbox,
    link,
    standing,
    delivery: () => delivery,
    exp: me.exp,
    nowS,
  });
  const logWatch = makeLogWatch({ ...parts, link: trusted, memory: vault.memory, nowS }, () => {
    events.onGateway(gateway());
  });
  const reporting = makeReporting(parts, { link: trusted, memory: vault.memory, logWatch, nowS, statusLists });
  const records = makeRecords({
    ...parts,
    ...{ link: trusted, journal: vault.journal, memory: vault.memory, logWatch, nowS, roles: me.roles, statusLists },
    async tell(saying) {
      const said = await statements.tell(saying);
      await stopWatch.ask();
      return said;
    },
  });
  const proofs = makeProofs(
    { clock, journal: vault.journal, logWatch, nowS, isReady: () => ready },
    (record, logged) => {
      outcomes.logged(record, logged);
    },
  );
  const outcomes = makeOutcomes({ table, memory: vault.memory, proofs, me, nowS }, (record, receipt) => {
    if (receipt.chain && !chain.agrees(receipt.chain)) chainBroken = true;
    statements.answered(record, receipt);
  });
  const delivery = makeDelivery(
    { crypto, clock, link: trusted, vault, me, nowS },
    { ...outcomes, onKept: ({ req_dig }) => intake.decisionKept(req_dig), onEmpty: () => standDown.check() },
  );
  const intake = makeFeedIntake(
    {
      ...parts,
      ...vault,
      table,
      nowS,
      gateway: () => trusted.gateway,
    },
    {
      onRefused(code, name) {
        if (name) link.send("action.view", { ...name, state: "rejected", code });
        count(code);
      },
      onReplaced(held, deadlineOnly) {
        screen.replaced(held, deadlineOnly);
        if (screen.isOn(held.key)) events.onReview(review(held));
      },
      onArrived(held) {
        events.onArrived(held.revision.brief.tier);
      },
    },
  );
  const deciding = makeDeciding({
    crypto,
    link: trusted,
    time,
    table,
    screen,
    attention,
    outbox: vault.outbox,
    chain,
    delivery,
    logWatch,
    me,
    credential: parts.credential,
    posture: { app: parts.client.ver, os: parts.client.os },
    newId,
    key: () => key,
    keyStop,
    stop: (risk) => standing.stop(risk),
    chainBroken: () => chainBroken,
    async verifyPin(pin) {
      await parts.verifyPin(pin);
      verifiedAtMs = clock.elapsedMs();
    },
    verifiedAt: () => nowS() - Math.ceil((clock.elapsedMs() - verifiedAtMs) / 1000),
    onMismatch: ({ key: { rid }, revision: { rev } }) =>
      link.send("action.view", { rid, rev, state: "closed", code: "E_CLI_REENTRY" }),
  });

  /** For IT. */
  function count(code: ErrorCode): void {
    refused.set(code, (refused.get(code) ?? 0) + 1);
    events.onGateway(gateway());
  }

  function statusChanged(status: ConnectionStatus): void {
    const wasReady = ready;
    ready = status.kind === "live" || status.kind === "catching_up" || status.kind === "stale";
    if (!ready) delivery.setReady(false);
    if (!ready) standing.end();
    if (wasReady && !ready) events.onConnection("disconnected");
    if (status.kind === "live") events.onConnection("connected");
    events.onGateway(gateway());
    standDown.check();
    keyEnd.check();
    // Times of rows are in gateway time, which was just measured.
    if (status.kind === "live") void stopWatch.ask();
    if (status.kind === "live") for (const held of table.all()) table.put(held);
  }

  function isReady(next: Ready): void {
    // SECURITY: where the chains differ, this computer or the gateway was restored or copied: nothing is signed (T-30).
    chainBroken = !chain.agrees(next.chain);
    ready = true;
    const isProving = next.features.includes(PROVES_ERASURES);
    if (next.checkpoint !== undefined) void logWatch.see(next.checkpoint, "ready", isProving);
    logWatch.connected();
    delivery.setReady(true);
    standing.begin();
    events.onGateway(gateway());
  }

  async function ask(missing: readonly Held[]): Promise<void> {
    await reconcile(link, missing, async (held, { receipts, sets }) => {
      for (const jws of receipts) await delivery.take(jws);
      for (const jws of sets) await intake.event(jws);
      table.change(held.key.rid, (now) => now);
    });
  }

  const gateway = (): GatewayStatus =>
    gatewayStatus(parts, {
      ...{ link, time, refused, lastMessageAt },
      ...{ alarm: logWatch.alarm(), earlierLogs: logWatch.earlier(), stop: standing.stop() },
      ...{ everything: stopWatch.stopped(), roles: me.roles },
    });

  const review = (held: Held): ReviewData =>
    reviewOf(held, {
      ...{ now: nowS(), gatewayName: gateway().name, signer: parts.signer },
      short: screen.shows(held) ? attention.short() : undefined,
    });

  function find(wanted: RequestKey): Held {
    const held = table.get(wanted.rid);
    if (held?.key.iss !== wanted.iss) throw new CountersignError("E_CLI_NOT_FOUND");
    return held;
  }

  function takeKey(): void {
    key?.lock();
    key = undefined;
  }

  /** SECURITY: what is signed will be sent, also while the disk is slow to keep it: nobody is told that nothing was. */
  const hasUndelivered = (): boolean => vault.outbox.entries().length > 0 || deciding.isKeeping();

  function unlock(next: UnlockedKey): void {
    key = next;
    verifiedAtMs = clock.elapsedMs();
    link.start();
  }

  return {
    kid: parts.kid,
    async start(next) {
      await tidyOutbox(vault);
      const localNow = Math.floor(clock.nowMs() / 1000);
      for (const held of await restore({ ...parts, vault }, localNow)) {
        table.put(held);
        for (const mine of held.mine) {
          if (mine.kind === "recorded" && mine.logged === "pending") proofs.follow(mine.record, mine.receipt);
        }
      }
      unlock(next);
    },
    lock() {
      const reading = screen.shown?.key;
      const wasSending = hasUndelivered();
      takeKey();
      reporting.forget();
      records.forget();
      screen.close();
      return { reading, wasSending };
    },
    unlock,
    async close() {
      isClosed = true;
      takeKey();
      reporting.forget();
      records.forget();
      link.stop();
      delivery.stop();
      standing.end();
      keyChanges.stop();
      keyEnd.stop();
      proofs.stop();
      screen.close();
      table.clear();
      await logWatch.close();
      await vault.close();
    },
    isConnected: () => ready,
    gateway,
    nowS,
    rows: () => table.all().map((held) => rowOf(held, nowS())),
    listed: () => table.size(),
    waiting: () => waitingOf(table.all(), nowS()),
    openReview(wanted) {
      const opened = readAnew(find(wanted));
      screen.open(opened, nowS());
      table.put(opened);
      link.send("action.view", { rid: wanted.rid, rev: opened.revision.rev, state: "opened" });
      return review(opened);
    },
    closeReview() {
      const { shown } = screen;
      if (shown) link.send("action.view", { rid: shown.key.rid, rev: shown.rev, state: "closed" });
      screen.close();
      standDown.check();
      return shown?.key;
    },
    async decide(input) {
      const record = await deciding.decide(input);
      if (input.choice.kind === "deny" && input.choice.report_agent) {
        statements.reportWith(record, find(input.key), input.choice.reason);
      }
      const receipt = receiptOf(find(input.key), nowS(), parts.signer);
      if (!receipt) throw new CountersignError("E_INTERNAL");
      return receipt;
    },
    cancelDecision: () => deciding.cancel(),
    forward: (wanted, rev, to, note) =>
      statements.about(find(wanted), rev, { kind: "forward", args: { to, ...(note === undefined ? {} : { note }) } }),
    extend: (wanted, rev, seconds) => statements.about(find(wanted), rev, { kind: "extend", args: { seconds } }),
    async revokeKey() {
      if (!key) throw new CountersignError("E_CLI_LOCKED");
      await revokeOwnKey(parts, key);
    },
    standDown: (signal) => standDown.wait(signal),
    history: (limit, before) =>
      listHistory(
        { crypto, journal: vault.journal, directory: parts.directory, sub: me.sub, gateway: link.gateway },
        limit,
        before,
      ),
    kept: (digest) =>
      openKept(
        {
          ...{ crypto, clock, iss, link, logWatch, nowS, statusLists, directory: parts.directory, sub: me.sub },
          ...{ journal: vault.journal, memory: vault.memory, verifier: parts.verifier },
          templateOf: (dig) => parts.templates.builtin(dig) ?? parts.templates.fetched(dig),
        },
        digest,
      ),
    exports: reporting.exports,
    insights: (wanted, onRead) => reporting.insights(wanted, onRead),
    stopInsights: () => reporting.stopInsights(),
    records,
    focus: (focused) => attention.focus(focused),
    reference(wanted) {
      const known = table.get(wanted.rid) ?? vault.journal.entries().find((entry) => entry.rid === wanted.rid);
      if (!known) throw new CountersignError("E_CLI_NOT_FOUND");
      return referenceOf(wanted.rid);
    },
    revealClaims(wanted) {
      if (!screen.isOn(wanted)) throw new CountersignError("E_CLI_NOT_SHOWN");
    },
    probe: () => link.probe(),
    hasUndelivered,
  };
}
