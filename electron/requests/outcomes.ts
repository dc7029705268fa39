import type { ReceiptClaims } from "#shared/protocol/claims/receipt.ts";

import type { Memory } from "../journal/memory.ts";
import type { DecisionRecord, Logged } from "../journal/record.ts";
import type { DeliveryEvents } from "./delivery.ts";
import { isFinal, type Held, type Mine } from "./held.ts";
import { REMEMBER_S } from "./intake.ts";
import type { Proofs } from "./proofs.ts";
import { follows, sideOfReceipt } from "./signed-event.ts";
import type { Table } from "./table.ts";

/** What becomes of my decisions, written to the requests they are about. */
export interface Outcomes extends Omit<DeliveryEvents, "onEmpty" | "onKept"> {
  logged(record: DecisionRecord, logged: Logged): void;
}

/** @param onAnswered called after the request shows the answer */
export function makeOutcomes(
  parts: {
    readonly table: Table;
    readonly memory: Memory;
    readonly proofs: Proofs;
    readonly me: { readonly sub: string };
    readonly nowS: () => number;
  },
  onAnswered: (record: DecisionRecord, receipt: ReceiptClaims) => void,
): Outcomes {
  const { table, memory, me } = parts;

  /** Only the revision that was decided: a newer one has its own decisions. */
  function change(record: DecisionRecord, next: (held: Held) => Held): void {
    table.change(record.rid, (held) => (held.revision.digest === record.req_dig ? next(held) : held));
  }

  function changeMine(record: DecisionRecord, next: (mine: Mine) => Mine): void {
    change(record, (held) => ({
      ...held,
      mine: held.mine.map((m) => (m.kind !== "signing" && m.record.dec_dig === record.dec_dig ? next(m) : m)),
    }));
  }

  function recorded(record: DecisionRecord, receipt: ReceiptClaims): void {
    changeMine(record, () => ({ kind: "recorded", record, receipt, logged: "pending" }));
    parts.proofs.follow(record, receipt);
    const side = sideOfReceipt(receipt, me.sub);
    if (!side) return;
    change(record, (held) => (follows(side, held.side) ? { ...held, side, confirmed: true } : held));
    if (!isFinal(side) && side.kind !== "approved") return;
    const until = parts.nowS() + REMEMBER_S;
    // Not durable only means that the same request may be listed once more; the gateway still refuses it.
    memory.learn([{ t: "ended", iss: record.iss, digest: record.req_dig, until }]).catch(() => undefined);
  }

  return {
    onSubmitted(record) {
      changeMine(record, (mine) => (mine.kind === "sending" ? { ...mine, submitted: true } : mine));
    },
    onAnswered(record, receipt) {
      if (receipt.result === "recorded") recorded(record, receipt);
      else changeMine(record, () => ({ kind: "rejected", record, receipt }));
      onAnswered(record, receipt);
    },
    onUndelivered(record, code) {
      changeMine(record, () => ({ kind: "undelivered", record, code }));
    },
    logged(record, logged) {
      changeMine(record, (mine) => (mine.kind === "recorded" ? { ...mine, logged } : mine));
    },
  };
}
