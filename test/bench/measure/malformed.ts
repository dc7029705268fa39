import { encodeBase64url } from "#shared/protocol/base64url.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";
import { verifyDecision } from "#shared/protocol/verify/decision.ts";
import type { VerificationState } from "#shared/protocol/verify/state.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { parseFrame } from "../../../gateway/transport/frames.ts";

/** One frame as the gateway reads it: envelope, then the decision in it. Returns the code, or `record`. */
export function receive(frame: string, state: VerificationState): string {
  try {
    const jws = parseFrame(frame).body["jws"];
    const verdict = verifyDecision(typeof jws === "string" ? jws : "", state);
    return verdict.kind === "record" ? verdict.kind : "code" in verdict ? verdict.code : verdict.kind;
  } catch (error) {
    if (error instanceof CountersignError) return error.code;
    throw error;
  }
}

export const frameOf = (jws: string): string =>
  JSON.stringify({
    ...{ v: 1, type: "decision.submit", id: "019f0000-0000-7000-8000-000000000001" },
    ...{ ts: "2026-09-21T14:13:20.123Z", body: { jws } },
  });

const header = (members: string): string => encodeBase64url(encodeUtf8(members));

/**
 * Frames of about a decision's size that somebody without a key can send, by what is wrong with them. One that is well
 * formed and names an unknown key is not among them: it costs what a bad signature costs, so that its time tells nothing
 * (reliability.md F17).
 */
export function malformedFrames(jws: string): Readonly<Record<string, string>> {
  const [h = "", p = "", s = ""] = jws.split(".");
  const good = Buffer.from(h, "base64url").toString();
  const withHeader = (text: string): string => frameOf(`${header(text)}.${p}.${s}`);
  const frame = frameOf(jws);
  return {
    "frame cut short": frame.slice(0, -2),
    "frame with a duplicate member": frame.replace('"v":1,', '"v":1,"v":1,'),
    "frame without a type": frame.replace('"type":"decision.submit",', ""),
    "two segments": frameOf(`${h}.${p}`),
    "payload not base64url": frameOf(`${h}.${p.slice(0, -1)}+.${s}`),
    "payload not UTF-8": frameOf(
      `${h}.${encodeBase64url(Buffer.concat([Buffer.from(p, "base64url"), Buffer.of(0xff)]))}.${s}`,
    ),
    "header not JSON": withHeader(good.slice(0, -1)),
    "header with a duplicate member": withHeader(good.replace("{", '{"alg":"ES256",')),
    "header with jku": withHeader(good.replace("}", ',"jku":"https://evil.example"}')),
    "algorithm none": withHeader(good.replace(/"alg":"[^"]*"/, '"alg":"none"')),
    "another kind": withHeader(good.replace("countersign-decision+jwt", "countersign-session+jwt")),
  };
}
