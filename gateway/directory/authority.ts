import { z } from "zod";

import type { Signer } from "#shared/crypto/sign.ts";
import { enrolmentWords } from "#shared/protocol/check-words.ts";
import { gatewayJwk, type GatewayClaims, type GatewayJwk } from "#shared/protocol/claims/credential.ts";
import type { EnrolmentTicket } from "#shared/protocol/claims/session.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { SKEW_S, TYP } from "#shared/protocol/names.ts";

import type { KeyStanding } from "../store/rows.ts";
import { codeText, dirMac } from "./code.ts";
import { signPolicySet, type PolicyToSign } from "./policy-sets.ts";
import {
  STATUS,
  type ApproverRecord,
  type CredentialRecord,
  type DirectoryRecords,
  type TicketRecord,
} from "./records.ts";
import { encodeStatusList } from "#shared/crypto/status-list.ts";

const TICKET_LIFE_S = 15 * 60;
const TICKET_TRIES = 5;
const APPROVER_LIFE_S = 180 * 24 * 3600;
const GATEWAY_LIFE_S = 365 * 24 * 3600;
const ROTATION_OVERLAP_S = 24 * 3600;
const STATUS_TTL_S = 60;

/** A person's key that waits for the second person. `words` are compared with the ones on the person's screen. */
export interface PendingEnrolment {
  readonly ticket_id: string;
  readonly sub: string;
  readonly name: string;
  readonly device: string;
  readonly key_storage: string;
  readonly words: readonly string[];
  readonly expires_at: number;
}

/** What a gateway's engineer hands to the directory to be vouched for. Public keys only. */
export const gatewayRegistration = z.object({
  iss: z.url(),
  name: z.string().max(200).optional(),
  ws_endpoint: z.string().max(1024),
  jwks: z.object({ keys: z.array(gatewayJwk) }),
  pools: z.array(z.string().max(64)),
  log: z.object({ origin: z.string(), vkey: z.string() }),
  templates: z.array(z.string()),
  origins: z.array(z.string()).optional(),
  rp_id: z.string().optional(),
  min_app: z.string().optional(),
});
export interface GatewayRegistration {
  readonly iss: string;
  readonly name?: string | undefined;
  readonly ws_endpoint: string;
  readonly jwks: { readonly keys: readonly GatewayJwk[] };
  readonly pools: readonly string[];
  readonly log: { readonly origin: string; readonly vkey: string };
  readonly templates: readonly string[];
  readonly origins?: readonly string[] | undefined;
  readonly rp_id?: string | undefined;
  readonly min_app?: string | undefined;
}

/** The directory with its root key: everything that must be signed. The hospital's, not the gateway's. */
export interface Authority {
  readonly iss: string;
  readonly kid: string;
  putApprover(approver: ApproverRecord): void;
  /** A ticket to hand over and the code to send another way. `by` is the administrator's URI. */
  issueTicket(input: { sub: string; by: string; ws_endpoint: string }): {
    readonly ticket: EnrolmentTicket;
    readonly code: string;
  };
  pending(): readonly PendingEnrolment[];
  /**
   * The second person has compared the check words: signs the credential.
   * @throws CountersignError `E_ENROL_TICKET`, `E_ENROL_EXPIRED`, `E_FORBIDDEN` (the second person is the first, or the
   * person enrolled)
   */
  confirm(ticketId: string, by: string): string;
  reject(ticketId: string, by: string): void;
  /** Signs every rotation that still waits: the old key has authorised it, no second person is asked (3.22). */
  signRotations(): number;
  /** Keys of a person (by `sub`), or one key (by `kid`). Returns how many were changed. */
  stop(who: { sub: string } | { kid: string }, standing: KeyStanding, reason: string): number;
  reinstate(kid: string): void;
  /** Takes over what gateways have stopped, and signs for it. */
  signStops(): number;
  /**
   * Signs a policy set for a gateway; returns the `countersign-policy+jwt`.
   * @throws CountersignError `E_POL_OLDER` where a later version, or another set of this version, was signed before;
   * `E_POL_SET` where it is too large
   */
  publishPolicy(set: PolicyToSign): string;
  /** Vouches for a gateway's keys; returns the `countersign-gateway+jwt`. */
  vouch(registration: GatewayRegistration): string;
}

export interface AuthorityOptions {
  readonly crypto: Crypto;
  readonly records: DirectoryRecords;
  readonly signer: Signer;
  readonly iss: string;
  readonly env: "production" | "demo";
  readonly statusUri: string;
  /** Unix seconds. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly uuid: () => string;
}

export function makeAuthority(options: AuthorityOptions): Authority {
  const { crypto, records, signer, iss, env, statusUri, now, random, uuid } = options;
  const status = (idx: number) => ({ status_list: { idx, uri: statusUri } });
  const randomText = (bytes: number): string => Buffer.from(random(bytes)).toString("base64url");

  function signStatusList(): void {
    const all = [...records.credentials("approver"), ...records.credentials("gateway")];
    const lst = encodeStatusList(new Map(all.map((c) => [c.idx, c.status])));
    const claims = { ver: 1, iss, sub: statusUri, iat: now(), ttl: STATUS_TTL_S, status_list: { bits: 2, lst } };
    records.setStatusList(signer.sign(TYP.statusList, claims), now());
  }

  function pendingTicket(ticketId: string): TicketRecord & { candidate: NonNullable<TicketRecord["candidate"]> } {
    const ticket = records.ticket(ticketId);
    if (ticket?.state !== "pending" || !ticket.candidate) {
      throw new CountersignError("E_ENROL_TICKET", "No key waits for confirmation under this ticket.");
    }
    if (now() >= ticket.expires_at) throw new CountersignError("E_ENROL_EXPIRED");
    return { ...ticket, candidate: ticket.candidate };
  }

  function signCredential(
    ticket: TicketRecord & { candidate: NonNullable<TicketRecord["candidate"]> },
    enrolledBy: readonly string[],
  ): string {
    const person = records.approver(ticket.sub);
    if (!person) throw new CountersignError("E_ENROL_TICKET", "The person of this ticket is not in the directory.");
    const { kid, jwk, device, webauthn } = ticket.candidate;
    const claims = (idx: number) => ({
      ...{ ver: 1, iss, sub: person.sub, jti: uuid(), iat: now(), nbf: now(), exp: now() + APPROVER_LIFE_S },
      device: `${iss}/devices/${uuid()}`,
      name: person.name,
      reg_no: person.reg_no,
      cnf: { jwk },
      pools: person.pools,
      roles: person.roles,
      key_storage: device.key_storage,
      aal: device.key_storage === "hardware" ? 3 : 2,
      npi: person.npi,
      webauthn,
      status: status(idx),
      enrolled_by: enrolledBy,
    });
    const named = { kind: "approver", name: kid, sub: person.sub } as const;
    const { jws } = records.addCredential(named, (idx) => signer.sign(TYP.approver, claims(idx)), now());
    signStatusList();
    return jws;
  }

  const change = (changed: readonly CredentialRecord[], to: number, reason: string | undefined): number => {
    for (const { idx } of changed) records.setStatus(idx, to, reason, now());
    if (changed.length > 0) signStatusList();
    return changed.length;
  };

  return {
    iss,
    kid: signer.kid,
    putApprover(approver) {
      records.transaction(() => {
        records.putApprover(approver, now());
      });
    },
    issueTicket({ sub, by, ws_endpoint }) {
      if (!records.approver(sub))
        throw new CountersignError("E_CLI_INPUT", `${sub} is not in the directory. Add the person first.`);
      const code = codeText(random(10));
      const ticket_id = `t-${randomText(12)}`;
      records.transaction(() => {
        records.addTicket({
          ...{ ticket_id, sub, code, issued_by: by, expires_at: now() + TICKET_LIFE_S, tries_left: TICKET_TRIES },
          ...{ nonce: randomText(24), state: "issued" },
        });
      });
      return { ticket: { ticket_id, ws_endpoint, directory_iss: iss, directory_kid: signer.kid }, code };
    },
    pending: () =>
      records.pendingTickets().flatMap((ticket) => {
        if (!ticket.candidate || ticket.prev_kid !== undefined || now() >= ticket.expires_at) return [];
        const { kid, device } = ticket.candidate;
        const words = enrolmentWords(crypto, { nonce: ticket.nonce, kid, directoryKid: signer.kid });
        const name = records.approver(ticket.sub)?.name ?? ticket.sub;
        const { ticket_id, sub, expires_at } = ticket;
        return [{ ticket_id, sub, name, device: device.name, key_storage: device.key_storage, words, expires_at }];
      }),
    confirm: (ticketId, by) =>
      records.transaction(() => {
        const ticket = pendingTicket(ticketId);
        // SECURITY: two different people, neither of them the one enrolled, protocol.md 3.13 (T-04).
        if (by === ticket.issued_by || by === ticket.sub) {
          throw new CountersignError(
            "E_FORBIDDEN",
            "A second person has to confirm: not the one who issued the ticket, and not the one who is enrolled.",
          );
        }
        const cred = signCredential(ticket, [ticket.issued_by, by]);
        const bound = { nonce: ticket.nonce, kid: ticket.candidate.kid, directoryKid: signer.kid };
        const end = { state: "confirmed", cred, dir_mac: dirMac(crypto, ticket.code, bound), by } as const;
        records.settleTicket(ticketId, end, now());
        return cred;
      }),
    reject(ticketId, by) {
      records.transaction(() => {
        pendingTicket(ticketId);
        records.settleTicket(ticketId, { state: "rejected", by }, now());
      });
    },
    signRotations: () =>
      records.transaction(() => {
        let signed = 0;
        for (const ticket of records.pendingTickets()) {
          const old = ticket.prev_kid === undefined ? undefined : records.credential("approver", ticket.prev_kid);
          if (!old || !ticket.candidate || old.status !== STATUS.valid) continue;
          // Its owner was told that it ran out, and has thrown that key away: signed for now, nobody could use either.
          if (now() + SKEW_S >= ticket.expires_at) continue;
          // SECURITY: one successor for one key: a copy of the old one cannot make a second signer of the same person.
          if (records.isReplaced(old.name)) {
            records.settleTicket(ticket.ticket_id, { state: "rejected", by: ticket.sub }, now());
            continue;
          }
          const cred = signCredential({ ...ticket, candidate: ticket.candidate }, [ticket.issued_by]);
          records.setValidUntil(old.idx, now() + ROTATION_OVERLAP_S);
          records.settleTicket(ticket.ticket_id, { state: "confirmed", cred, dir_mac: "", by: ticket.sub }, now());
          signed++;
        }
        return signed;
      }),
    stop: (who, standing, reason) =>
      records.transaction(() => {
        const hit = records
          .credentials("approver")
          .filter((c) => ("sub" in who ? c.sub === who.sub : c.name === who.kid) && c.status !== STATUS.revoked);
        return change(hit, STATUS[standing], reason);
      }),
    reinstate(kid) {
      records.transaction(() => {
        const credential = records.credential("approver", kid);
        if (credential?.status !== STATUS.suspended) {
          throw new CountersignError(
            "E_CLI_INPUT",
            "Only a suspended key can be reinstated. A revoked one is replaced by enrolling anew.",
          );
        }
        change([credential], STATUS.valid, undefined);
      });
    },
    signStops: () =>
      records.transaction(() => {
        let signed = 0;
        for (const { kid, standing, reason } of records.takeStopReports()) {
          const credential = records.credential("approver", kid);
          if (credential && credential.status !== STATUS.revoked)
            signed += change([credential], STATUS[standing], reason);
        }
        return signed;
      }),
    publishPolicy: (set) => signPolicySet(set, { crypto, records, signer, iss, now, uuid }),
    vouch: (registration) =>
      records.transaction(() => {
        const { iss: sub, ...rest } = registration;
        const claims = (idx: number): GatewayClaims => {
          const keys = registration.jwks.keys.map((key) => ({ ...key }));
          const { pools, templates, origins, ...single } = rest;
          return {
            ...single,
            ...{ ver: 1, iss, sub, env, jwks: { keys }, pools: [...pools], templates: [...templates] },
            ...(origins ? { origins: [...origins] } : {}),
            ...{ iat: now(), exp: now() + GATEWAY_LIFE_S, jti: uuid(), status: status(idx) },
          };
        };
        const named = { kind: "gateway", name: sub, sub } as const;
        const { jws } = records.addCredential(named, (idx) => signer.sign(TYP.gateway, claims(idx)), now());
        signStatusList();
        return jws;
      }),
  };
}
