import { randomBytes } from "node:crypto";

import type { NewRequest } from "../../../gateway/store/rows.ts";
import type { Store } from "../../../gateway/store/store.ts";

export const AT = 1_790_000_000;
let counter = 0;
const uuid = (): string => {
  counter++;
  return `019f0000-0000-7000-8000-${counter.toString(16).padStart(12, "0")}`;
};
export const digest = (): string => `sha-256:${randomBytes(32).toString("base64url")}`;
/** The code of the error that `act` throws, or "no error". */
export const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
  return "no error";
};

export function makeRequest(over: Partial<NewRequest> = {}): NewRequest {
  return {
    rid: uuid(),
    rev: 1,
    dig: digest(),
    jws: "h.p.s",
    iat: AT,
    exp: AT + 900,
    submit_by: AT + 900,
    grant_exp: AT + 1200,
    nonce: randomBytes(16).toString("base64url"),
    agent: "spiffe://example/agent",
    task_id: "t1",
    task_idx: 1,
    op_dig: digest(),
    action: "order.create",
    aud: ["https://gw.example/pools/cardiology"],
    need: 1,
    risk: "high",
    ...over,
  };
}

export const makeDecision = (r: NewRequest, over: object = {}) => ({
  dig: digest(),
  rid: r.rid,
  rev: r.rev,
  kid: "k1",
  sub: "https://dir.example/approvers/a",
  decision: "approve",
  jws: "h.p.s",
  iat: AT,
  at: AT,
  live: true,
  ...over,
});

/** A fresh store, and the same data opened again, as after a crash. */
export type MakeStore = () => { store: Store; reopen: () => Store };

export function added(store: Store, over: Partial<NewRequest> = {}): NewRequest {
  const r = makeRequest(over);
  store.write((tx) => {
    tx.addRequest(r, AT);
  });
  return r;
}
