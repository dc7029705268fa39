import type { Enrolment, EnrolmentState } from "../core.ts";
import type { Clock } from "../ports.ts";
import type { Directory } from "./directory.ts";

/** How soon another process's confirmation is seen. */
const POLL_MS = 500;

export interface WaitingRoom extends Enrolment {
  /** Calls back once when what waits under `ticketId` is settled; `ask` says what it is now. */
  watch(ask: () => EnrolmentState, listener: (state: EnrolmentState) => void): () => void;
  close(): void;
}

/**
 * Enrolment for connections: the desk's answers, and news for whoever waits for the second person, who usually confirms
 * in another process (protocol.md 3.13). The directory's change counter is polled; nothing is read while it stands.
 */
export function makeWaitingRoom(directory: Directory, clock: Clock, onFault: (error: unknown) => void): WaitingRoom {
  const waiting = new Set<() => void>();
  let cancel: (() => void) | undefined;
  let closed = false;

  function poll(): void {
    cancel = undefined;
    // Whatever fails is tried again at the next look: a stopped key must not be overlooked.
    for (const look of [() => directory.view.deliver(), ...waiting]) {
      try {
        look();
      } catch (error) {
        onFault(error);
      }
    }
    schedule();
  }
  function schedule(): void {
    if (!closed) cancel ??= clock.after(POLL_MS, poll);
  }

  function watch(ask: () => EnrolmentState, listener: (state: EnrolmentState) => void): () => void {
    const check = (): void => {
      const state = ask();
      if (state.kind === "pending") return;
      // It may have been confirmed after this look began: a key is in the log before anybody is told that it counts.
      directory.view.deliver();
      waiting.delete(check);
      listener(state);
    };
    waiting.add(check);
    return () => waiting.delete(check);
  }

  schedule();
  return {
    begin: (ticketId) => directory.desk.begin(ticketId),
    complete: (ticketId, proof) => directory.desk.complete(ticketId, proof),
    state: (ticketId) => directory.desk.state(ticketId),
    onSettled: (ticketId, listener) => watch(() => directory.desk.state(ticketId), listener),
    watch,
    close() {
      closed = true;
      cancel?.();
      waiting.clear();
    },
  };
}
