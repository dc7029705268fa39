import { openRequest } from "#shared/protocol/accept/open.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";
import { template as templateSchema, type Template } from "#shared/protocol/template.ts";

import { trustGateway, type PinnedDirectory, type TrustedGateway } from "../connection/trusted-gateway.ts";
import type { Evidence } from "../journal/journal.ts";
import type { DecisionRecord } from "../journal/record.ts";
import type { Vault } from "../journal/vault.ts";
import { authorOf } from "./author.ts";
import type { Held, Mine, Side } from "./held.ts";
import { makeRevision, type Draw, type Revision } from "./revision.ts";
import { follows, sideAfter, sideOfReceipt, verifyEvent, verifyReceipt, type SignedEvent } from "./signed-event.ts";

export interface RestoreParts {
  readonly crypto: Crypto;
  readonly directory: PinnedDirectory;
  readonly me: { readonly sub: string };
  readonly vault: Vault;
  readonly genericTemplate: Template;
  readonly draw: Draw;
}

/** Older decisions have come to their end long ago, or are for the history. */
const RECENT_S = 86_400;

/**
 * What a person had under way when the app ended: decisions in the outbox, and recorded ones whose outcome this computer
 * has not seen. Rebuilt from the sealed evidence, verified again; nothing of it is signed anew.
 * @param now seconds of this computer
 */
export async function restore(parts: RestoreParts, now: number): Promise<readonly Held[]> {
  const { journal, outbox } = parts.vault;
  const recent = journal.entries().filter((entry) => entry.at > now - RECENT_S && entry.undelivered === undefined);
  const evidence = await Promise.all(recent.map((entry) => readOr(() => journal.read(entry.dec_dig))));
  const waiting = outbox.entries().map((decision): Kept => ({
    ...{ decision, receipts: [], events: [], proofs: [], logged: "pending" },
    neverSent: outbox.waits(decision),
  }));
  const byRequest = new Map<string, Kept[]>();
  for (const one of [...evidence, ...waiting].filter((e) => e !== undefined)) {
    byRequest.set(one.decision.req_dig, [...(byRequest.get(one.decision.req_dig) ?? []), one]);
  }
  return [...byRequest.values()].flatMap((group) => {
    const held = rebuild(
      parts,
      [...group].sort((a, b) => a.decision.n - b.decision.n),
    );
    return held ?? [];
  });
}

interface Kept extends Evidence {
  /** It waited for a connection until the end: nobody but this computer has it. */
  readonly neverSent?: boolean;
}

function rebuild(parts: RestoreParts, group: readonly Kept[]): Held | undefined {
  const [first] = group;
  if (!first) return undefined;
  try {
    const { decision: record } = first;
    const gateway = trustGateway(parts.crypto, record.gateway, parts.directory, record.at);
    const revision = revisionOf(parts, gateway, record);
    let side: Side = { kind: "open" };
    const move = (next: Side | undefined): void => {
      if (next && follows(next, side)) side = next;
    };
    const mine: Mine[] = [];
    for (const one of group) {
      const [jws] = one.receipts;
      if (jws === undefined) {
        mine.push({ kind: "sending", record: one.decision, submitted: one.neverSent !== true });
        continue;
      }
      const receipt = verifyReceipt(
        parts.crypto,
        gateway,
        jws,
        authorOf({ ...parts, sub: parts.me.sub }, one.decision),
        one.decision,
      );
      if (receipt.result === "recorded") {
        mine.push({ kind: "recorded", record: one.decision, receipt, logged: one.logged });
        move(sideOfReceipt(receipt, parts.me.sub));
      } else {
        mine.push({ kind: "rejected", record: one.decision, receipt });
      }
      for (const event of eventsOf(parts.crypto, gateway, one)) move(sideAfter(event));
    }
    return {
      key: { iss: record.iss, rid: record.rid },
      revision,
      received_at: record.at,
      unread: false,
      viewing: [],
      confirmed: false,
      side,
      mine,
    };
  } catch (error) {
    // It stays in the journal or outbox with its own mark; only the row is missing.
    if (error instanceof CountersignError) return undefined;
    throw error;
  }
}

function revisionOf(parts: RestoreParts, gateway: TrustedGateway, record: DecisionRecord): Revision {
  const { claims, digest } = openRequest(parts.crypto, record.request, gateway, record.at);
  if (digest !== record.req_dig) throw new CountersignError("E_REQ_DIGEST");
  const template = record.template === "" ? parts.genericTemplate : templateSchema.parse(parseStrict(record.template));
  const { crypto, draw } = parts;
  const presentation = draw(claims, template);
  return makeRevision({
    ...{ crypto, jws: record.request, claims, digest, template, presentation, draw },
    verdict: { kind: "accepted" },
  });
}

function eventsOf(crypto: Crypto, gateway: TrustedGateway, evidence: Evidence): readonly SignedEvent[] {
  return evidence.events.flatMap((jws) => {
    try {
      return [verifyEvent(crypto, gateway, jws)];
    } catch (error) {
      // Signed with a newer key than this credential names: what came of it is asked of the gateway again.
      if (error instanceof CountersignError) return [];
      throw error;
    }
  });
}

async function readOr(read: () => Promise<Evidence>): Promise<Evidence | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CountersignError) return undefined;
    throw error;
  }
}
