import { z } from "zod";

/** A task's own credential (mode B, protocol.md 3.15.3): good for one sending of what was approved, before the adapter. */
export interface TaskCredential {
  readonly access_token: string;
  /** `DPoP`: bound to the agent's key; `Bearer`: to its TLS client certificate (RFC 8705). */
  readonly token_type: "DPoP" | "Bearer";
  /** Seconds. */
  readonly expires_in: number;
  /** The version of the record that was approved, where the operation changes something: to be sent as it is. */
  readonly if_match?: string;
}

export type TokenAnswer =
  | { readonly kind: "ready"; readonly credential: TaskCredential }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "no"; readonly code: string; readonly message: string };

const granted = z.array(z.looseObject({ if_match: z.string().optional() }));
const ready = z.object({
  access_token: z.string().min(1),
  token_type: z.enum(["DPoP", "Bearer"]),
  expires_in: z.number(),
  authorization_details: granted,
});
const refusal = z.object({ error: z.string(), error_description: z.string().optional() });

/** Seconds between two questions, as CIBA Core 1.0, 7.3 has it where nothing is said, and what `slow_down` adds (11). */
const INTERVAL_S = 2;
const SLOWER_S = 5;

/** What the token endpoint's answer means. Everything that is not understood is a no. */
export function readTokenAnswer(json: unknown, intervalS = INTERVAL_S): TokenAnswer {
  const given = ready.safeParse(json).data;
  if (given !== undefined) {
    const { access_token, token_type, expires_in, authorization_details } = given;
    const if_match = authorization_details.find((one) => one.if_match !== undefined)?.if_match;
    return {
      kind: "ready",
      credential: { access_token, token_type, expires_in, ...(if_match === undefined ? {} : { if_match }) },
    };
  }
  const { error = "E_HTTP", error_description = "The token endpoint's answer cannot be read." } =
    refusal.safeParse(json).data ?? {};
  if (error === "authorization_pending") return { kind: "wait", seconds: intervalS };
  if (error === "slow_down") return { kind: "wait", seconds: intervalS + SLOWER_S };
  return { kind: "no", code: error, message: error_description };
}
