import { createHash } from "node:crypto";
import type { TLSSocket } from "node:tls";

/** A certificate whose private key the other end of a TLS connection has proved to hold. */
export interface ShownCertificate {
  /** `x5t#S256`: base64url of the SHA-256 over the certificate's DER (RFC 8705 section 3.1). */
  readonly x5t: string;
  /** Unix seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * The client's certificate, where it showed one. Whose it is, the registry says by its thumbprint (RFC 8705 section 2.2,
 * `self_signed_tls_client_auth`): no certificate authority is asked, so none can make an agent.
 */
export function certificateOf(socket: Pick<TLSSocket, "getPeerX509Certificate">): ShownCertificate | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  return {
    x5t: createHash("sha256").update(certificate.raw).digest("base64url"),
    notBefore: Math.floor(Date.parse(certificate.validFrom) / 1000),
    notAfter: Math.floor(Date.parse(certificate.validTo) / 1000),
  };
}
