import type { WebSocket } from "ws";

import { CLOSE } from "#shared/protocol/messages.ts";

import type { Session } from "../core.ts";
import { Connection } from "./connection.ts";
import type { Surroundings } from "./peer.ts";

/** Every open connection of this gateway, found by key and by person. */
export class Hub {
  readonly #around: Surroundings;
  readonly #open = new Set<Connection>();
  readonly #byKid = new Map<string, Connection>();
  readonly #bySub = new Map<string, Set<Connection>>();
  /** In the order in which they were opened. */
  readonly #place = new WeakMap<Connection, number>();
  #opened = 0;
  readonly #unsubscribe: readonly (() => void)[];
  #onEmpty: (() => void) | undefined;

  constructor(around: Surroundings) {
    this.#around = around;
    const { core } = around;
    const checkpoint = (note: unknown): void => {
      if (typeof note === "string") for (const connection of this.#byKid.values()) connection.checkpoint(note);
    };
    core.events.on("checkpoint", checkpoint);
    this.#unsubscribe = [
      core.feed.onEvents((sub) => this.#bySub.get(sub)?.forEach((connection) => connection.wake())),
      core.onKeyChanged((kid) => this.#keyChanged(kid)),
      () => core.events.off("checkpoint", checkpoint),
    ];
  }

  get size(): number {
    return this.#open.size;
  }

  /** Takes over an upgraded socket. `onProved` and `onClosed` run once, in this order or only the second. */
  add(socket: WebSocket, hooks: { readonly onProved: () => void; readonly onClosed: () => void }): void {
    const connection = new Connection(socket, this.#around, {
      onEnter: (entered, session) => {
        if (!this.#enter(entered, session)) return false;
        hooks.onProved();
        return true;
      },
      onClosed: (closed) => {
        this.#open.delete(closed);
        hooks.onClosed();
        if (this.#open.size === 0) this.#onEmpty?.();
      },
    });
    this.#open.add(connection);
    this.#place.set(connection, ++this.#opened);
  }

  /** Tells everyone to come back later and, after `graceMs`, closes what is left. Resolves when nothing is open. */
  async drain(graceMs: number, reason: string): Promise<void> {
    for (const stop of this.#unsubscribe) stop();
    const { clock, limits, random } = this.#around;
    for (const connection of this.#open) {
      connection.drain(Math.round(random.unit() * limits.reconnectSpreadMs), reason);
    }
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      const closeAll = (): void => this.#open.forEach((connection) => connection.close(CLOSE.draining, reason));
      if (graceMs === 0) closeAll();
      else clock.after(graceMs, closeAll);
      clock.after(graceMs + limits.closeMs, () => this.#open.forEach((connection) => connection.cut()));
    });
  }

  #enter(connection: Connection, session: Session): boolean {
    const others = this.#bySub.get(session.sub) ?? new Set();
    const older = this.#byKid.get(session.kid);
    if (others.size - (older === undefined ? 0 : 1) >= this.#around.limits.perPerson) return false;
    // One whose proof was held up on the way, until its client had given it up and come back, is not the newer one: to
    // close the other would end the session that somebody works with, for good (4409 is final to a client).
    if (older !== undefined && this.#placeOf(older) > this.#placeOf(connection)) {
      connection.close(CLOSE.sameKeyElsewhere, "same key elsewhere");
      return false;
    }
    // SECURITY: one connection a key (4409): the older one is closed, so that a copied key shows (protocol.md 3.22).
    older?.close(CLOSE.sameKeyElsewhere, "same key elsewhere");
    this.#byKid.set(session.kid, connection);
    this.#bySub.set(session.sub, others.add(connection));
    connection.onClosed(() => this.#leave(connection, session));
    return true;
  }

  #placeOf(connection: Connection): number {
    return this.#place.get(connection) ?? 0;
  }

  #leave(connection: Connection, session: Session): void {
    if (this.#byKid.get(session.kid) === connection) this.#byKid.delete(session.kid);
    const others = this.#bySub.get(session.sub);
    others?.delete(connection);
    if (others?.size === 0) this.#bySub.delete(session.sub);
  }

  /** SECURITY: a revoked or suspended key ends its session (protocol.md 3.13); its `ok` or receipt is sent first. */
  #keyChanged(kid: string): void {
    const connection = this.#byKid.get(kid);
    if (connection !== undefined) queueMicrotask(() => connection.close(CLOSE.unauthenticated, "key changed"));
  }
}
