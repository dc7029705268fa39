import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { findHidden } from "#shared/presentation/text-hygiene.ts";
import { verifyBundle, type BundleVerdict } from "#shared/protocol/evidence/verify-bundle.ts";

import { decodeStatusList } from "#shared/crypto/status-list.ts";

/**
 * Verifies an evidence bundle with nothing but the directory's public key (protocol.md 3.12): text hygiene, built-in
 * templates and status lists included, so that whoever verifies says the same.
 */
export const verifyOffline = (bundle: unknown, directoryKey: Parameters<typeof verifyBundle>[1]): BundleVerdict =>
  verifyBundle(bundle, directoryKey, makeNodeCrypto(), { builtinTemplates, findHidden, decodeStatusList });
