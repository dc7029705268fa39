import { encodeBase64 } from "./base64url.ts";
import type { Crypto } from "./crypto-port.ts";
import { jcs } from "./jcs.ts";
import type { Json } from "./strict-json.ts";
import type { Template } from "./template.ts";
import { encodeUtf8 } from "./utf8.ts";

/** `"sha-256:" + base64url(SHA-256(x))`, 51 characters (protocol.md 3.2). */
export function dig(crypto: Crypto, data: Uint8Array | string): string {
  return `sha-256:${crypto.sha256Text(data)}`;
}

/**
 * JWS digest: over the signing input, without the signature, because ECDSA signatures are malleable (protocol.md 3.2).
 * `jws` must have passed the gate: this function only cuts at the last dot.
 */
export function jdig(crypto: Crypto, jws: string): string {
  return dig(crypto, jws.slice(0, jws.lastIndexOf(".")));
}

/** RFC 9530 `Content-Digest` value of a body: `sha-256=:<base64>:`. */
export function contentDigest(crypto: Crypto, body: Uint8Array | string): string {
  return `sha-256=:${encodeBase64(crypto.sha256(typeof body === "string" ? encodeUtf8(body) : body))}:`;
}

/** `dig(JCS(value))` for policies, templates and view manifests. */
export function jcsDig(crypto: Crypto, value: Json): string {
  return dig(crypto, jcs(value));
}

/** `tpl_dig`: `dig(JCS(all of it))` (protocol.md 3.6). */
export function templateDigest(crypto: Crypto, template: Template): string {
  const { id, ver, must_show, statement, rows } = template;
  return jcsDig(crypto, {
    id,
    ver,
    must_show,
    statement,
    ...(rows ? { rows: rows.map(({ unit, ...row }) => (unit === undefined ? row : { ...row, unit })) } : {}),
  });
}

/** `policy.dig`: `dig(JCS(policy without dig))` (protocol.md 3.5), whatever else the policy holds. */
export function policyDigest(crypto: Crypto, policy: object): string {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- a policy is JSON: jcs refuses anything else
  const { dig: _, ...rest } = policy as Record<string, Json>;
  return jcsDig(crypto, rest);
}

/** The view manifest of protocol.md 3.6; its digest is `view_dig`. */
export function viewDigest(
  crypto: Crypto,
  view: { tplDig: string; reqDig: string; lang: string; must: readonly string[] },
): string {
  return jcsDig(crypto, {
    fmt: "countersign-view/1",
    tpl_dig: view.tplDig,
    req_dig: view.reqDig,
    lang: view.lang,
    must: [...view.must],
  });
}

/** First `prev` of a key's chain at a gateway: `dig("countersign-genesis/1" ‖ 0 ‖ kid ‖ 0 ‖ aud)` (protocol.md 3.7). */
export function chainGenesis(crypto: Crypto, kid: string, aud: string): string {
  return dig(crypto, `countersign-genesis/1\0${kid}\0${aud}`);
}
