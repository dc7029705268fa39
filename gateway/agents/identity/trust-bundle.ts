import { readFileSync, statSync } from "node:fs";

import { z } from "zod";

import { text } from "#shared/protocol/claims/primitives.ts";
import type { Crypto, VerifyKey } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";

/** The keys of one SPIFFE trust domain. */
export interface TrustBundle {
  readonly trustDomain: string;
  /** The key of this name in the newest readable bundle. */
  key(kid: string): VerifyKey | undefined;
}

export interface TrustBundleOptions {
  readonly file: string;
  readonly trustDomain: string;
  readonly crypto: Crypto;
  readonly nowMs: () => number;
  /** A bundle that cannot be read after a change; the one before it stays in force. */
  readonly onUnreadable: () => void;
}

/** SPIFFE Trust Domain and Bundle section 4: a JWK set; keys of other uses (X.509 authorities) are passed over. */
const bundleFile = z.looseObject({
  keys: z
    .array(
      z.looseObject({ use: text(32).optional(), kty: text(16), kid: text(256).optional(), crv: text(32).optional() }),
    )
    .max(256),
});
const svidKey = z.looseObject({
  use: z.literal("jwt-svid"),
  kid: text(256).min(1),
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: text(64),
  y: text(64),
});
const LOOK_EVERY_MS = 1000;

/**
 * A bundle in a file that an agent of SPIRE, or an operator, replaces when keys rotate: it is looked at at most once a
 * second, when somebody shows an SVID, so a key is gone within a second of its removal.
 * @throws CountersignError `E_CLI_INPUT` when the file is not there at the start, or is no bundle
 */
export function trustBundleIn(options: TrustBundleOptions): TrustBundle {
  const { file, trustDomain, nowMs } = options;
  let seen = stampOf(file);
  let keys = read(options);
  let lookedAtMs = nowMs();

  function refresh(): void {
    if (nowMs() - lookedAtMs < LOOK_EVERY_MS) return;
    lookedAtMs = nowMs();
    try {
      const stamp = stampOf(file);
      if (stamp === seen) return;
      keys = read(options);
      seen = stamp;
    } catch {
      options.onUnreadable();
    }
  }

  return {
    trustDomain,
    key(kid) {
      refresh();
      return keys.get(kid);
    },
  };
}

const stampOf = (file: string): string => {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? "" : `${String(stat.mtimeMs)} ${String(stat.size)} ${String(stat.ino)}`;
};

function read({ file, crypto }: TrustBundleOptions): ReadonlyMap<string, VerifyKey> {
  try {
    const { keys } = bundleFile.parse(JSON.parse(readFileSync(file, "utf8")));
    const usable = keys.flatMap((key) => svidKey.safeParse(key).data ?? []);
    return new Map(usable.map(({ kid, kty, crv, x, y }) => [kid, crypto.importKey({ kty, crv, x, y, alg: "ES256" })]));
  } catch (cause) {
    throw new CountersignError("E_CLI_INPUT", `${file} is not a SPIFFE trust bundle.`, { cause });
  }
}
