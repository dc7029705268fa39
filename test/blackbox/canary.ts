import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Words that occur nowhere else, put in the place of clinical text, and a search that finds them in any of the forms in
 * which software writes text.
 */
export class Canaries {
  readonly #words = new Map<string, string>();

  /** The word of one place, e.g. `note`. Letters and digits, so that no escaping of any format changes it. */
  at(place: string): string {
    const word = this.#words.get(place) ?? `Kanarie${randomBytes(9).toString("hex")}`;
    this.#words.set(place, word);
    return word;
  }

  get places(): readonly string[] {
    return [...this.#words.keys()];
  }

  /** Places whose word is in `bytes`. */
  in(bytes: Buffer | string): string[] {
    const text = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
    return this.places.filter((place) => forms(this.at(place)).some((form) => text.includes(form)));
  }
}

/** Plain, every letter escaped as in an address or in JSON, hexadecimal, two bytes a letter, base64 and base64url. */
function forms(word: string): Buffer[] {
  const utf8 = Buffer.from(word);
  const hex = utf8.toString("hex");
  const each = (prefix: string): string => hex.replaceAll(/../g, (byte) => prefix + byte);
  const texts = [word, hex, hex.toUpperCase(), each("%"), each("\\u00"), each("\\x"), ...base64Forms(utf8)];
  return [...texts.map((text) => Buffer.from(text)), Buffer.from(word, "utf16le")];
}

/** What base64 makes of the bytes wherever they stand in a text: without the characters that their neighbours decide. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    const [from, to] = [before === 0 ? 0 : before + 1, Math.floor((whole.length * 8) / 6)];
    return (["base64", "base64url"] as const).map((format) => whole.toString(format).slice(from, to));
  });
}

/** Every file below a folder, with its bytes. */
export function filesBelow(folder: string): { readonly name: string; readonly bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => ({ name: path.relative(folder, file), bytes: readFileSync(file) }));
}

/** Everything a database holds, row by row: in the file a text may be cut by the edge of a page. */
export function contentsOf(file: string): string {
  const db = new DatabaseSync(file, { readOnly: true });
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const rows = tables.flatMap(({ name }) => db.prepare(`SELECT * FROM "${String(name)}"`).all());
  db.close();
  return rows.flatMap((row) => Object.values(row).map(String)).join("\n");
}
