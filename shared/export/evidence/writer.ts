import type { Crypto, PublicJwk } from "#shared/protocol/crypto-port.ts";
import { dig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import { aboutJson, type ExportAbout } from "../about.ts";
import type { Checked } from "../checked.ts";
import type { ExportWriter } from "../writer.ts";
import { evidenceFiles, type EvidenceFile, type ReadDetail } from "./files.ts";
import { readme } from "./words.ts";
import { ZIP_ENTRIES, zipStream } from "./zip.ts";

/** Records in one archive: each takes about ten of the entries that a ZIP can hold. */
export const EVIDENCE_ROWS = 5000;

export interface EvidenceOptions {
  readonly about: ExportAbout;
  /** The directory's public key as pinned: a JWK. */
  readonly directory: PublicJwk;
  /** IANA zone of the facility. */
  readonly zone: string;
}

export interface EvidenceWriter extends Omit<ExportWriter, "row"> {
  row(read: ReadDetail): readonly Uint8Array[];
}

interface Listed {
  readonly folder: string;
  readonly rid: string;
  readonly rev: number;
  readonly state: string;
  readonly checked: Checked;
  /** Unix seconds. */
  readonly erased?: number;
  readonly bundle: boolean;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Archive of evidence (approval-experience.md S10): bundles as `countersign verify` reads them and what they hold, in the
 * order of the rows. The same rows make the same bytes. Names of files are numbers and words of the app.
 * @throws CountersignError `E_CLI_FILE` when there is more than an archive can hold
 */
export function evidenceWriter(crypto: Crypto, { about, directory, zone }: EvidenceOptions): EvidenceWriter {
  const zip = zipStream();
  const listed: Listed[] = [];
  const top: Record<string, string> = {};
  let entries = 1;
  let leftOut = 0;
  const add = (name: string, bytes: Uint8Array): Uint8Array[] => {
    entries++;
    if (entries > ZIP_ENTRIES) {
      throw new CountersignError(
        "E_CLI_FILE",
        "This is more than one archive can hold. Narrow the range and try again.",
      );
    }
    return zip.add(name, bytes);
  };
  const addTop = (name: string, text: string): Uint8Array[] => {
    const bytes = encodeUtf8(text);
    top[name] = dig(crypto, bytes);
    return add(name, bytes);
  };
  return {
    get leftOut() {
      return leftOut;
    },
    begin: () => [
      ...addTop("README.txt", readme(about.identifiers)),
      ...addTop("directory-key.json", JSON.stringify(directory)),
    ],
    row(read) {
      const files = evidenceFiles(read, about.identifiers, zone);
      const folder = `records/${String(listed.length + 1).padStart(6, "0")}`;
      const bundle = files.some(({ name }) => name === "bundle.json");
      if (about.identifiers && !bundle) leftOut++;
      const { rid, rev, state } = read.item;
      const { checked, erasedAt } = read;
      const erased = erasedAt === undefined ? {} : { erased: erasedAt };
      listed.push({ folder, rid, rev, state, checked, ...erased, bundle, files: digestsOf(crypto, files) });
      return files.flatMap(({ name, bytes }) => add(`${folder}/${name}`, bytes));
    },
    end() {
      const manifest = { v: 1, ...aboutJson(about), rows: listed.length, files: top, records: listed };
      return [...add("manifest.json", encodeUtf8(`${JSON.stringify(manifest, null, 1)}\n`)), ...zip.end()];
    },
  };
}

const digestsOf = (crypto: Crypto, files: readonly EvidenceFile[]): Record<string, string> =>
  Object.fromEntries(files.map(({ name, bytes }) => [name, dig(crypto, bytes)]));
