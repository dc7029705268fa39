import { createPublicKey, verify } from "node:crypto";

import { b64, sha256 } from "./signed.ts";

/** RFC 6962 / RFC 9162 proofs and the C2SP texts around them (protocol.md 3.16, 3.22), written from those documents. */

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

/** A signed note by the key that `vkey` names; throws for anything else. */
export function readNote(note: string, vkey: string): Checkpoint {
  const [, name = "", id = "", keyText = ""] = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? [];
  const key = Buffer.from(keyText, "base64");
  if (key[0] !== 1 || key.length !== 33) throw new Error("not an Ed25519 verifier key");
  if (sha256(`${name}\n`, key).subarray(0, 4).toString("hex") !== id) throw new Error("key id");
  const cut = note.indexOf("\n\n");
  const text = note.slice(0, cut + 1);
  const [origin = "", size = "", root = "", ...rest] = text.split("\n");
  if (origin !== name || rest.join("") !== "" || !/^\d+$/.test(size)) throw new Error("checkpoint");
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: b64(key.subarray(1)) }, format: "jwk" });
  const signed = note
    .slice(cut + 2)
    .split("\n")
    .filter((line) => line.startsWith(`— ${name} `))
    .map((line) => Buffer.from(line.split(" ")[2] ?? "", "base64"))
    .some(
      (sig) => sig.subarray(0, 4).toString("hex") === id && verify(null, Buffer.from(text), publicKey, sig.subarray(4)),
    );
  if (!signed) throw new Error("the log did not sign this");
  return { origin, size: Number(size), root: Buffer.from(root, "base64") };
}

export const leafHash = (entry: string): Buffer => sha256(Uint8Array.of(0), entry);
const node = (left: Buffer, right: Buffer): Buffer => sha256(Uint8Array.of(1), left, right);

/** RFC 9162 2.1.3.2. */
export function includes(leaf: Buffer, index: number, path: readonly Buffer[], { size, root }: Checkpoint): boolean {
  if (index >= size) return false;
  let [fn, sn, r] = [index, size - 1, leaf];
  for (const p of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = node(p, r);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else r = node(r, p);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  return sn === 0 && r.equals(root);
}

/** RFC 9162 2.1.4.2. */
export function continues(first: Checkpoint, second: Checkpoint, proof: readonly Buffer[]): boolean {
  if (first.size === 0 || first.size > second.size) return false;
  if (first.size === second.size) return proof.length === 0 && first.root.equals(second.root);
  const path = Number.isInteger(Math.log2(first.size)) ? [first.root, ...proof] : [...proof];
  let [fn, sn] = [first.size - 1, second.size - 1];
  while (fn % 2 === 1) [fn, sn] = [fn >> 1, sn >> 1];
  const [start] = path.splice(0, 1);
  if (start === undefined) return false;
  let [fr, sr] = [start, start];
  for (const c of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      [fr, sr] = [node(c, fr), node(c, sr)];
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else sr = node(sr, c);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  return sn === 0 && fr.equals(first.root) && sr.equals(second.root);
}

/** The `c2sp.org/tlog-proof@v1` text: true only where `entry` is in the tree of the checkpoint inside. */
export function proves(proof: string, entry: string, vkey: string): { readonly index: number; readonly size: number } {
  const cut = proof.indexOf("\n\n");
  const [header, indexLine = "", ...path] = proof.slice(0, cut).split("\n");
  if (header !== "c2sp.org/tlog-proof@v1" || !/^index \d+$/.test(indexLine)) throw new Error("not a tlog-proof");
  const index = Number(indexLine.slice(6));
  const checkpoint = readNote(proof.slice(cut + 2), vkey);
  const hashes = path.map((line) => Buffer.from(line, "base64"));
  if (!includes(leafHash(entry), index, hashes, checkpoint)) throw new Error("not included");
  return { index, size: checkpoint.size };
}
