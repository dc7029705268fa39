import { signNote, verifyNote, type NoteSigner } from "#shared/ledger/note.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";

/** Beside the manifest: a note in which the log's key says which manifest it is. */
export const SEAL_FILE = "manifest.note";

/** Never a checkpoint: its first line is not the log's name (c2sp.org/tlog-checkpoint). */
const textOf = (iss: string, sha256: string): string => `countersign-backup/1\n${iss}\nsha256:${sha256}\n`;

/** @param sha256 digest of the manifest's bytes, lower-case hexadecimal */
export const sealManifest = (crypto: Crypto, iss: string, sha256: string, signer: NoteSigner): string =>
  signNote(crypto, textOf(iss, sha256), signer);

/**
 * SECURITY: agents, policy and configuration in a backup are the gateway's own or are not put in place: whoever can write
 * where backups are kept could otherwise give an agent of theirs a place in the next gateway (T-16).
 * @throws CountersignError `E_STORE_CORRUPT` for a manifest that this log's key did not sign
 */
export function checkSeal(crypto: Crypto, seal: string, vkey: string, iss: string, sha256: string): void {
  let text: string | undefined;
  try {
    text = verifyNote(crypto, seal, vkey);
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
  }
  if (text === textOf(iss, sha256)) return;
  throw new CountersignError(
    "E_STORE_CORRUPT",
    "The gateway that this backup is of did not sign its list of files: it was changed, or is not that gateway's. Nothing was put in place. Take another one.",
  );
}
