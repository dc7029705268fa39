import type { RequestKey, TextFinding } from "#shared/ipc/contract.ts";
import { acceptRequest, type Acceptance, type Finding } from "#shared/protocol/accept/accept.ts";
import { isDeadlineOnly } from "#shared/protocol/accept/deadline-only.ts";
import type { AcceptMemory } from "#shared/protocol/accept/lineage.ts";
import type { TemplateSource } from "#shared/protocol/accept/policy-and-template.ts";
import type { FindHidden } from "#shared/protocol/accept/text.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";
import type { Template } from "#shared/protocol/template.ts";

import type { TrustedGateway } from "../connection/trusted-gateway.ts";
import type { Memory, MemoryRecord } from "../journal/memory.ts";
import { isOpen, lastMine, type Held } from "./held.ts";
import { makeRevision, type Draw, type Revision } from "./revision.ts";

export interface IntakeParts {
  readonly crypto: Crypto;
  readonly memory: Memory;
  readonly templates: TemplateSource;
  /** Drawn with when a request's own template is not known: readable and deniable, not approvable. */
  readonly genericTemplate: Template;
  readonly findHidden: FindHidden;
  readonly draw: Draw;
  readonly me: { readonly sub: string; readonly pools: readonly string[] };
}

/** What to do about an arrived request. */
export type Taken =
  | { readonly kind: "listed"; readonly revision: Revision; readonly learned: readonly MemoryRecord[] }
  | { readonly kind: "ignored" }
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly rid?: string; readonly rev?: number };

/** A request that ended may come again for as long as feeds are replayed (protocol.md 3.4.4: at least 72 h). */
export const REMEMBER_S = 7 * 86_400;

/**
 * Reads one request as it came (protocol.md 3.5, C1–C14), and draws it once. An obstacle that only drawing finds
 * (approval-experience.md 3.4) quarantines as well.
 * @param now gateway seconds
 */
export function takeRequest(parts: IntakeParts, gateway: TrustedGateway, jws: string, now: number): Taken {
  const accepted = acceptRequest({
    crypto: parts.crypto,
    jws,
    gateway,
    me: parts.me,
    now,
    memory: memoryOf(parts.memory, gateway.iss),
    templates: parts.templates,
    findHidden: parts.findHidden,
  });
  switch (accepted.kind) {
    case "refused": {
      const { code, rid, rev } = accepted;
      return { kind: "refused", code, ...(rid === undefined ? {} : { rid }), ...(rev === undefined ? {} : { rev }) };
    }
    case "ignored":
      return { kind: "ignored" };
    case "accepted":
    case "quarantined": {
      const revision = revisionOf(parts, jws, accepted);
      return { kind: "listed", revision, learned: lessons(parts.memory, gateway.iss, accepted, revision, now) };
    }
    default:
      return accepted satisfies never;
  }
}

function memoryOf(memory: Memory, iss: string): AcceptMemory {
  const latest = (rid: string) => memory.seen(iss, rid);
  return {
    revision: (rid, rev) => (latest(rid)?.rev === rev ? latest(rid)?.digest : undefined),
    latest: (rid) => {
      const seen = latest(rid);
      return seen && { rev: seen.rev, dig: seen.digest };
    },
    isForked: (rid) => memory.forked(iss, rid),
    hasEnded: (digest) => memory.ended(iss, digest),
    policyVersion: (id) => memory.policyVersion(iss, id),
    templateVersion: (id) => memory.templateVersion(iss, id),
  };
}

type Listed = Extract<Acceptance, { kind: "accepted" | "quarantined" }>;

function revisionOf({ crypto, draw, genericTemplate }: IntakeParts, jws: string, accepted: Listed): Revision {
  const { claims, digest } = accepted;
  const template = accepted.template ?? genericTemplate;
  const presentation = draw(claims, template);
  const obstacles = presentation.obstacles.map(({ pointer, token }) => ({ pointer, token }));
  const findings = accepted.kind === "quarantined" ? accepted.findings.map(textFinding) : [];
  const code = accepted.kind === "quarantined" ? accepted.code : obstacles.length > 0 ? "E_DSP_TEXT" : undefined;
  const verdict: Revision["verdict"] =
    code === undefined ? { kind: "accepted" } : { kind: "quarantined", code, findings: [...findings, ...obstacles] };
  return makeRevision({ crypto, jws, claims, digest, template, presentation, verdict, draw });
}

const textFinding = ({ at, message }: Finding): TextFinding => ({
  pointer: at ?? "",
  token: message.replace(/^Hidden characters: /, ""),
});

/** What must be remembered of a request that is listed, before it can be acknowledged; nothing that is known already. */
function lessons(
  memory: Memory,
  iss: string,
  accepted: Listed,
  revision: Revision,
  now: number,
): readonly MemoryRecord[] {
  const { claims } = accepted;
  const { policy, display } = claims;
  // Not from the claims: a piece of their text would hold all of it for as long as this is remembered.
  const { rid, rev, digest } = revision;
  const until = Math.max(claims.exp, now) + REMEMBER_S;
  const forked = accepted.kind === "quarantined" && accepted.findings.some((f) => f.code === "E_REQ_FORK");
  // The first of two different requests under one name stays what is remembered of that name.
  if (forked) return memory.forked(iss, rid) ? [] : [{ t: "forked", iss, rid, until }];
  const learned: MemoryRecord[] = [];
  if (!accepted.repeated) learned.push({ t: "seen", iss, rid, rev, digest, until });
  if (revision.verdict.kind !== "accepted") return learned;
  if (policy.ver > memory.policyVersion(iss, policy.id)) {
    learned.push({ t: "policy", iss, id: policy.id, ver: policy.ver });
  }
  if (display.tpl_ver > memory.templateVersion(iss, display.tpl)) {
    learned.push({ t: "template", iss, id: display.tpl, ver: display.tpl_ver });
  }
  return learned;
}

/** How an arrived revision stands to what is held of its request. */
export type Placed = { readonly held: Held; readonly kind: "new" | "same" | "deadline" | "revised" };

/**
 * Puts a revision in its place. A new revision replaces the one before with everything a person did not yet sign; one that
 * only moves the deadline keeps what was already seen (protocol.md 3.20).
 */
export function placeRevision(held: Held | undefined, revision: Revision, iss: string, now: number): Placed {
  if (!held) return { kind: "new", held: newHeld(revision, iss, now) };
  // The fresh reading counts: what was rebuilt after a restart was not judged by C1–C14.
  if (held.revision.digest === revision.digest) return { kind: "same", held: { ...held, revision, confirmed: true } };
  const earlier = held.revision;
  // Under one name twice: both are kept apart by their bytes, and neither can be approved (C8).
  if (earlier.rev >= revision.rev) {
    const forked: Revision = { ...earlier, verdict: { kind: "quarantined", code: "E_REQ_FORK", findings: [] } };
    return { kind: "revised", held: { ...held, revision: forked } };
  }
  const next = newHeld(revision, iss, now);
  const mine = lastMine(held);
  // A decision on its way was about the old revision; what becomes of it is told by its receipt, in the journal.
  const wasWaiting = isOpen(held.side) || mine !== undefined;
  if (isDeadlineOnly(earlier.content().claims, revision.content().claims)) {
    const { unread, viewing, received_at } = held;
    const changed = held.changed === undefined ? {} : { changed: held.changed };
    const previous = held.previous === undefined ? {} : { previous: held.previous };
    return { kind: "deadline", held: { ...next, unread, viewing, received_at, ...changed, ...previous } };
  }
  if (!wasWaiting) return { kind: "revised", held: { ...next, viewing: held.viewing } };
  return {
    kind: "revised",
    held: {
      ...next,
      viewing: held.viewing,
      previous: earlier.content().claims,
      changed: { at: now, from_rev: earlier.rev },
    },
  };
}

function newHeld(revision: Revision, iss: string, now: number): Held {
  return {
    key: { iss, rid: revision.rid } satisfies RequestKey,
    revision,
    received_at: now,
    unread: true,
    viewing: [],
    confirmed: true,
    side: { kind: "open" },
    mine: [],
  };
}
