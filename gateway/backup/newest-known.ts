import { parseTlogProof } from "#shared/ledger/tlog-proof.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { parseNamed, readText } from "../cli/files.ts";

/**
 * The signed notes in what somebody outside kept: a checkpoint as it was signed, or a bundle, whose proofs each end with
 * one.
 * @throws CountersignError `E_CLI_INPUT`, `E_FMT_*`, `E_LOG_PROOF`
 */
export function notesIn(file: string): readonly string[] {
  const text = readText(file);
  if (!text.trimStart().startsWith("{")) return [text];
  const bundle = parseNamed(text, file);
  const log = isMembers(bundle) && isMembers(bundle["log"]) ? bundle["log"] : {};
  const proofs: unknown = log["proofs"];
  const texts = Array.isArray(proofs) ? proofs.filter((one): one is string => typeof one === "string") : [];
  if (texts.length > 0) return texts.map((proof) => parseTlogProof(proof).checkpoint);
  throw new CountersignError("E_CLI_INPUT", `${file} is neither a checkpoint nor a bundle with one in it.`);
}

const isMembers = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
