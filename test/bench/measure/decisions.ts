import { verify, type KeyObject } from "node:crypto";

import { derOf } from "#shared/crypto/ecdsa-der.ts";
import { gateJws } from "#shared/protocol/jws.ts";
import { TYP, type Alg } from "#shared/protocol/names.ts";
import { verifyDecision } from "#shared/protocol/verify/decision.ts";
import type { VerificationState } from "#shared/protocol/verify/state.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import { decide } from "../../shared/protocol/fixture/decision.ts";
import {
  crypto,
  ISS,
  makePerson,
  makeRequest,
  signRequest,
  T0,
  template,
} from "../../shared/protocol/fixture/hospital.ts";
import { publicKeyObject } from "./key-object.ts";

const PEOPLE = 8;
const PER_PERSON = 16;

export interface Prepared {
  /** Approvals that all verify against {@link Prepared.state}, each of its own request. */
  readonly decisions: readonly string[];
  readonly state: VerificationState;
  /** The whole of V1 to V27's re-check. */
  readonly whole: (times: number) => void;
  /** Strict parse, signature and claims: V1 to V7. */
  readonly signed: (times: number) => void;
  /** `crypto.verify` of the same bytes under the same keys and nothing else; ES256 as it comes, `ieee-p1363`. */
  readonly raw: (times: number) => void;
  /** The same with ES256 signatures that were DER before: what node:crypto takes fastest. */
  readonly rawDer: (times: number) => void;
}

/** Approvals ready to be verified, over a state in memory that never changes: every verdict is `record`. */
export function prepareDecisions(alg: Alg): Prepared {
  const people = Array.from({ length: PEOPLE }, (_, i) => makePerson(`p${String(i)}`, {}, alg));
  const entries = new Map(people.map(({ entry }) => [entry.kid, entry]));
  const head = { n: 41, prev: `sha-256:${"A".repeat(43)}` };
  const pairs = people.flatMap((person) =>
    Array.from({ length: PER_PERSON }, () => {
      const request = signRequest(makeRequest());
      const { jws } = decide(person, request, (c) => {
        c.chain = { n: head.n + 1, prev: head.prev };
      });
      return { request, jws };
    }),
  );
  const requests = new Map(
    pairs.map(({ request: { dig, claims } }) => [claims.rid, { dig, claims, state: "open" as const }]),
  );
  const state: VerificationState = {
    ...{ crypto, iss: ISS, now: T0 + 62 },
    directoryEntry: (kid) => entries.get(kid),
    answer: () => undefined,
    currentRequest: (rid) => requests.get(rid),
    decisions: () => [],
    chainHead: () => head,
    template: () => template,
    nonceConsumed: () => false,
  };
  const decisions = pairs.map(({ jws }) => jws);
  const keys = new Map(people.map(({ entry }) => [entry.kid, crypto.importKey(entry.jwk)]));
  const bare = decisions.map((jws) => {
    const { header, signingInput, signature } = gateJws(jws, { typ: TYP.decision });
    const jwk = entries.get(header.kid)?.jwk;
    if (!jwk) throw new Error("a decision without its key");
    const der = alg === "ES256" ? derOf(signature) : signature;
    return { data: signingInput, signature, der, key: publicKeyObject(jwk) };
  });

  let next = 0;
  const cycle = (): number => (next = (next + 1) % decisions.length);
  return {
    decisions,
    state,
    whole(times) {
      for (let i = 0; i < times; i++) {
        const { kind } = verifyDecision(decisions[cycle()] ?? "", state);
        if (kind !== "record") throw new Error(`a good decision was ${kind}`);
      }
    },
    signed(times) {
      for (let i = 0; i < times; i++) verifyJws(crypto, "decision", decisions[cycle()] ?? "", (kid) => keys.get(kid));
    },
    raw(times) {
      for (let i = 0; i < times; i++) {
        const one = bare[cycle()];
        if (!one || !verifyRaw(alg, one)) throw new Error("a good signature did not verify");
      }
    },
    rawDer(times) {
      for (let i = 0; i < times; i++) {
        const one = bare[cycle()];
        const ok = one && verify(alg === "ES256" ? "sha256" : null, one.data, one.key, one.der);
        if (ok !== true) throw new Error("a good signature did not verify");
      }
    },
  };
}

function verifyRaw(
  alg: Alg,
  { data, signature, key }: { readonly data: Uint8Array; readonly signature: Uint8Array; readonly key: KeyObject },
): boolean {
  return alg === "ES256"
    ? verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, signature)
    : verify(null, data, key, signature);
}
