import type { RequestClaims } from "../claims/request.ts";
import { isMembers } from "../json-pointer.ts";

/** Claims that an extension may change (protocol.md 3.20); `not_after` stands inside the scope. */
const MAY_DIFFER = new Set(["jti", "rev", "prev", "iat", "exp", "submit_by", "grant_exp", "nonce", "deadline_only"]);

/** True when `next` says it only moves the deadline and indeed changes nothing else of `earlier`. */
export function isDeadlineOnly(earlier: RequestClaims, next: RequestClaims): boolean {
  if (next.deadline_only !== true || next.rev !== earlier.rev + 1 || next.rid !== earlier.rid) return false;
  const kept = (claims: RequestClaims) => Object.entries(claims).filter(([name]) => !MAY_DIFFER.has(name));
  return same(Object.fromEntries(kept(earlier)), Object.fromEntries(kept(next)), false);
}

function same(a: unknown, b: unknown, inScope: boolean): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    const right: readonly unknown[] = b;
    return a.length === right.length && a.every((item, i) => same(item, right[i], inScope));
  }
  if (!isMembers(a) || !isMembers(b)) return a === b;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  if (inScope) names.delete("not_after");
  return [...names].every(
    (name) =>
      Object.hasOwn(a, name) === Object.hasOwn(b, name) &&
      same(a[name], b[name], inScope || name === "authorization_details"),
  );
}
