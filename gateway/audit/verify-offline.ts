import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { findHidden } from "#shared/presentation/text-hygiene.ts";
import { isErasedRecord, verifyErasedRecord, type ErasedVerdict } from "#shared/protocol/evidence/erased-record.ts";
import { verifyBundle } from "#shared/protocol/evidence/verify-bundle.ts";

import { decodeStatusList } from "#shared/crypto/status-list.ts";

/**
 * Verifies an evidence bundle, or what is left of a request that was erased, with nothing but the directory's public key (protocol.md 3.12): text hygiene, built-in
 * templates and status lists included, so that whoever verifies says the same.
 */
export function verifyOffline(evidence: unknown, directoryKey: Parameters<typeof verifyBundle>[1]): ErasedVerdict {
  const verify = isErasedRecord(evidence) ? verifyErasedRecord : verifyBundle;
  return verify(evidence, directoryKey, makeNodeCrypto(), { builtinTemplates, findHidden, decodeStatusList });
}
