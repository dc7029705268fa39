import { writeFileSync } from "node:fs";
import path from "node:path";

import { publicJwk } from "#shared/protocol/claims/primitives.ts";

import { verifyOffline } from "../../gateway/audit/verify-offline.ts";
import type { Demo } from "../compose.ts";

/** States after which a request's evidence is complete. */
const DECIDED = ["completed", "failed", "denied", "revoked"] as const;

/** Writes a bundle per decided request and verifies each with the directory's public key alone. Returns the failures. */
export async function checkEvidence(demo: Demo, output: string, say: (line: string) => void): Promise<number> {
  const { core } = demo.gateway;
  const key = publicJwk.parse(demo.directoryKey);
  let failed = 0;
  for (const { rid, rev } of core.store.requestsIn([...DECIDED])) {
    const bundle = await logged(() => core.bundle(rid, rev));
    const file = `${rid}-${String(rev)}.json`;
    writeFileSync(path.join(output, "bundles", file), JSON.stringify(bundle, undefined, 1));
    const { ok, outcome, steps } = verifyOffline(bundle, key);
    if (ok) say(`ok    bundle ${file}: ${outcome}, ${String(steps.length)} steps verified`);
    else {
      failed++;
      const wrong = steps.filter((step) => !step.ok).map((step) => JSON.stringify(step));
      say(`FAIL  bundle ${file}: ${wrong.join(" ")}`);
    }
  }
  return failed;
}

/** The log signs a checkpoint within seconds; until then there is no bundle. */
async function logged<T>(read: () => T | undefined): Promise<T> {
  const until = Date.now() + 30_000;
  for (;;) {
    const found = read();
    if (found !== undefined) return found;
    if (Date.now() > until) throw new Error("The log did not include a decision within 30 s.");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The FHIR server received exactly the bodies of the requests that were carried out, byte for byte, and nothing else. */
export function checkRecord(demo: Demo, say: (line: string) => void): number {
  const { store } = demo.gateway.core;
  const approved = store
    .requestsIn(["completed"])
    .map(({ rid }) => demo.gateway.core.status(rid)?.claims.action.op)
    .filter((op) => op !== undefined)
    .map((op) => `${op.method} ${op.url} ${op.body}`)
    .toSorted();
  const isEvidence = ({ path: at }: { readonly path: string }): boolean => /^\/(?:AuditEvent|Provenance)\//.test(at);
  const received = demo.fhir.wire
    .filter((write) => !isEvidence(write))
    .map(({ method, path: at, body }) => `${method} ${demo.fhir.baseUrl}${at} ${Buffer.from(body).toString("utf8")}`)
    .toSorted();
  const same = approved.length === received.length && approved.every((one, at) => one === received[at]);
  say(
    same
      ? `ok    the FHIR server holds the ${String(received.length)} approved bodies, byte for byte, and nothing else`
      : `FAIL  the FHIR server received ${String(received.length)} writes, ${String(approved.length)} were approved`,
  );
  const behind = (type: string): number => demo.fhir.wire.filter(({ path: at }) => at.startsWith(`/${type}/`)).length;
  say(
    `      beside them ${String(behind("AuditEvent"))} AuditEvent and ${String(behind("Provenance"))} Provenance: ` +
      `${demo.fhir.baseUrl}/Provenance`,
  );
  return same ? 0 : 1;
}
