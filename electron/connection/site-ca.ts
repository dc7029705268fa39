import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";

import { CountersignError } from "#shared/protocol/error.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/**
 * The site's own certificate authorities (README decision 17): every certificate of a PEM file, as one text. Empty for no
 * file.
 * @throws CountersignError `E_CLI_INPUT` when the file cannot be read or holds no certificate
 */
export async function readSiteCa(file: string): Promise<string> {
  if (file === "") return "";
  try {
    const found = (await readFile(file, "utf8")).match(CERTIFICATE) ?? [];
    // Each must be a certificate, so that a wrong file is found here and not at the next connection.
    const parsed = found.map((pem) => new X509Certificate(pem).toString());
    if (parsed.length > 0) return parsed.join("\n");
  } catch (cause) {
    throw new CountersignError("E_CLI_INPUT", "The file of certificate authorities cannot be read.", { cause });
  }
  throw new CountersignError("E_CLI_INPUT", "The file holds no certificate in PEM form.");
}
