import type { Crypto, VerifyKey } from "#shared/protocol/crypto-port.ts";
import { jcsDig, jdig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import type { Records } from "../core.ts";
import type { Store } from "../store/store.ts";
import type { PolicyFiles } from "./cedar/load.ts";
import { mayFollow, type PolicyVersion } from "./succession.ts";

/** A set a gateway may serve with: signed by the directory, or the one that is part of the release. */
export interface ServingPolicy extends PolicyVersion {
  readonly id: string;
  readonly files: PolicyFiles;
  /** The `countersign-policy+jwt`; absent for the shipped set. */
  readonly jws?: string;
}

/**
 * Opens a signed set.
 * @throws CountersignError `E_POL_UNSIGNED`: not signed by this directory, for another gateway, or changed since
 */
export function openSigned(
  jws: string,
  trust: {
    readonly crypto: Crypto;
    readonly directory: { readonly iss: string; readonly key: VerifyKey };
    readonly gateway: string;
  },
): ServingPolicy {
  const { crypto, directory, gateway } = trust;
  const refuse = (why: string, cause?: unknown): never => {
    throw new CountersignError(
      "E_POL_UNSIGNED",
      `The policy set cannot be served: ${why} Have the directory sign it: countersign policy publish.`,
      { cause },
    );
  };
  try {
    // SECURITY: policy is changed by whoever holds the root key and by nobody else (peers.md, attack 21).
    const { claims } = verifyJws(crypto, "policySet", jws, (kid) =>
      kid === directory.key.kid ? directory.key : undefined,
    );
    const { iss, sub, id, version, files, dig } = claims;
    if (iss !== directory.iss) refuse("another directory signed it.");
    if (sub !== gateway) refuse(`it was signed for ${sub}.`);
    if (jcsDig(crypto, { ...files }) !== dig) refuse("its digest is not that of its files.");
    return { id, version, dig, files: { ...files }, jws };
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code === "E_POL_UNSIGNED") throw error;
    return refuse(`it is not signed by this directory, or was changed (${error.code}).`, error);
  }
}

/** The set of the release, with the version it has. */
export function shippedPolicy(
  crypto: Crypto,
  files: PolicyFiles,
  { id, ver }: { readonly id: string; readonly ver: number },
): ServingPolicy {
  return { id, version: ver, files, dig: jcsDig(crypto, { ...files }) };
}

/**
 * Keeps the set that serves from now on, with its leaf `policy-published` (protocol.md 3.16).
 * @throws CountersignError `E_POL_OLDER` when a later one served here before
 */
export function keepServing(
  policy: ServingPolicy,
  around: {
    readonly store: Store;
    readonly records: Records;
    readonly crypto: Crypto;
    readonly kid: string;
    readonly now: number;
  },
): void {
  const { store, records, crypto, kid, now } = around;
  store.write((tx) => {
    const newest = tx.lastPublished("policy-set");
    // The release's own set may differ from the one of the release before under one version: both are code, and installed.
    const isRelease = policy.jws === undefined && newest?.startsWith("{") === true;
    const before = newest === undefined ? undefined : versionOf(newest);
    if (!isRelease || before?.version !== policy.version) mayFollow(before, policy);
    const text =
      policy.jws ?? JSON.stringify({ id: policy.id, version: policy.version, dig: policy.dig, files: policy.files });
    const obj = policy.jws === undefined ? policy.dig : jdig(crypto, policy.jws);
    if (tx.publish(obj, "policy-set", text, now)) records.leaf(tx, { t: "policy-published", obj, kid });
  });
}

/** The newest set that served, as it was kept. */
export function versionOf(kept: string): PolicyVersion & { readonly id: string; readonly files: PolicyFiles } {
  const { id, version, dig, files } = kept.startsWith("{") ? shippedOf(kept) : readStored("policySet", kept);
  return { id, version, dig, files: { ...files } };
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- keepServing of this gateway wrote it
const shippedOf = (text: string) => JSON.parse(text) as Pick<ServingPolicy, "id" | "version" | "dig" | "files">;
