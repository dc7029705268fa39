import { keyProof } from "./enrolment-proof.ts";
import type { UnlockedKey } from "./unlocked-key.ts";
import { ANSWER_MS, visitGateway, type VisitParts } from "./visit.ts";

/**
 * Gives a person's own key up for good, signed by that key (protocol.md 3.13, 3.22 `enrol.revoke`): the panic button. It needs
 * no second person, because it only takes power away; what was approved and not yet executed is taken back with it.
 * @throws CountersignError `E_CLI_OFFLINE` when it is not known that the directory has it, `E_CLI_TLS`, `E_GW_CRED`,
 * `E_AUTH_PROOF`, or what the gateway refused with
 */
export async function revokeOwnKey(parts: VisitParts, key: UnlockedKey): Promise<void> {
  await visitGateway(parts, new AbortController().signal, async ({ nonce, at }, wire) => {
    const input = { aud: parts.directory.iss, at, jti: parts.newId(), nonce };
    const proof = await keyProof(key, { ...input, says: { revoke: key.kid } });
    await wire.call("enrol.revoke", { proof }, "ok", ANSWER_MS);
  });
}
