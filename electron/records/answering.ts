import type { Crypto } from "#shared/protocol/crypto-port.ts";

import { makeMeasuring } from "../insights/measuring.ts";
import { check } from "./check.ts";
import type { CheckReply, CheckRequest } from "./messages.ts";

/** What the process that verifies does with a question. @throws anything for a defect of this app */
export function makeAnswering(crypto: Crypto): (request: CheckRequest) => CheckReply {
  const measure = makeMeasuring();
  return (request) =>
    "input" in request
      ? { id: request.id, ok: true, output: check(crypto, request.input) }
      : { id: request.id, ok: true, measured: measure(request.measure) };
}
