import { poolUri } from "#shared/protocol/names.ts";

import type { Session } from "../core.ts";

/** Who a request is addressed to, as the URIs of its `aud`: a person's own, and those of the person's pools. */
export function audienceOf(iss: string, session: Session): readonly string[] {
  return [session.sub, ...session.cred.pools.map((pool) => poolUri(iss, pool))];
}

export interface Bystander {
  readonly sub: string;
  /** Presence is dropped rather than queued for a reader that lags. */
  presence(type: "action.viewing" | "action.claimed", body: Readonly<Record<string, unknown>>): void;
}

/** What a screen can hold open at once, with room; more is not remembered. */
const MAX_VIEWS = 64;

interface Addressed {
  readonly rid: string;
  readonly aud: readonly string[];
}

interface Claim {
  readonly sub: string;
  readonly name: string | undefined;
  readonly aud: readonly string[];
  /** Unix seconds. */
  readonly until: number;
}

/**
 * Who is looking at what, and advisory claims (protocol.md 3.4.3). Lives in memory, is never stored and changes no
 * outcome: everything here may be lost.
 */
export class Presence {
  readonly #byAudience = new Map<string, Set<Bystander>>();
  readonly #claims = new Map<string, Claim>();
  /** What each session has open, by `sid` and `rid`. */
  readonly #views = new Map<string, Map<string, Addressed>>();

  /** Returns its undo, which also closes what the session still had open. */
  join(bystander: Bystander, session: Session, audience: readonly string[]): () => void {
    for (const uri of audience) {
      const group = this.#byAudience.get(uri) ?? new Set();
      this.#byAudience.set(uri, group.add(bystander));
    }
    return () => {
      for (const uri of audience) {
        const group = this.#byAudience.get(uri);
        group?.delete(bystander);
        if (group?.size === 0) this.#byAudience.delete(uri);
      }
      const views = this.#views.get(session.sid);
      this.#views.delete(session.sid);
      views?.forEach((request) => this.#tellViewing(session, request, "closed"));
    };
  }

  /** Tells everyone else to whom the request is addressed. */
  viewing(session: Session, request: Addressed, state: "opened" | "closed"): void {
    const views = this.#views.get(session.sid) ?? new Map<string, Addressed>();
    if (state === "closed") views.delete(request.rid);
    else if (views.size < MAX_VIEWS) views.set(request.rid, request);
    if (views.size === 0) this.#views.delete(session.sid);
    else this.#views.set(session.sid, views);
    this.#tellViewing(session, request, state);
  }

  #tellViewing(session: Session, request: Addressed, state: "opened" | "closed"): void {
    const body = { rid: request.rid, by: session.sub, name: session.cred.name, state };
    for (const other of this.#addressed(request.aud)) {
      if (other.sub !== session.sub) other.presence("action.viewing", body);
    }
  }

  /**
   * Takes a claim unless someone else holds it; either way returns what stands. `now` and `until` in Unix seconds.
   */
  claim(session: Session, request: Addressed, now: number, until: number): Readonly<Record<string, unknown>> {
    this.#forgetExpired(now);
    const held = this.#claims.get(request.rid);
    if (held !== undefined && held.sub !== session.sub) return claimBody(request.rid, held);
    const claim = { sub: session.sub, name: session.cred.name, aud: request.aud, until };
    this.#claims.set(request.rid, claim);
    return this.#tell(request.rid, claim);
  }

  /** Gives a claim back; `until` becomes `now`. Someone else's claim stays as it is. */
  release(session: Session, rid: string, now: number): Readonly<Record<string, unknown>> {
    const held = this.#claims.get(rid);
    if (held === undefined) return claimBody(rid, { sub: session.sub, name: session.cred.name, until: now });
    if (held.sub !== session.sub) return claimBody(rid, held);
    this.#claims.delete(rid);
    return this.#tell(rid, { ...held, until: now });
  }

  /** Claims a newcomer should know of. */
  standing(audience: readonly string[], now: number): readonly Readonly<Record<string, unknown>>[] {
    this.#forgetExpired(now);
    return [...this.#claims]
      .filter(([, claim]) => claim.aud.some((uri) => audience.includes(uri)))
      .map(([rid, claim]) => claimBody(rid, claim));
  }

  #tell(rid: string, claim: Claim): Readonly<Record<string, unknown>> {
    const body = claimBody(rid, claim);
    for (const other of this.#addressed(claim.aud)) {
      if (other.sub !== claim.sub) other.presence("action.claimed", body);
    }
    return body;
  }

  #addressed(aud: readonly string[]): Set<Bystander> {
    return new Set(aud.flatMap((uri) => [...(this.#byAudience.get(uri) ?? [])]));
  }

  #forgetExpired(now: number): void {
    for (const [rid, claim] of this.#claims) if (claim.until <= now) this.#claims.delete(rid);
  }
}

/** Body of `action.claimed`. */
export function claimBody(
  rid: string,
  claim: Pick<Claim, "sub" | "name" | "until">,
): Readonly<Record<string, unknown>> {
  return { rid, by: claim.sub, name: claim.name, until: claim.until };
}
