import { leafText } from "#shared/ledger/leaf.ts";
import { makeVkey, verifyCheckpoint } from "#shared/ledger/note.ts";
import { verifyTlogProof } from "#shared/ledger/tlog-proof.ts";
import { appendLeaf, leafHash, memoryNodes, treeRoot } from "#shared/ledger/tree.ts";

import { decodeBase64url, encodeBase64, encodeBase64url } from "../base64url.ts";
import type { Crypto } from "../crypto-port.ts";
import { jdig, policyDigest, templateDigest } from "../digest.ts";
import { CountersignError } from "../error.ts";
import { gateJws, parsePayload } from "../jws.ts";
import { TYP, type Typ } from "../names.ts";
import type { Json } from "../strict-json.ts";
import { encodeUtf8 } from "../utf8.ts";
import { checkSignature, verifyJws } from "../verify/signed.ts";
import { readStored } from "../verify/stored.ts";
import { uvChallenge } from "../verify/user-verification.ts";
import { tokenClaims, type VectorsFile } from "./vectors.ts";

interface DerivedCheck {
  readonly name: string;
  readonly check: () => boolean;
}

/** One check for each derived object the file holds (protocol.md 3.12, 3.14, 3.16, 3.21). */
export function derivedChecks(crypto: Crypto, vectors: VectorsFile): readonly DerivedCheck[] {
  const { derived, request } = vectors;
  const checks: DerivedCheck[] = [];
  const when = <T>(value: T | undefined, name: string, check: (value: T) => boolean): void => {
    if (value !== undefined) checks.push({ name, check: () => check(value) });
  };
  when(request.req_dig, "req_dig", (dig) => dig === jdig(crypto, request.jws));
  if (!derived) return checks;
  const { leaves, receipt } = derived;
  const log = leaves && merkle(crypto, leaves);
  when(leaves, "leaves", (texts) => sameList(texts, expectedLeaves(crypto, vectors)));
  when(derived.root, "root", (root) => log !== undefined && root === encodeBase64(log.root));
  when(derived.checkpoint, "checkpoint", (note) => {
    const { size, root } = verifyCheckpoint(crypto, note, logVkey(crypto, vectors, note));
    return log !== undefined && size === log.hashes.length && encodeBase64(root) === encodeBase64(log.root);
  });
  when(derived.tlog_proof, "tlog_proof", (proof) => {
    const vkey = logVkey(crypto, vectors, proof.slice(proof.indexOf("\n\n") + 2));
    return (leaves ?? []).some((entry, i) => loggedAt(crypto, { proof, entry, vkey }) === i);
  });
  when(receipt, "receipt", (jws) => {
    const { claims } = verifyJws(crypto, "receipt", jws, (kid) => key(crypto, vectors, "gw", kid));
    const decision = vectors.cases.find(
      (c) => c.want === `recorded:${claims.outcome ?? ""}` && isOf(crypto, c, claims),
    );
    const hash = log?.hashes[claims.log?.index ?? -1];
    return decision !== undefined && hash !== undefined && claims.log?.leaf === encodeBase64url(hash);
  });
  when(derived.token, "token", (jws) => {
    const { data } = tokenClaims.safeParse(payloadOf(crypto, vectors, "tok", TYP.accessToken, jws));
    const digest = data?.human_authorization_ref.digest;
    const approved = vectors.cases.some((c) => c.want === "recorded:approved" && jdig(crypto, c.jws) === digest);
    return approved && data?.iss === vectors.gateway.iss;
  });
  when(derived.set, "set", (jws) => payloadOf(crypto, vectors, "gw", TYP.event, jws)["iss"] === vectors.gateway.iss);
  when(derived.template, "tpl_dig", (t) => derived.tpl_dig === templateDigest(crypto, t));
  when(derived.policy, "policy.dig", (policy) => policy.dig === policyDigest(crypto, policy));
  when(derived.uv_challenge_example, "uv_challenge_example", (challenge) =>
    vectors.cases.some((c) => c.want.startsWith("recorded:") && challengeOf(crypto, c.jws) === challenge),
  );
  return checks;
}

const sameList = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((v, i) => v === b[i]);

const isOf = (crypto: Crypto, c: { jws: string }, { dec_dig }: { dec_dig?: string | undefined }) =>
  jdig(crypto, c.jws) === dec_dig;

function expectedLeaves(crypto: Crypto, vectors: VectorsFile): string[] {
  const request = verifyJws(crypto, "request", vectors.request.jws, (kid) => key(crypto, vectors, "gw", kid));
  const { rid, rev, iat } = request.claims;
  const out = [leafText({ t: "request", ts: iat, rid, rev, obj: request.digest, kid: request.header.kid })];
  if (vectors.derived?.receipt === undefined) return out;
  const receipt = readStored("receipt", vectors.derived.receipt);
  const decision = vectors.cases.find((c) => isOf(crypto, c, receipt));
  if (!decision || receipt.dec_dig === undefined) return out;
  const { kid } = gateJws(decision.jws, { typ: TYP.decision, understood: ["uvp"] }).header;
  const ts = receipt.iat;
  return [...out, leafText({ t: "decision", ts, rid, rev, obj: receipt.dec_dig, kid, out: receipt.outcome })];
}

function merkle(crypto: Crypto, leaves: readonly string[]) {
  const nodes = memoryNodes();
  const hashes = leaves.map((text) => leafHash(crypto, encodeUtf8(text)));
  const size = hashes.reduce((index, hash) => appendLeaf(crypto, nodes, index, hash), 0);
  return { hashes, root: treeRoot(crypto, nodes, size) };
}

function key(crypto: Crypto, { keys }: VectorsFile, name: string, kid: string) {
  const named = keys[name];
  return named?.kid === kid ? crypto.importKey(named.jwk) : undefined;
}

/** The log's verifier key: its key under the origin that the note's first line names. */
function logVkey(crypto: Crypto, { keys }: VectorsFile, note: string): string {
  const jwk = keys["log"]?.jwk;
  if (!jwk) throw new CountersignError("E_LOG_KEY");
  return makeVkey(crypto, note.slice(0, note.indexOf("\n")), decodeBase64url(jwk.x));
}

function loggedAt(crypto: Crypto, input: { proof: string; entry: string; vkey: string }): number | undefined {
  try {
    return verifyTlogProof(crypto, input).index;
  } catch (e) {
    if (e instanceof CountersignError && e.code === "E_LOG_PROOF") return undefined;
    throw e;
  }
}

function payloadOf(crypto: Crypto, vectors: VectorsFile, name: string, typ: Typ, jws: string): Record<string, Json> {
  const gated = gateJws(jws, { typ });
  const signer = key(crypto, vectors, name, gated.header.kid);
  if (!signer) throw new CountersignError("E_KEY_UNKNOWN");
  checkSignature(crypto, gated, signer);
  return parsePayload(gated);
}

function challengeOf(crypto: Crypto, jws: string): string | undefined {
  const claims = readStored("decision", jws);
  return claims.uvp === undefined ? undefined : uvChallenge(crypto, claims);
}
