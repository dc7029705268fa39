import { EventEmitter } from "node:events";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { chainGenesis } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { TYP, poolUri } from "#shared/protocol/names.ts";
import { CODES, type ErrorCode } from "#shared/protocol/registry.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import type {
  Core,
  EnrolmentState,
  FeedEvent,
  RequestStatusView,
  Session,
  SubmitAnswer,
} from "../../../gateway/core.ts";
import { outcomeOf } from "../../../gateway/store/group.ts";
import type { TransportCore } from "../../../gateway/transport/port.ts";
import type { ManualClock } from "./manual-clock.ts";
import { ISS, makeGatewayCredential, makePerson, uuid7, type Person } from "./people.ts";
import { requestClaimsAt, signRequest, type RequestOptions } from "./requests.ts";

const crypto = makeNodeCrypto();
const EPOCH = "e1";
const TICKET_S = 900;

interface Stored {
  readonly claims: RequestClaims;
  readonly jws: string;
  state: RequestStatusView["state"];
}

interface Ticket {
  readonly nonce: string;
  state: EnrolmentState | undefined;
  readonly listeners: Set<(state: EnrolmentState) => void>;
}

/**
 * A core that keeps everything in memory and decides nothing, but signs and verifies with real keys: what the network
 * side needs to be tested by itself.
 */
export function makeMemoryCore(clock: ManualClock) {
  const nowS = (): number => Math.floor(clock.nowMs() / 1000);
  const directory = makeSigner(generateKey("ES256"));
  const gateway = makeSigner(generateKey("ES256"));
  const directoryKey = crypto.importKey(directory.jwk);
  const people: Person[] = [];
  const feeds = new Map<string, FeedEvent[]>();
  const retainedFrom = new Map<string, number>();
  const requests = new Map<string, Stored>();
  const receipts = new Map<string, string>();
  const tickets = new Map<string, Ticket>();
  const onEvents = new Set<(sub: string) => void>();
  const onKeyChanged = new Set<(kid: string) => void>();
  const views: { sub: string; rid: string; state: string }[] = [];
  let lastSeq = 0;

  const refused = (code: ErrorCode): SubmitAnswer => ({
    kind: "error",
    error: { code, title: CODES[code].text, retry: CODES[code].retry },
  });

  const append = (sub: string, type: string, body: Record<string, unknown>): number => {
    const events = feeds.get(sub) ?? [];
    feeds.set(sub, events);
    events.push({ seq: ++lastSeq, type, body });
    return lastSeq;
  };
  const tell = (subs: readonly string[]): void => {
    for (const sub of subs) for (const listener of onEvents) listener(sub);
  };
  const addressed = (claims: RequestClaims): readonly string[] =>
    people
      .filter((p) =>
        claims.aud.some((uri) => uri === p.sub || p.claims.pools.some((pool) => poolUri(ISS, pool) === uri)),
      )
      .map((p) => p.sub)
      .filter((sub, i, all) => all.indexOf(sub) === i);

  function submit(kind: "decision" | "statement", jws: string, session: Session | undefined): SubmitAnswer {
    let verified;
    try {
      verified = verifyJws(crypto, kind, jws, (kid) => {
        const person = people.find((p) => p.key.kid === kid);
        return person && crypto.importKey(person.key.jwk);
      });
    } catch (error) {
      if (error instanceof CountersignError) return refused(error.code);
      throw error;
    }
    const { claims, header, digest } = verified;
    if (claims.aud !== ISS) return refused("E_CLM_AUD");
    if (session !== undefined && session.kid !== header.kid) return refused("E_KEY_DEVICE");
    const slot = `${header.kid} ${claims.jti}`;
    const known = receipts.get(slot);
    if (known !== undefined) {
      return known.startsWith(`${digest} `)
        ? { kind: "receipt", jws: known.slice(digest.length + 1), duplicate: true }
        : refused("E_JTI_REUSE");
    }
    const receipt = gateway.sign(TYP.receipt, {
      ver: 1,
      iss: ISS,
      aud: claims.iss,
      sub: claims.sub,
      iat: nowS(),
      jti: uuid7(clock.nowMs()),
      ...(kind === "decision" ? { dec_dig: digest } : { stm_dig: digest }),
      result: "recorded",
      enf: "evidence",
    });
    receipts.set(slot, `${digest} ${receipt}`);
    return { kind: "receipt", jws: receipt, duplicate: false };
  }

  const core: TransportCore & Pick<Core, "submitDecision"> = {
    iss: ISS,
    credential: makeGatewayCredential(directory, gateway, nowS()),
    events: new EventEmitter(),
    feed: {
      epoch: EPOCH,
      head: () => lastSeq,
      retained: (sub, seq) => seq >= (retainedFrom.get(sub) ?? 0),
      read: (sub, after, limit) => (feeds.get(sub) ?? []).filter(({ seq }) => seq > after).slice(0, limit),
      snapshot: (session) =>
        [...requests.values()]
          .filter(({ claims, state }) => state === "open" && addressed(claims).includes(session.sub))
          .map(({ jws }) => ({ pending: { jws, urgency: "routine" } })),
      onEvents(listener) {
        onEvents.add(listener);
        return () => onEvents.delete(listener);
      },
    },
    enrolment: {
      begin(ticketId) {
        const ticket = tickets.get(ticketId);
        if (ticket === undefined) throw new CountersignError("E_ENROL_TICKET");
        return { nonce: ticket.nonce, expires_in: TICKET_S };
      },
      complete(ticketId, proof) {
        const ticket = tickets.get(ticketId);
        if (ticket === undefined) throw new CountersignError("E_ENROL_TICKET");
        const { claims } = verifyJws(crypto, "enrol", proof, (_kid, { jwk }) => jwk && crypto.importKey(jwk), {
          unknownKey: "E_AUTH_PROOF",
        });
        if (claims.nonce !== ticket.nonce) throw new CountersignError("E_AUTH_PROOF");
        ticket.state ??= { kind: "pending", expires_in: TICKET_S };
        return ticket.state;
      },
      state: (ticketId) => tickets.get(ticketId)?.state ?? { kind: "expired" },
      onSettled(ticketId, listener) {
        tickets.get(ticketId)?.listeners.add(listener);
        return () => tickets.get(ticketId)?.listeners.delete(listener);
      },
    },
    keys: {
      rotate: () => ({ kind: "rejected" }),
      // Here one text stands for a proof that verifies; verification itself is tested with the real core.
      revoke({ proof }) {
        if (proof !== "a.b.c") throw new CountersignError("E_AUTH_PROOF");
      },
    },
    documents: { template: () => undefined, statusList: () => undefined },
    proveSession: (nonce, sid) =>
      gateway.sign(TYP.session, {
        ver: 1,
        iss: ISS,
        sub: ISS,
        aud: "client",
        iat: nowS(),
        exp: nowS() + 60,
        jti: uuid7(clock.nowMs()),
        nonce,
        sid,
      }),
    authenticate({ proof, cred, nonce, sid }) {
      let approver;
      try {
        approver = verifyJws(crypto, "approver", cred, (kid) => (kid === directoryKey.kid ? directoryKey : undefined));
      } catch (cause) {
        throw new CountersignError("E_AUTH_CRED", undefined, { cause });
      }
      const key = crypto.importKey(approver.claims.cnf.jwk);
      const { claims } = verifyJws(crypto, "session", proof, (kid) => (kid === key.kid ? key : undefined));
      if (claims.nonce !== nonce || claims.sid !== sid || claims.aud !== ISS || claims.sub !== approver.claims.sub) {
        throw new CountersignError("E_AUTH_PROOF");
      }
      return { sid, kid: key.kid, sub: claims.sub, cred: approver.claims, exp: nowS() + 3600 };
    },
    chainHead: (kid) => ({ n: 0, prev: chainGenesis(crypto, kid, ISS) }),
    onKeyChanged(listener) {
      onKeyChanged.add(listener);
      return () => onKeyChanged.delete(listener);
    },
    submitDecision: (jws, session) => submit("decision", jws, session),
    submitInGroup: (jws, session, done) => done(outcomeOf(() => core.submitDecision(jws, session))),
    submitStatement: (jws, session) => submit("statement", jws, session),
    viewed: (session, view) => views.push({ sub: session.sub, rid: view.rid, state: view.state }),
    status(rid) {
      const stored = requests.get(rid);
      return (
        stored && { rid, rev: stored.claims.rev, state: stored.state, exp: stored.claims.exp, claims: stored.claims }
      );
    },
    history: (session, { limit, rid }) => ({
      items: [...requests.values()]
        .filter(({ claims }) => addressed(claims).includes(session.sub) && (rid === undefined || claims.rid === rid))
        .slice(0, limit)
        .map(({ jws, state }) => ({ request: jws, state, decisions: [] })),
    }),
    report: () => {
      throw new CountersignError("E_FORBIDDEN");
    },
    checkpoint: () => "gw.northgate.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
    logProof: ({ index }) => {
      if (index !== 0) throw new CountersignError("E_LOG_RANGE");
      return { proof: "c2sp.org/tlog-proof@v1\n", entry: "{}" };
    },
    logConsistency: (from, to) => {
      if (from === 0 || from > to) throw new CountersignError("E_LOG_RANGE");
      return [];
    },
  };

  return {
    core,
    directory,
    gateway,
    views,
    directoryKey,
    person(name: string, options?: { pools?: readonly string[]; device?: string }): Person {
      const person = makePerson(directory, name, nowS(), options);
      people.push(person);
      return person;
    },
    /** Publishes a request to everyone it is addressed to; returns its claims. */
    raise(options: RequestOptions = {}): RequestClaims {
      const claims = requestClaimsAt(clock.nowMs(), options);
      const jws = signRequest(gateway, claims);
      requests.set(claims.rid, { claims, jws, state: "open" });
      const subs = addressed(claims);
      const type = claims.rev === 1 ? "action.pending" : "action.updated";
      for (const sub of subs)
        append(sub, type, { jws, ...(claims.rev === 1 ? {} : { set: eventJws("request-superseded", claims) }) });
      tell(subs);
      return claims;
    },
    /** Ends a request with an event that flows without credit. */
    withdraw(claims: RequestClaims): void {
      const stored = requests.get(claims.rid);
      if (stored) stored.state = "withdrawn";
      const subs = addressed(claims);
      for (const sub of subs) append(sub, "action.withdrawn", { set: eventJws("request-withdrawn", claims) });
      tell(subs);
    },
    append(sub: string, type: string, body: Record<string, unknown>): void {
      append(sub, type, body);
      tell([sub]);
    },
    /** Forgets everything up to `seq`. */
    forget(sub: string, seq: number): void {
      retainedFrom.set(sub, seq);
    },
    keyChanged(kid: string): void {
      for (const listener of onKeyChanged) listener(kid);
    },
    ticket(id: string) {
      const ticket: Ticket = { nonce: "BBBBBBBBBBBBBBBBBBBBBBBB", state: undefined, listeners: new Set() };
      tickets.set(id, ticket);
      return {
        nonce: ticket.nonce,
        settle(state: EnrolmentState) {
          ticket.state = state;
          for (const listener of ticket.listeners) listener(state);
        },
        waiting: () => ticket.listeners.size,
      };
    },
    listeners: () => onEvents.size + onKeyChanged.size,
  };

  function eventJws(name: string, claims: RequestClaims): string {
    return gateway.sign(TYP.event, {
      iss: ISS,
      aud: claims.aud,
      iat: nowS(),
      jti: uuid7(clock.nowMs()),
      sub_id: { format: "opaque", id: claims.rid },
      events: { [`urn:countersign:event:${name}`]: { rid: claims.rid, rev: claims.rev } },
    });
  }
}

export type MemoryCore = ReturnType<typeof makeMemoryCore>;
