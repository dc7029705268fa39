import type { JsonWebKey } from "node:crypto";

import type { Members } from "./signed.ts";

/** What this client reads of the signed objects (protocol.md 3.3, 3.5, 3.12, 3.13, 3.21). */

export interface Rar extends Members {
  readonly type: string;
  readonly id: string;
  readonly required?: true;
}

export interface RequestClaims {
  readonly ver: 1;
  readonly iss: string;
  readonly aud: readonly string[];
  readonly jti: string;
  readonly rid: string;
  readonly rev: number;
  readonly prev?: string;
  readonly deadline_only?: true;
  readonly txn: string;
  readonly iat: number;
  readonly exp: number;
  readonly grant_exp: number;
  readonly nonce: string;
  readonly patient?: { readonly ref: string; readonly name: string };
  readonly action: {
    readonly type: string;
    readonly risk: string;
    readonly op: {
      readonly method: string;
      readonly url: string;
      readonly body: string;
      readonly body_dig: string;
      readonly before?: string;
      readonly before_dig?: string;
      readonly if_match?: string;
    };
  };
  readonly authorization_details: readonly Rar[];
  readonly facts?: readonly {
    readonly id: string;
    readonly code: string;
    readonly ack?: boolean;
    readonly override?: boolean;
  }[];
  readonly policy: {
    readonly id: string;
    readonly ver: number;
    readonly dig: string;
    readonly acr: string;
    readonly hold_s?: number;
    readonly max_auth_age: number;
    readonly quorum: { readonly need: number };
    readonly reentry?: readonly string[];
    readonly sod: { readonly exclude: readonly string[] };
  };
  readonly display: {
    readonly tpl: string;
    readonly tpl_dig: string;
    readonly lang: string;
    readonly statement: string;
  };
}

export interface Credential {
  readonly iss: string;
  readonly sub: string;
  readonly device: string;
  readonly nbf: number;
  readonly exp: number;
  readonly cnf: { readonly jwk: JsonWebKey & { readonly alg: string } };
  readonly pools: readonly string[];
  readonly key_storage: string;
  readonly status: { readonly status_list: { readonly idx: number; readonly uri: string } };
  readonly enrolled_by: readonly string[];
}

export interface GatewayCredential {
  readonly iss: string;
  readonly sub: string;
  readonly ws_endpoint: string;
  readonly pools: readonly string[];
  readonly jwks: { readonly keys: readonly (JsonWebKey & { kid: string; alg: string; cs_use: readonly string[] })[] };
  readonly log: { readonly origin: string; readonly vkey: string };
  readonly templates: readonly string[];
  readonly status: { readonly status_list: { readonly idx: number; readonly uri: string } };
}

export interface Receipt {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly iat: number;
  readonly rid?: string;
  readonly rev?: number;
  readonly dec_jti?: string;
  readonly dec_dig?: string;
  readonly stm_dig?: string;
  readonly result: "recorded" | "rejected";
  readonly code?: string;
  readonly outcome?: string;
  readonly quorum?: { readonly have: number; readonly need: number };
  readonly effective?: string;
  readonly chain?: { readonly n: number; readonly prev: string };
  readonly log: { readonly origin: string; readonly index: number; readonly leaf: string; readonly mmd: number };
}

export interface SetClaims {
  readonly iss: string;
  readonly aud: unknown;
  readonly sub_id: { readonly format: string; readonly id: string };
  readonly events: Readonly<Record<string, Members>>;
}

/** Name and members of the one event of a SET. */
export function eventOf({ events }: SetClaims): { readonly name: string; readonly members: Members } {
  const [[uri, members] = ["", {}]] = Object.entries(events);
  return { name: uri.replace("urn:countersign:event:", ""), members };
}
