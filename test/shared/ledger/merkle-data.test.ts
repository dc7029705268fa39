import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { decodeBase64 } from "#shared/protocol/base64url.ts";
import { verifyConsistency, verifyInclusion } from "#shared/ledger/verify.ts";

const crypto = makeNodeCrypto();
const folder = path.resolve(import.meta.dirname, "../../../../shared/data/merkle/testdata");

interface Case {
  desc: string;
  wantErr: boolean;
  proof: string[] | null;
  leafIdx: number;
  treeSize: number;
  root: string;
  leafHash: string;
  size1: number;
  size2: number;
  root1: string;
  root2: string;
}

function cases(kind: string): { file: string; c: Case }[] {
  const root = path.join(folder, kind);
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((f) => f.endsWith(".json"))
    .map((file) => ({ file, c: JSON.parse(readFileSync(path.join(root, file), "utf8")) as Case }));
}

/** Bytes, or undefined where the case holds something that is not base64: our decoder refuses it before any proof. */
const bytes = (text: string | null): Uint8Array => (text === null ? new Uint8Array() : decodeBase64(text));

function outcome(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

describe.skipIf(!existsSync(folder))("public Merkle test data (skips where the data folder is absent)", () => {
  it("gives the wanted answer to every inclusion case", () => {
    const all = cases("inclusion");
    expect(all.length).toBe(98);
    const wrong = all.filter(({ c }) => {
      const ok = outcome(() =>
        verifyInclusion(crypto, {
          index: c.leafIdx,
          size: c.treeSize,
          leaf: bytes(c.leafHash),
          proof: (c.proof ?? []).map(bytes),
          root: bytes(c.root),
        }),
      );
      return ok === c.wantErr;
    });
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  it("gives the wanted answer to every consistency case, except that size 0 is always refused", () => {
    const all = cases("consistency");
    expect(all.length).toBe(98);
    const wrong = all.filter(({ c }) => {
      const ok = outcome(() =>
        verifyConsistency(crypto, {
          size1: c.size1,
          size2: c.size2,
          root1: bytes(c.root1),
          root2: bytes(c.root2),
          proof: (c.proof ?? []).map(bytes),
        }),
      );
      return ok === (c.wantErr || c.size1 === 0);
    });
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });
});
