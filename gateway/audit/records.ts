import type { Signer } from "#shared/crypto/sign.ts";
import type { EventName } from "#shared/protocol/claims/event.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { eventUri, poolUri, TYP } from "#shared/protocol/names.ts";

import type { Records } from "../core.ts";
import type { WritableFeed } from "../requests/feed.ts";
import type { NewFeedEvent, RequestRow } from "../store/rows.ts";
import type { StoreTx } from "../store/store.ts";
import type { AuditLog } from "./log.ts";

/** Feed events that carry a SET (protocol.md 3.21). `action.updated` carries the new request beside it. */
export type Carrier =
  "action.updated" | "action.withdrawn" | "action.expired" | "action.resolved" | "quorum.progress" | "task.event";

export interface RequestEvent {
  readonly name: EventName;
  readonly members?: Readonly<Record<string, unknown>>;
  readonly carrier?: Carrier;
  /** The request that goes beside the SET in the feed event. */
  readonly beside?: Pick<RequestRow, "jws" | "dig">;
  /** Present: an `outcome` leaf with this `out`. */
  readonly leaf?: { readonly out: string };
  /** Another SET audience than the request's. */
  readonly aud?: string;
  /** Others than the request's audience get the feed event. */
  readonly to?: readonly string[];
  readonly except?: NewFeedEvent["except"];
}

/** The gateway's pen: leaves and signed events, always inside the transaction of what they record. */
export interface Pen extends Records {
  /** Writes a SET about a request; returns it. */
  tell(tx: StoreTx, request: Pick<RequestRow, "rid" | "rev" | "dig" | "aud">, event: RequestEvent): string;
  /** SET `key-changed` to the key's owner, and its leaf where the change is one the log keeps. */
  tellKey(
    tx: StoreTx,
    key: { kid: string; sub: string },
    change: "enrolled" | "rotated" | "suspended" | "revoked",
  ): void;
  /** SET `key-changed` about this gateway's own key, to everybody in these pools: its credential is another one. */
  tellOwnKey(tx: StoreTx, pools: readonly string[]): void;
}

export interface PenOptions {
  readonly iss: string;
  readonly crypto: Crypto;
  readonly signer: Signer;
  readonly log: AuditLog;
  readonly feed: WritableFeed;
  /** Unix seconds. */
  readonly now: () => number;
  readonly uuid: () => string;
}

export function makePen({ iss, crypto, signer, log, feed, now, uuid }: PenOptions): Pen {
  function sign(
    tx: StoreTx,
    event: {
      name: EventName;
      aud: string | readonly string[];
      id: string;
      members: object;
      rid?: string;
      rev?: number;
    },
  ): { jws: string; dig: string; jti: string } {
    const { name, aud, id, members, rid, rev } = event;
    const jti = uuid();
    const claims = {
      iss,
      aud,
      iat: now(),
      jti,
      sub_id: { format: "opaque", id },
      events: { [eventUri(name)]: members },
    };
    const jws = signer.sign(TYP.event, claims);
    const dig = jdig(crypto, jws);
    tx.addEvent({ jti, dig, name, jws, at: now(), ...(rid === undefined || rev === undefined ? {} : { rid, rev }) });
    return { jws, dig, jti };
  }

  function tell(tx: StoreTx, request: Pick<RequestRow, "rid" | "rev" | "dig" | "aud">, event: RequestEvent): string {
    const { rid, rev, dig: req_dig } = request;
    const members = { rid, rev, req_dig, ...event.members };
    const { jws, dig, jti } = sign(tx, { name: event.name, aud: event.aud ?? request.aud, id: rid, members, rid, rev });
    if (event.leaf) log.append(tx, { t: "outcome", rid, rev, obj: dig, kid: signer.kid, out: event.leaf.out });
    if (event.carrier) {
      feed.publish(tx, {
        type: event.carrier,
        body: { ...(event.beside && { jws: event.beside.jws }), set: jws },
        ...{ request: event.beside?.dig, event: jti },
        aud: event.to ?? request.aud,
        at: now(),
        ...(event.except ? { except: event.except } : {}),
      });
    }
    return jws;
  }

  return {
    leaf: (tx, leaf) => log.append(tx, leaf).index,
    event(tx, { rid, rev, ...event }) {
      const request = tx.request(rid, rev);
      if (!request) throw new Error(`There is no request ${rid}, revision ${String(rev)}.`);
      return tell(tx, request, event);
    },
    tell,
    tellKey(tx, { kid, sub }, change) {
      const { jws, dig } = sign(tx, { name: "key-changed", aud: sub, id: kid, members: { kid, change } });
      feed.publish(tx, { type: "keys.updated", body: { set: jws }, aud: [sub], at: now() });
      if (change === "revoked") log.append(tx, { t: "key-revoked", obj: dig, kid });
    },
    tellOwnKey(tx, pools) {
      const aud = pools.map((pool) => poolUri(iss, pool));
      const { kid } = signer;
      const { jws } = sign(tx, { name: "key-changed", aud, id: kid, members: { kid, change: "rotated" } });
      feed.publish(tx, { type: "keys.updated", body: { set: jws }, aud, at: now() });
    },
  };
}
