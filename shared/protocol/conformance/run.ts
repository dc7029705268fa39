import type { Crypto, PublicJwk, VerifyKey } from "../crypto-port.ts";
import { CountersignError } from "../error.ts";
import type { Verdict } from "../verify/decision.ts";
import { verifyJws } from "../verify/signed.ts";
import type { DirectoryEntry } from "../verify/state.ts";
import { derivedChecks } from "./derived.ts";
import { makeMemoryWorld } from "./memory-world.ts";
import { vectorsFile, type VectorCase, type VectorsFile } from "./vectors.ts";

export interface ConformanceResult {
  readonly passed: number;
  readonly failed: number;
  /** One line for each case that differs, then `conformance: N passed, M failed`. */
  readonly lines: readonly string[];
}

/**
 * Runs a `countersign-vectors/1` file, already parsed as JSON, through the gateway's own verification
 * (protocol.md 3.12, 3.18): every case with what was submitted before it, and every `derived` object present.
 * @throws CountersignError `E_CLM_SHAPE` when it is not such a file
 */
export function runVectors(crypto: Crypto, file: unknown): ConformanceResult {
  const parsed = vectorsFile.safeParse(file);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new CountersignError(
      "E_CLM_SHAPE",
      `This is not a countersign-vectors/1 file: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
    );
  }
  const vectors = parsed.data;
  const results = [
    ...vectors.cases.map((c) => ({ name: c.name, want: c.want, got: attempt(() => runCase(crypto, vectors, c)) })),
    ...derivedChecks(crypto, vectors).map(({ name, check }) => ({
      name: `derived:${name}`,
      want: "ok",
      got: attempt(() => (check() ? "ok" : "differs")),
    })),
  ];
  const differing = results.filter((r) => r.got !== r.want);
  const passed = results.length - differing.length;
  const failed = differing.length;
  return {
    passed,
    failed,
    lines: [
      ...differing.map((r) => `${r.name} wanted ${r.want} got ${r.got}`),
      `conformance: ${passed} passed, ${failed} failed`,
    ],
  };
}

function attempt(run: () => string): string {
  try {
    return run();
  } catch (e) {
    if (e instanceof CountersignError) return e.code;
    throw e;
  }
}

function runCase(crypto: Crypto, vectors: VectorsFile, c: VectorCase): string {
  const gateway = c.gateway ?? vectors.gateway;
  const request = c.request ?? vectors.request;
  const signed = verifyJws(crypto, "request", request.jws, (kid) => keyNamed(crypto, vectors, kid));
  const world = makeMemoryWorld({
    crypto,
    iss: gateway.iss,
    webauthn: gateway.rp_id === undefined ? undefined : { rpId: gateway.rp_id, origins: gateway.origins ?? [] },
    skewS: gateway.skew,
    directory: (c.directory ?? vectors.directory).map(entryOf),
    requests: [{ dig: signed.digest, claims: signed.claims }],
    templates: c.templates ?? vectors.templates,
  });
  for (const prior of c.prior ?? []) world.submit(prior.jws, prior.now);
  return spell(world.submit(c.jws, c.now));
}

const entryOf = (e: VectorsFile["directory"][number]): DirectoryEntry => ({
  ...e,
  jwk: asKey(e.jwk),
  webauthn: e.webauthn && { cid: e.webauthn.id, jwk: asKey(e.webauthn.jwk), count: e.webauthn.count },
});

/** A vector may hold a key outside the profile on purpose; `Crypto.importKey` is what refuses it. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- judged at run time, as a directory's would be
const asKey = (jwk: VectorsFile["directory"][number]["jwk"]): PublicJwk => jwk as unknown as PublicJwk;

export function keyNamed(crypto: Crypto, { keys }: VectorsFile, kid: string): VerifyKey | undefined {
  const named = Object.values(keys).find((key) => key.kid === kid);
  return named && crypto.importKey(named.jwk);
}

function spell(verdict: Verdict): string {
  switch (verdict.kind) {
    case "record":
      return `recorded:${verdict.effect.state}`;
    case "duplicate":
      return `duplicate:${verdict.receipt}`;
    case "error":
    case "reject":
      return verdict.code;
    default:
      return verdict satisfies never;
  }
}
