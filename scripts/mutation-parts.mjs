import process from "node:process";

/**
 * What `npm run test:mutation` changes, by part, and the tests that are that part's proof.
 * @type {Readonly<Record<string, { readonly mutate: readonly string[], readonly tests: readonly string[] }>>}
 */
export const PARTS = {
  algebra: { mutate: ["shared/scope/*.ts"], tests: ["test/shared/scope/*.test.ts"] },
  "strict-json": {
    mutate: ["shared/protocol/strict-json.ts"],
    tests: ["test/shared/protocol/encoding/strict-json*.test.ts"],
  },
  gate: {
    mutate: ["shared/protocol/{jws,base64url,utf8}.ts"],
    tests: ["test/shared/protocol/{encoding,verify}/*.test.ts"],
  },
  quorum: {
    mutate: ["shared/protocol/quorum/*.ts"],
    tests: ["test/shared/protocol/{quorum,verify}/*.test.ts"],
  },
  verification: {
    mutate: ["shared/protocol/verify/*.ts"],
    tests: ["test/shared/protocol/{verify,quorum}/*.test.ts"],
  },
  accept: {
    mutate: ["shared/protocol/accept/*.ts"],
    tests: ["test/shared/protocol/accept/*.test.ts"],
  },
};

/** The part that the environment names; the runner's own processes have no other way to be told. */
export function partNamed(name = process.env["COUNTERSIGN_MUTATED"] ?? "algebra") {
  const part = PARTS[name];
  if (part === undefined) throw new Error(`Name a part: ${Object.keys(PARTS).join(", ")}.`);
  return { name, ...part };
}
