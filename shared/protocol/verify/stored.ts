import { parsePayload } from "../jws.ts";
import { checkShape, gateSigned, type ClaimsOf, type SignedKind } from "./signed.ts";

/**
 * The claims of an object whose signature was verified before it was stored. Never for anything that came from outside:
 * no key is asked.
 * @throws CountersignError the codes of the gate, the JSON codes, `E_CLM_SHAPE`
 */
export function readStored<K extends SignedKind>(kind: K, jws: string): ClaimsOf<K> {
  return checkShape(kind, parsePayload(gateSigned(kind, jws)));
}
