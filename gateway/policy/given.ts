import { publicJwk } from "#shared/protocol/claims/primitives.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { Template } from "#shared/protocol/template.ts";

import { shippedSet } from "../cli/policy-file.ts";
import type { Authority } from "../directory/authority.ts";
import type { Directory } from "../directory/directory.ts";
import type { PolicyPort } from "../ports.ts";
import { loadPolicies, type LoadedPolicies, type PolicyFiles } from "./cedar/load.ts";
import { cedarPolicy } from "./cedar/policy.ts";
import { openSigned, type ServingPolicy } from "./published.ts";

/** A policy of one's own, a set that the directory signed, or the files of one that it is to sign. */
export type GivenPolicy = PolicyPort | { readonly signed: string } | { readonly files: PolicyFiles };

/** Who signs a set of policies and for which gateway. */
export interface Around {
  readonly crypto: Crypto;
  readonly templates: readonly Template[];
  readonly iss: string;
  readonly directory: Pick<Directory, "iss" | "jwk">;
  readonly authority: Pick<Authority, "publishPolicy"> | undefined;
}

/**
 * The policy that the embedding code gave: an engine of its own, a set the directory has signed, files that the directory
 * signs here, or, where it gave none, the shipped set.
 * @throws CountersignError `E_POL_SET`, `E_POL_UNSIGNED`
 */
export function policyOf(
  policy: GivenPolicy | undefined,
  around: Around,
): { readonly policy: PolicyPort; readonly serving?: ServingPolicy } {
  if (policy !== undefined && "evaluate" in policy) return { policy };
  const serving = policy === undefined ? shippedSet(around.crypto) : signedSet(policy, around);
  return { policy: cedarPolicy(serving.files, around), serving };
}

function signedSet(
  policy: { readonly signed: string } | { readonly files: PolicyFiles },
  { crypto, templates, iss, directory, authority }: Around,
): ServingPolicy {
  const trust = {
    crypto,
    gateway: iss,
    directory: { iss: directory.iss, key: crypto.importKey(publicJwk.parse(directory.jwk)) },
  };
  if ("signed" in policy) return openSigned(policy.signed, trust);
  const { manifest }: LoadedPolicies = loadPolicies(policy.files, { crypto, templates });
  if (authority === undefined) {
    throw new CountersignError(
      "E_POL_UNSIGNED",
      "The directory's root key is not here to sign the policy set. Give the signed one.",
    );
  }
  const { id, ver: version } = manifest;
  return openSigned(authority.publishPolicy({ gateway: iss, id, version, files: policy.files }), trust);
}
