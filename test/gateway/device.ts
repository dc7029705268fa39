import { randomBytes } from "node:crypto";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { generateKey, makeSigner, type Signer } from "#shared/crypto/sign.ts";
import type { Alg } from "#shared/protocol/names.ts";
import { TYP } from "#shared/protocol/names.ts";

import type { Authority } from "../../gateway/directory/authority.ts";
import { codeMac } from "../../gateway/directory/code.ts";
import type { Directory } from "../../gateway/directory/directory.ts";
import { uuid7 } from "../../gateway/uuid7.ts";

export const crypto = makeNodeCrypto();
export const freshUuid = (): string => uuid7(1_790_000_000_000, randomBytes(10));

/** A person's computer in a test: a real key and what it signs at enrolment. */
export interface Device {
  readonly signer: Signer;
  proof(input: ProofInput): string;
}
export interface ProofInput {
  readonly aud: string;
  readonly nonce: string;
  readonly now: number;
  readonly code?: string;
  /** Members that replace or add to the claims. */
  readonly over?: Readonly<Record<string, unknown>>;
  /** False leaves the key out of the header. */
  readonly jwk?: boolean;
}

export function makeDevice(alg: Alg = "ES256", key = generateKey(alg)): Device {
  const signer = makeSigner(key);
  return {
    signer,
    proof({ aud, nonce, now, code, over, jwk = true }) {
      const claims = {
        ...{ ver: 1, iss: `urn:jkt:${signer.kid}`, aud, iat: now, exp: now + 60, jti: freshUuid(), nonce },
        ...(code === undefined ? {} : { code_mac: codeMac(crypto, code, { nonce, kid: signer.kid }) }),
        device: { name: "Ward 3 PC", os: "linux", app: "1.0.0", key_storage: "os" },
        ...over,
      };
      return signer.sign(TYP.enrol, claims, jwk ? { jwk: signer.jwk } : {});
    },
  };
}

export const ADMIN = "https://directory.example/approvers/admin";
export const SECOND = "https://directory.example/approvers/second";

/** Puts a person into the directory and enrols one device by the whole ceremony. Returns the credential. */
export function enrol(
  authority: Authority,
  directory: Directory,
  person: { sub: string; name?: string; pools: readonly string[]; roles?: readonly string[] },
  now: number,
  device: Device = makeDevice(),
): { readonly device: Device; readonly cred: string } {
  const { sub, name = "Test Person", pools, roles = ["attending"] } = person;
  authority.putApprover({ sub, name, reg_no: "SYN-0001", pools, roles });
  const { ticket, code } = authority.issueTicket({ sub, by: ADMIN, ws_endpoint: "ws://127.0.0.1:1/" });
  const { nonce } = directory.desk.begin(ticket.ticket_id);
  directory.desk.complete(ticket.ticket_id, device.proof({ aud: authority.iss, nonce, now, code }));
  return { device, cred: authority.confirm(ticket.ticket_id, SECOND) };
}
