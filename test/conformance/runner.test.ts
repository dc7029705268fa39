import { describe, expect, it } from "vitest";

import { generateKey, makeSigner, type Signer } from "#shared/crypto/sign.ts";
import { leafText } from "#shared/ledger/leaf.ts";
import { signCheckpoint } from "#shared/ledger/note.ts";
import { formatTlogProof } from "#shared/ledger/tlog-proof.ts";
import { appendLeaf, inclusionProof, leafHash, memoryNodes, treeRoot } from "#shared/ledger/tree.ts";
import { decodeBase64url, encodeBase64, encodeBase64url } from "#shared/protocol/base64url.ts";
import { runVectors } from "#shared/protocol/conformance/run.ts";
import { eventUri, TYP } from "#shared/protocol/names.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";
import { uvChallenge } from "#shared/protocol/verify/user-verification.ts";

import { decide, deny, makeDecision, revoke, sign } from "../shared/protocol/fixture/decision.ts";
import {
  codeOf,
  crypto,
  directory,
  gateway,
  ISS,
  makePerson,
  makeRequest,
  ORIGIN,
  RP_ID,
  signRequest,
  T0,
  template,
  tplDig,
  uuid,
} from "../shared/protocol/fixture/hospital.ts";
import { makeSecurityKey } from "../shared/protocol/fixture/security-key.ts";

/** A vectors file of another hospital, with other keys, another clock offset and other content than the published one. */
function makeVectors() {
  const key = makeSecurityKey();
  const lee = makePerson("lee", { webauthn: { cid: key.cid, jwk: key.jwk, count: 1 } });
  const kim = makePerson("kim", {}, "ES256");
  const [logKey, tokenKey] = [makeSigner(generateKey("Ed25519")), makeSigner(generateKey("ES256"))];
  const request = signRequest(makeRequest());
  const approval = decide(lee, request);
  const bound = makeDecision(lee, request);
  key.assert(bound);
  const now = T0 + 62;
  const named = (signer: Signer) => ({ jwk: signer.jwk, kid: signer.kid });
  const entryOf = ({ entry: { webauthn, ...entry } }: typeof lee) => ({
    ...entry,
    ...(webauthn ? { webauthn: { id: webauthn.cid, jwk: webauthn.jwk, count: webauthn.count } } : {}),
  });
  const { rid, rev } = request.claims;
  const leaves = [
    leafText({ t: "request", ts: T0, rid, rev, obj: request.dig, kid: gateway.kid }),
    leafText({ t: "decision", ts: now, rid, rev, obj: approval.dig, kid: lee.entry.kid, out: "approved" }),
  ];
  const nodes = memoryNodes();
  const hashes = leaves.map((text) => leafHash(crypto, encodeUtf8(text)));
  hashes.forEach((hash, i) => appendLeaf(crypto, nodes, i, hash));
  const root = treeRoot(crypto, nodes, 2);
  const origin = "log.elsewhere.example/countersign";
  const checkpoint = signCheckpoint(crypto, { origin, size: 2, root }, decodeBase64url(logKey.jwk.x), (data) =>
    logKey.signBytes(data),
  );
  const receipt = {
    ver: 1,
    iss: ISS,
    aud: lee.entry.device,
    sub: lee.entry.sub,
    iat: now,
    jti: uuid(),
    rid,
    rev,
    dec_dig: approval.dig,
    result: "recorded",
    outcome: "approved",
    enf: "gateway",
    log: { origin, index: 1, leaf: encodeBase64url(hashes[1] ?? new Uint8Array()), mmd: 60 },
  };
  return {
    format: "countersign-vectors/1",
    gateway: { iss: ISS, rp_id: RP_ID, origins: [ORIGIN], skew: 60 },
    keys: { gw: named(gateway), dir: named(directory), log: named(logKey), tok: named(tokenKey) },
    templates: [template],
    directory: [entryOf(lee), entryOf(kim)],
    request: { jws: request.jws, req_dig: request.dig },
    cases: [
      { name: "approve", now, jws: approval.jws, want: "recorded:approved" },
      { name: "bound", now, jws: sign(lee, bound).jws, want: "recorded:approved" },
      { name: "again", now, prior: [{ jws: approval.jws, now }], jws: approval.jws, want: "duplicate:approved" },
      { name: "late", now, prior: [{ jws: approval.jws, now }], jws: decide(kim, request).jws, want: "E_REQ_TERMINAL" },
      { name: "deny", now, jws: decide(kim, request, deny).jws, want: "recorded:denied" },
      {
        name: "revoke",
        now: T0 + 91,
        prior: [{ jws: approval.jws, now }],
        jws: decide(lee, request, revoke(approval)).jws,
        want: "recorded:revoked",
      },
      {
        name: "revoked key",
        now,
        directory: [{ ...entryOf(lee), status: "revoked" }],
        jws: approval.jws,
        want: "E_KEY_REVOKED",
      },
      { name: "garbage", now, jws: "garbage", want: "E_FMT_JWS" },
    ],
    derived: {
      leaves,
      root: encodeBase64(root),
      checkpoint,
      tlog_proof: formatTlogProof({ index: 1, proof: inclusionProof(crypto, nodes, 1, 2), checkpoint }),
      receipt: gateway.sign(TYP.receipt, receipt),
      token: tokenKey.sign(TYP.accessToken, {
        iss: ISS,
        txn: request.claims.txn,
        authorization_details: [],
        human_authorization_ref: { digest: approval.dig, rid },
      }),
      set: gateway.sign(TYP.event, { iss: ISS, events: { [eventUri("task-completed")]: {} } }),
      template,
      tpl_dig: tplDig,
      policy: request.claims.policy,
      uv_challenge_example: uvChallenge(crypto, bound),
    },
  };
}

const vectors = makeVectors();
const linesOf = (file: unknown) => runVectors(crypto, file).lines;

describe("the conformance runner", () => {
  it("passes a vectors file of another hospital, every case and every derived object", () => {
    expect(linesOf(vectors)).toEqual(["conformance: 19 passed, 0 failed"]);
  });

  it("prints a line for each case that differs, then the count", () => {
    const cases = vectors.cases.map((c) => (c.name === "deny" ? { ...c, want: "E_DWELL" } : c));
    expect(linesOf({ ...vectors, cases })).toEqual([
      "deny wanted E_DWELL got recorded:denied",
      "conformance: 18 passed, 1 failed",
    ]);
  });

  it.each([
    ["leaves", (d: typeof vectors.derived) => ({ leaves: d.leaves.toReversed() })],
    ["root", () => ({ root: encodeBase64(new Uint8Array(32)) })],
    ["checkpoint", (d: typeof vectors.derived) => ({ checkpoint: d.checkpoint.replace("\n2\n", "\n3\n") })],
    ["tlog_proof", (d: typeof vectors.derived) => ({ tlog_proof: d.tlog_proof.replace("index 1", "index 0") })],
    ["receipt", (d: typeof vectors.derived) => ({ receipt: d.set })],
    ["token", (d: typeof vectors.derived) => ({ token: d.receipt })],
    ["set", (d: typeof vectors.derived) => ({ set: d.receipt })],
    ["tpl_dig", () => ({ tpl_dig: vectors.request.req_dig })],
    ["policy.dig", (d: typeof vectors.derived) => ({ policy: { ...d.policy, ver: 99 } })],
    ["uv_challenge_example", () => ({ uv_challenge_example: "AAAA" })],
  ])("fails a wrong derived object: %s", (name, change) => {
    const derived = { ...vectors.derived, ...change(vectors.derived) };
    expect(linesOf({ ...vectors, derived })).toContainEqual(expect.stringContaining(`derived:${name} wanted ok got `));
  });

  it("fails every case when the request is not the gateway's", () => {
    const request = { jws: signRequest(makeRequest(), directory).jws };
    const keys = { ...vectors.keys, dir: vectors.keys.gw };
    expect(runVectors(crypto, { ...vectors, request, keys, derived: undefined }).failed).toBe(vectors.cases.length);
  });

  it("says so when the file is something else", () => {
    expect(codeOf(() => runVectors(crypto, { format: "countersign-vectors/2" }))).toBe("E_CLM_SHAPE");
    expect(codeOf(() => runVectors(crypto, null))).toBe("E_CLM_SHAPE");
  });
});
