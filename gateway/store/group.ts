import type { Store } from "./store.ts";

/** How one piece of work ended, told once it is durable or once it is certain that it is not. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown };

export interface CommitGroup {
  /**
   * Runs `work`, which makes its changes inside `Store.write`, together with what else comes in this turn of the event
   * loop. `done` is called after the commit, in the order of adding.
   */
  add<T>(work: () => T, done: (outcome: Outcome<T>) => void): void;
  /** Runs now what waits. */
  flush(): void;
}

/** Longer groups would keep the event loop; by then nearly all of the flush is shared. */
const MOST = 64;

/**
 * Group commit (reliability.md 3.3): one flush of the disk for all decisions that came together. Each is a savepoint of
 * its own, so one that fails leaves nothing behind and the others stand; nobody is answered before the commit that covers
 * the answer.
 */
export function makeCommitGroup(store: Pick<Store, "write">, onFault: (error: unknown) => void): CommitGroup {
  const waiting: { readonly work: () => unknown; readonly done: (outcome: Outcome<never>) => void }[] = [];
  let scheduled: NodeJS.Immediate | undefined;

  function run(): void {
    scheduled = undefined;
    const group = waiting.splice(0, MOST);
    if (waiting.length > 0) schedule();
    const outcomes = committed(group.map(({ work }) => work));
    for (const [i, { done }] of group.entries()) {
      try {
        // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- each `done` came with its `work`
        done(outcomes[i] as Outcome<never>);
      } catch (error) {
        onFault(error);
      }
    }
  }

  function committed(works: readonly (() => unknown)[]): readonly Outcome<unknown>[] {
    try {
      return store.write(() => works.map((work) => outcomeOf(() => store.write(work))));
    } catch (error) {
      // SECURITY: reliability.md D1, D3: what the commit did not cover did not happen, whatever the work said.
      return works.map(() => ({ error }));
    }
  }

  const schedule = (): void => {
    scheduled ??= setImmediate(run);
  };
  return {
    add(work, done) {
      waiting.push({ work, done });
      schedule();
    },
    flush() {
      while (waiting.length > 0) {
        clearImmediate(scheduled);
        run();
      }
      clearImmediate(scheduled);
    },
  };
}

export function outcomeOf<T>(work: () => T): Outcome<T> {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}
