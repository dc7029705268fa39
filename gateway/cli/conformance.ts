import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { runVectors } from "#shared/protocol/conformance/run.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { command } from "./command.ts";
import { readText } from "./files.ts";

/** `countersign conformance FILE` (protocol.md 3.12, 3.18). */
export const conformance = command({
  name: "conformance",
  usage: "FILE",
  summary: "Runs a file of protocol vectors: a line for each case that differs, then the count. Exit 0 when none does.",
  takes: 1,
  options: {},
  run({ words: [file = ""], io }) {
    const { lines, failed } = runVectors(makeNodeCrypto(), parsed(readText(file), file));
    for (const line of lines) io.out(line);
    return failed === 0 ? 0 : 1;
  },
});

/** Vectors are test data, not protocol messages: they may hold numbers that a message may not. */
function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CountersignError("E_FMT_JSON", `${file} is not JSON.`, { cause });
  }
}
