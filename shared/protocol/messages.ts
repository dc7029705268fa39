import { z } from "zod";

import { compactJws, digest, nonce, seconds, text, uuid7 } from "./claims/primitives.ts";

/** The envelope of protocol.md 3.4.2. Never signed: nothing in it may be shown as fact or change an outcome. */
export const envelope = z.looseObject({
  v: z.literal(1),
  type: z.string().min(1).max(64),
  id: z.string().min(1).max(64),
  re: z.string().min(1).max(64).optional(),
  ts: z.string().max(40),
  seq: z.int().nonnegative().optional(),
  epoch: z
    .string()
    .regex(/^[A-Za-z0-9]{1,16}$/)
    .optional(),
  crit: z.array(z.string().max(64)).max(16).optional(),
  body: z.looseObject({}),
});
export type Envelope = z.infer<typeof envelope>;

const cursor = z.string().regex(/^[A-Za-z0-9]{1,16}:[0-9]{1,16}$/);
const empty = z.looseObject({});
/** What a client signed, whatever it holds: its verifier says what is wrong with it, by the code of that step. */
const signed = z.string();
const wireError = z.looseObject({
  code: text(64),
  title: text(300),
  detail: text(1000).optional(),
  re: text(64).optional(),
  retry: z.enum(["never", "later", "reauth", "refresh", "resign"]),
  retry_after_ms: z.int().nonnegative().optional(),
  tries_left: z.int().nonnegative().optional(),
  /** Of a report: the place in the query's body that is not understood (RFC 6901), and what would fit (protocol.md 3.20). */
  pointer: text(512).optional(),
  fits: z.looseObject({ from: seconds, to: seconds }).optional(),
});

/** Bodies of client → gateway messages (protocol.md 3.4.3). */
export const clientBodies = {
  hello: z.looseObject({
    versions: z.array(z.string().max(16)).min(1).max(8),
    features: z.array(text(64)).max(64),
    client: z.looseObject({ app: text(64), ver: text(32), os: text(64) }),
    client_nonce: nonce,
    lang: z.array(text(35)).max(8),
  }),
  auth: z.looseObject({ proof: signed, cred: signed, attestation: signed.optional() }),
  "enrol.begin": z.looseObject({ ticket_id: text(64) }),
  "enrol.complete": z.looseObject({ proof: signed, attestation: signed.optional() }),
  "enrol.rotate": z.looseObject({ proof: signed, prev_proof: signed }),
  "enrol.revoke": z.looseObject({ proof: signed }),
  subscribe: z.looseObject({
    feeds: z.array(text(128)).min(1).max(64),
    cursor: cursor.nullable(),
    credit: z.int().min(1).max(256),
    filter: z.looseObject({ risk_min: text(16).optional() }).optional(),
  }),
  credit: z.looseObject({ n: z.int().min(1).max(256) }),
  ack: z.looseObject({ upto: z.int().nonnegative() }),
  "action.view": z.looseObject({
    rid: text(64),
    rev: z.int(),
    state: z.enum(["opened", "closed", "rejected"]),
    code: text(64).optional(),
  }),
  "action.claim": z.looseObject({ rid: uuid7, rev: z.int().positive(), ttl: z.int().min(1).max(120) }),
  "action.release": z.looseObject({ rid: uuid7, rev: z.int().positive() }),
  "statement.submit": z.looseObject({ jws: signed }),
  "decision.submit": z.looseObject({ jws: signed }),
  "history.query": z.looseObject({
    from: seconds,
    to: seconds,
    rid: uuid7.optional(),
    patient_ref: text(128).optional(),
    state: text(32).optional(),
    limit: z.int().min(1).max(100),
    page: text(256).optional(),
  }),
  /** Judged by shared/reports, which names the place of what it does not understand. */
  "report.query": z.looseObject({
    name: text(32),
    filter: z.unknown().optional(),
    sort: z.unknown().optional(),
    limit: z.unknown().optional(),
    at: z.unknown().optional(),
    page: z.unknown().optional(),
    purpose: z.unknown().optional(),
  }),
  "log.proof": z.looseObject({
    index: z.int().nonnegative().optional(),
    leaf: text(64).optional(),
    size: z.int().positive().optional(),
  }),
  "log.consistency": z.looseObject({ from: z.int().nonnegative(), to: z.int().nonnegative() }),
  "log.cosign": z.looseObject({
    origin: text(256),
    size: z.int().nonnegative(),
    root: text(64),
    cosignature: text(1024),
  }),
  ping: z.looseObject({ t0: z.number() }),
  bye: empty,
} as const;
export type ClientType = keyof typeof clientBodies;
export type ClientBody<T extends ClientType> = z.infer<(typeof clientBodies)[T]>;

const set = z.looseObject({ set: compactJws });

/** Bodies of gateway → client messages (protocol.md 3.4.3). */
export const gatewayBodies = {
  challenge: z.looseObject({ nonce, sid: text(64), gw_cred: compactJws, proof: compactJws }),
  ready: z.looseObject({
    session: z.looseObject({ id: text(64), exp: seconds, reauth_at: seconds.optional() }),
    server_time: z.int(),
    limits: z.looseObject({}),
    features: z.array(text(64)).optional(),
    chain: z.looseObject({ n: z.int().nonnegative(), prev: digest }),
    checkpoint: z.string().max(4096).optional(),
  }),
  "auth.required": z.looseObject({ reason: text(200), by: z.unknown(), nonce }),
  "enrol.challenge": z.looseObject({ nonce, expires_in: z.int().positive() }),
  "enrol.pending": z.looseObject({ expires_in: z.int().nonnegative() }),
  "enrol.done": z.looseObject({ cred: compactJws, directory: z.looseObject({}), dir_mac: text(64) }),
  subscribed: z.looseObject({ epoch: text(16), head: z.int().nonnegative(), mode: z.enum(["resume", "snapshot"]) }),
  "action.pending": z.looseObject({
    jws: z.string(),
    urgency: text(16).optional(),
    snapshot: z.literal(true).optional(),
  }),
  "action.updated": z.looseObject({ jws: z.string(), set: compactJws }),
  "action.withdrawn": set,
  "action.expired": set,
  "action.resolved": set,
  "action.claimed": z.looseObject({ rid: uuid7, by: text(512), until: seconds }),
  "action.viewing": z.looseObject({ rid: uuid7, by: text(512), state: text(16) }),
  "quorum.progress": set,
  "decision.receipt": z.looseObject({ jws: compactJws, duplicate: z.boolean().optional() }),
  "statement.receipt": z.looseObject({ jws: compactJws, duplicate: z.boolean().optional() }),
  "task.event": set,
  "log.checkpoint": z.looseObject({ note: z.string().max(4096) }),
  "snapshot.end": z.looseObject({ count: z.int().nonnegative(), head: z.int().nonnegative() }),
  "history.page": z.looseObject({ items: z.array(z.looseObject({})), next: text(256).optional() }),
  "report.page": z.looseObject({
    name: text(32),
    items: z.array(z.looseObject({})),
    next: text(256).optional(),
    total: z.int().nonnegative().optional(),
  }),
  "log.proof": z.looseObject({ proof: z.string().max(65_536), entry: z.string().max(65_535) }),
  "log.consistency": z.looseObject({ from: z.int(), to: z.int(), hashes: z.array(text(64)).max(256) }),
  "policy.updated": empty,
  "template.updated": empty,
  /** SET `key-changed` (protocol.md 3.21). */
  "keys.updated": z.looseObject({ set: compactJws.optional() }),
  drain: z.looseObject({ reconnect_after_ms: z.int().nonnegative(), reason: text(200) }),
  error: wireError,
  pong: z.looseObject({ t0: z.number(), t1: z.number(), t2: z.number() }),
  ok: empty,
} as const;
export type GatewayType = keyof typeof gatewayBodies;
export type GatewayBody<T extends GatewayType> = z.infer<(typeof gatewayBodies)[T]>;
export type WireError = z.infer<typeof wireError>;

/** Risk-reducing messages that flow without credit (protocol.md 3.4.4). */
export const CREDIT_EXEMPT: ReadonlySet<string> = new Set([
  "action.withdrawn",
  "action.expired",
  "action.resolved",
  "decision.receipt",
  "statement.receipt",
  "error",
  "drain",
  "pong",
]);

/** WebSocket close codes (protocol.md 3.4.4). */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  binary: 1003,
  malformed: 4400,
  unauthenticated: 4401,
  forbidden: 4403,
  handshakeTimeout: 4408,
  sameKeyElsewhere: 4409,
  frameTooLarge: 4413,
  version: 4426,
  tooFast: 4429,
  internal: 4500,
  draining: 4503,
} as const;
