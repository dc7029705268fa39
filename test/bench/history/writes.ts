import type { NewLeaf } from "../../../gateway/core.ts";
import type { StoreTx } from "../../../gateway/store/store.ts";

/** What a decided request writes to the store, beside its leaves. */
type WriteName =
  | "addRequest"
  | "approveRequest"
  | "moveRequest"
  | "consumeNonce"
  | "publish"
  | "addDecision"
  | "setChainHead"
  | "addAnswer"
  | "addEvent"
  | "startExecution"
  | "finishExecution";

/** One write, as it goes from a worker to the thread that has the store. */
export type Write =
  { readonly [M in WriteName]: readonly [M, ...Parameters<StoreTx[M]>] }[WriteName] | readonly ["leaf", NewLeaf];

/** Writes down what the gateway's code writes, instead of writing it, and says that it was done. */
export type Recorder = Pick<StoreTx, WriteName>;

export function makeRecorder(write: (one: Write) => void): Recorder {
  const done =
    <M extends WriteName, T>(name: M, answer: T) =>
    (...args: Parameters<StoreTx[M]>): T => {
      // A name with its own arguments.
      write([name, ...args] as unknown as Write);
      return answer;
    };
  return {
    addRequest: done("addRequest", undefined),
    approveRequest: done("approveRequest", true),
    moveRequest: done("moveRequest", true),
    consumeNonce: done("consumeNonce", true),
    publish: done("publish", true),
    addDecision: done("addDecision", undefined),
    setChainHead: done("setChainHead", undefined),
    addAnswer: done("addAnswer", undefined),
    addEvent: done("addEvent", undefined),
    startExecution: done("startExecution", true),
    finishExecution: done("finishExecution", true),
  };
}

/** Makes one written-down change for real. @throws Error where the store refuses what the worker was told it takes */
export function make(tx: StoreTx, leaf: (one: NewLeaf) => void, write: Write): void {
  if (write[0] === "leaf") {
    leaf(write[1]);
    return;
  }
  const [name, ...args] = write;
  // A name with its own arguments; the store's functions take no `this`.
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const act = tx[name] as (...values: readonly unknown[]) => unknown;
  if (act(...args) === false && name !== "publish") throw new Error(`the store refused ${name}`);
}
