import { z } from "zod";

import { text, uri, uuid7 } from "#shared/protocol/claims/primitives.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { ACTION_TYPES, actionType, poolUri } from "#shared/protocol/names.ts";
import { isAddressed } from "#shared/protocol/verify/eligibility.ts";
import { verifyStatement, type StatementVerdict } from "#shared/protocol/verify/statement.ts";

import type { GatewayContext } from "../context.ts";
import type { SubmitAnswer } from "../core.ts";
import { nextRevision, supersede } from "../requests/revise.ts";
import { claimsOf } from "../requests/signed-request.ts";
import { EVERYTHING, resumeStopped, stopRequests } from "../requests/stop-agent.ts";
import type { PauseRow, RequestRow } from "../store/rows.ts";
import type { StoreTx } from "../store/store.ts";
import { signReceipt } from "./receipt.ts";
import { verificationState } from "./state.ts";
import { errorAnswer } from "./submit.ts";

type Accepted = Extract<StatementVerdict, { kind: "record" }>;
type Author = Pick<Accepted, "entry" | "claims" | "statement" | "digest">;

const SUPERVISOR = "supervisor";
const MAX_LIFE_S = 24 * 3600;

/**
 * A statement in one transaction: verified (V1–V10 and the times), the kind's rule, its effect, leaf and receipt
 * (protocol.md 3.20). Any failure is an `error` and nothing is stored.
 */
export function submitStatement(
  context: GatewayContext,
  jws: string,
  session: { readonly kid: string } | undefined,
): SubmitAnswer {
  try {
    return context.store.write((tx) => {
      const verdict = verifyStatement(jws, verificationState(context, tx, session));
      switch (verdict.kind) {
        case "error":
          return errorAnswer(verdict.code, verdict.message);
        case "duplicate":
          return { kind: "receipt", jws: verdict.receipt, duplicate: true };
        case "record":
          return record(context, tx, jws, verdict);
        default:
          return verdict satisfies never;
      }
    });
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code.startsWith("E_STORE_")) throw error;
    return errorAnswer(error.code, error.message);
  }
}

function record(context: GatewayContext, tx: StoreTx, jws: string, accepted: Accepted): SubmitAnswer {
  const { kid, claims, digest, entry, statement } = accepted;
  const { target, about: whom } = apply(context, tx, accepted);
  const at = context.now();
  const named = target === undefined ? {} : { rid: target.rid, rev: target.rev };
  const leaf = context.log.append(tx, { t: "statement", ts: at, ...named, obj: digest, kid });
  const about = { stm_dig: digest, ...named };
  const said = { device: entry.device, sub: entry.sub, iat: at, about, result: "recorded", leaf } as const;
  const receipt = signReceipt(context, said);
  const { jti } = claims;
  tx.addStatement({
    dig: digest,
    kid,
    sub: entry.sub,
    kind: statement,
    jws,
    jti,
    at,
    ...named,
    ...(whom === undefined ? {} : { about: whom }),
  });
  tx.addAnswer({ kid, jti, dig: digest, kind: "statement", jws, receipt, result: "recorded", at, ...named });
  return { kind: "receipt", jws: receipt, duplicate: false };
}

/** What a statement was about: a revision, or an agent or type by its name. */
interface About {
  readonly target?: Pick<RequestRow, "rid" | "rev">;
  readonly about?: string;
}

/**
 * Does what the statement says; returns what it was about.
 * @throws CountersignError `E_CLM_SHAPE` (target or args), `E_STM_ROLE`, `E_REQ_UNKNOWN`, `E_REQ_SUPERSEDED`,
 * `E_REQ_TERMINAL`, `E_AGENT_UNKNOWN`, `E_STM_OLDER`, `E_FEED` (no such pool or person)
 */
function apply(context: GatewayContext, tx: StoreTx, author: Author): About {
  const { statement, digest } = author;
  switch (statement) {
    case "forward":
      return { target: forward(context, tx, author) };
    case "extend":
      return { target: extend(context, tx, author) };
    case "flag-decision":
      return { target: reviewed(context, tx, author) };
    case "close-review":
      mustSupervise(author);
      return { target: reviewed(context, tx, author) };
    case "report-agent":
      return { about: knownAgent(context, author) };
    case "pause-agent": {
      mustSupervise(author);
      const agent = knownAgent(context, author);
      tx.pause("agent", agent, context.now(), digest);
      stopRequests(context, tx, { agent }, { by: author.entry.sub, reason: "agent-paused" });
      return { about: agent };
    }
    case "resume-agent": {
      mustSupervise(author);
      const agent = knownAgent(context, author);
      mustFollow(author, tx.pauses("agent"), agent);
      resumeStopped(context, tx, { agent });
      return { about: agent };
    }
    case "pause-type": {
      mustSupervise(author);
      const type = knownType(author);
      tx.pause("type", type, context.now(), digest);
      stopRequests(context, tx, { type }, { by: author.entry.sub, reason: "agent-paused" });
      return { about: type };
    }
    case "resume-type": {
      mustSupervise(author);
      const type = knownType(author);
      mustFollow(author, tx.pauses("type"), type);
      resumeStopped(context, tx, { type });
      return { about: type };
    }
    default:
      statement satisfies never;
      throw new CountersignError("E_STM_KIND");
  }
}

const aboutRequest = z.looseObject({ rid: uuid7, rev: z.int().positive().optional() });
const aboutRevision = z.looseObject({ rid: uuid7, rev: z.int().positive() });
const aboutAgent = z.looseObject({ agent: uri });
const aboutType = z.looseObject({ type: text(128) });
const forwardArgs = z.looseObject({ to: uri, note: text(280).optional() });
const extendArgs = z.looseObject({ seconds: z.int().positive().max(MAX_LIFE_S) });

function shape<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new CountersignError("E_CLM_SHAPE");
  return parsed.data;
}

function mustSupervise({ entry }: Author): void {
  // SECURITY: role from the signed credential, protocol.md 3.20.
  if (!entry.roles.includes(SUPERVISOR)) throw new CountersignError("E_STM_ROLE");
}

/**
 * SECURITY: a resume is about the stop that its signer knew of. One that was signed before, and came late, ends nothing that
 * somebody stopped meanwhile (AISVS 9.6.1).
 */
function mustFollow({ claims }: Author, stops: readonly PauseRow[], stopped: string): void {
  const stop = stops.find(({ id }) => id === stopped);
  if (stop !== undefined && claims.iat < stop.at) throw new CountersignError("E_STM_OLDER");
}

/**
 * The revision whose decision is flagged or whose review ends: what the author may see in reports (a pool of theirs, also
 * where it was forwarded from there, or their own decision), or is addressed to them.
 */
function reviewed(context: GatewayContext, tx: StoreTx, author: Author): Pick<RequestRow, "rid" | "rev"> {
  const { rid, rev } = shape(aboutRequest, author.claims.target);
  const { sub, pools } = author.entry;
  const seen = tx.reportRowsOf(rid, { sub, units: pools, all: false });
  const found = rev === undefined ? seen.at(0) : seen.find((row) => row.rev === rev);
  if (found) return { rid, rev: found.rev };
  const row = addressedRequest(context, tx, author, rid);
  if (rev !== undefined && row.rev !== rev) throw new CountersignError("E_REQ_UNKNOWN");
  return row;
}

function addressedRequest({ iss }: GatewayContext, tx: StoreTx, { entry }: Author, rid: string): RequestRow {
  const row = tx.currentRequest(rid);
  // Whoever is not addressed learns nothing, not even that it exists.
  if (!row || !isAddressed({ aud: [...row.aud], iss }, entry)) throw new CountersignError("E_REQ_UNKNOWN");
  return row;
}

/** The current revision, still waiting, addressed to the author. */
function waitingTarget(context: GatewayContext, tx: StoreTx, author: Author): RequestRow {
  const { rid, rev } = shape(aboutRevision, author.claims.target);
  const row = addressedRequest(context, tx, author, rid);
  if (row.rev !== rev) throw new CountersignError("E_REQ_SUPERSEDED");
  if (row.state !== "open" && row.state !== "partial") throw new CountersignError("E_REQ_TERMINAL");
  return row;
}

/** Revision +1 for the new audience with the same clock (protocol.md 3.20). */
function forward(context: GatewayContext, tx: StoreTx, author: Author): RequestRow {
  const row = waitingTarget(context, tx, author);
  const { to } = shape(forwardArgs, author.claims.args);
  const aud = [audienceNamed(context, to)];
  const claims = claimsOf(row);
  const next = { ...nextRevision(context, claims, row, { exp: claims.exp }), aud };
  supersede(context, tx, row, next, { by: author.entry.sub, reason: "forwarded" });
  return row;
}

function audienceNamed({ iss, directory, people }: GatewayContext, to: string): string {
  const pool = poolUri(iss, to);
  if (directory.view.gateway(iss)?.claims.pools.includes(to)) return pool;
  if (people.addressed([to]).includes(to)) return to;
  throw new CountersignError("E_FEED");
}

/** Revision +1 with a new `exp`, marked `deadline_only`; never longer than a day from now. */
function extend(context: GatewayContext, tx: StoreTx, author: Author): RequestRow {
  const row = waitingTarget(context, tx, author);
  const { seconds } = shape(extendArgs, author.claims.args);
  const claims = claimsOf(row);
  const exp = Math.min(claims.exp + seconds, context.now() + MAX_LIFE_S);
  supersede(context, tx, row, { ...nextRevision(context, claims, row, { exp }), deadline_only: true });
  return row;
}

function knownAgent({ agent }: GatewayContext, { claims }: Author): string {
  const { agent: sub } = shape(aboutAgent, claims.target);
  if (!agent(sub)) throw new CountersignError("E_AGENT_UNKNOWN");
  return sub;
}

function knownType({ claims }: Author): string {
  const { type } = shape(aboutType, claims.target);
  if (type === EVERYTHING) return type;
  const name = ACTION_TYPES.find((known) => known === type || actionType(known) === type);
  if (name === undefined) throw new CountersignError("E_CLM_SHAPE");
  return actionType(name);
}
