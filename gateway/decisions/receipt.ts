import { TYP } from "#shared/protocol/names.ts";
import type { RequestState } from "#shared/protocol/claims/receipt.ts";

import { MMD_S, type AppendedLeaf } from "../audit/log.ts";
import type { GatewayContext } from "../context.ts";

/** What one answer says, beside what every receipt holds (protocol.md 3.12). */
export interface ReceiptInput {
  /** Device and person from the directory, never from the decision. */
  readonly device: string;
  readonly sub: string;
  readonly iat: number;
  readonly about:
    | { readonly rid: string; readonly rev: number; readonly dec_jti: string; readonly dec_dig: string }
    | { readonly stm_dig: string; readonly rid?: string; readonly rev?: number };
  readonly result: "recorded" | "rejected";
  readonly code?: string;
  readonly outcome?: RequestState | "unknown";
  readonly quorum?: { readonly have: number; readonly need: number };
  readonly effective?: string;
  readonly chain?: { readonly n: number; readonly prev: string };
  readonly leaf: AppendedLeaf;
}

/** Signs a `countersign-receipt+jwt`, inside the transaction that stores it. */
export function signReceipt(
  { iss, signer, enf, log, uuid }: Pick<GatewayContext, "iss" | "signer" | "enf" | "log" | "uuid">,
  { device, sub, iat, about, leaf, ...said }: ReceiptInput,
): string {
  return signer.sign(TYP.receipt, {
    ...{ ver: 1, iss, aud: device, sub, iat, jti: uuid(), ...about, ...said, enf },
    log: { origin: log.origin, index: leaf.index, leaf: leaf.leaf, mmd: MMD_S },
  });
}
