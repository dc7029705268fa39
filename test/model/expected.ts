import { TERMINAL_STATES, type RequestState } from "#shared/protocol/claims/receipt.ts";

/** What the document says of one request (protocol.md 3.8, 3.11), written again without looking at the gateway's code. */

export interface Approval {
  readonly sub: string;
  readonly kid: string;
  readonly dig: string;
}

export interface Model {
  readonly need: number;
  /** Who must not approve: requester and agent owner. */
  readonly excluded: ReadonlySet<string>;
  rev: number;
  state: RequestState;
  approvals: Approval[];
  /** Unix seconds; the first two of the current revision, the others once it is approved. */
  submitBy: number;
  grantExp: number;
  executeAt: number;
}

export type Expected =
  | { readonly result: "recorded"; readonly outcome: RequestState }
  /** Without `code` any refusal is right, as long as nothing moves. */
  | { readonly result: "rejected"; readonly outcome: RequestState; readonly code?: string };

export const waits = ({ state }: Pick<Model, "state">): boolean => state === "open" || state === "partial";
export const isTerminal = (state: RequestState): boolean => TERMINAL_STATES.has(state);

/** Seconds of hold in the tests' policy. */
export const HOLD_S = 5;

const refused = ({ state }: Model, code?: string): Expected => ({
  result: "rejected",
  outcome: state,
  ...(code === undefined ? {} : { code }),
});

export function expectApprove(model: Model, { sub }: { readonly sub: string }): Expected {
  if (!waits(model)) return refused(model);
  if (model.excluded.has(sub)) return refused(model, "E_SOD_EXCLUDED");
  if (model.approvals.some((a) => a.sub === sub)) return refused(model, "E_ALREADY_DECIDED");
  return { result: "recorded", outcome: model.approvals.length + 1 < model.need ? "partial" : "approved" };
}

/** DenyAlwaysPossible: whoever has not decided can, excluded people too. */
export function expectDeny(model: Model, { sub }: { readonly sub: string }): Expected {
  if (!waits(model)) return refused(model);
  if (model.approvals.some((a) => a.sub === sub)) return refused(model, "E_ALREADY_DECIDED");
  return { result: "recorded", outcome: "denied" };
}

export function expectRevoke(model: Model, { sub }: { readonly sub: string }, target: string): Expected {
  if (!model.approvals.some((a) => a.dig === target && a.sub === sub)) return refused(model, "E_REVOKE_TARGET");
  if (model.state !== "partial" && model.state !== "approved") return refused(model, "E_REQ_TERMINAL");
  return { result: "recorded", outcome: "revoked" };
}

/** Time alone moves a request only to its two ends. */
export function passTime(model: Model, now: number): void {
  if (waits(model) && now > model.submitBy) model.state = "expired";
  if (model.state === "approved" && now > model.grantExp) model.state = "lapsed";
}

export const mayStart = (model: Model, now: number): boolean =>
  model.state === "approved" && now >= model.executeAt && now <= model.grantExp;
