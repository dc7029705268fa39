import { present, rawView } from "#shared/presentation/present.ts";
import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { findHidden } from "#shared/presentation/text-hygiene.ts";
import { decodeBase64url, encodeBase64url } from "#shared/protocol/base64url.ts";
import { requestClaims } from "#shared/protocol/claims/request.ts";
import { verifyBundle } from "#shared/protocol/evidence/verify-bundle.ts";
import { clientBodies } from "#shared/protocol/messages.ts";
import { LIMITS, TYP } from "#shared/protocol/names.ts";
import { parseFhir, parseStrict } from "#shared/protocol/strict-json.ts";
import { template } from "#shared/protocol/template.ts";
import { decodeUtf8, encodeUtf8 } from "#shared/protocol/utf8.ts";
import { verifyDecision } from "#shared/protocol/verify/decision.ts";
import { gateSigned, SIGNED, type SignedKind } from "#shared/protocol/verify/signed.ts";
import type { VerificationState } from "#shared/protocol/verify/state.ts";

import { parseFrame } from "../../gateway/transport/frames.ts";
import { makeRequest as makeShown, options } from "../shared/presentation/fixtures/request.ts";
import { receive } from "../shared/protocol/fixture/client.ts";
import { decide, deny, makeDecision } from "../shared/protocol/fixture/decision.ts";
import { decodeStatusList, makeBundle } from "../shared/protocol/fixture/evidence.ts";
import * as hospital from "../shared/protocol/fixture/hospital.ts";
import { DEAREST, type Update } from "./dearest.ts";
import { LONGEST, mutateJson, mutateText, type Dice } from "./mutate.ts";

export interface Target {
  readonly name: string;
  /** A new input. */
  readonly make: (dice: Dice) => string;
  /** What every run begins with. */
  readonly first?: readonly string[];
  /** Each `call` is timed by itself, may throw a CountersignError and nothing else. */
  readonly run: (input: string, call: (fn: () => void) => void) => void;
}

const { crypto, gateway, ISS, T0 } = hospital;
const lee = hospital.makePerson("lee");
const request = hospital.signRequest(hospital.makeRequest());
const approval = decide(lee, request);
const denial = decide(lee, request, deny);
const bundle = makeBundle({ people: [lee], request, decisions: [approval] });
const shown = makeShown();

const jsonTexts = [
  JSON.stringify(request.claims),
  JSON.stringify(hospital.ORDER),
  shown.action.op.body,
  '{"a":[1,-2,"\\u00e9",null,true],"b":{"c":"\\ud83d\\ude00","d":{}}}',
];
const signedTexts = [
  ...[request.jws, approval.jws, denial.jws, bundle.gateway],
  ...[...bundle.credentials, ...bundle.receipts, ...bundle.status],
];
const body = { jws: approval.jws, rid: request.claims.rid, rev: 1, feeds: ["me"], cursor: "e1:4", credit: 9 };
const frames = Object.keys(clientBodies).map((type) =>
  JSON.stringify({ v: 1, type, id: hospital.uuid(), ts: "2026-09-21T14:13:20.123Z", crit: [], body }),
);

/** The characters changed, or the JSON that they spell. */
const textOf =
  (seeds: readonly string[]) =>
  (dice: Dice): string => {
    const seed = dice.of(seeds);
    return dice.pick(3) === 0
      ? JSON.stringify(mutateJson(JSON.parse(seed), dice))
      : mutateText(seed, dice, [...seeds, ...jsonTexts]);
  };

/** The compact form changed, or what is inside one of its segments. */
function jwsOf(dice: Dice): string {
  const seed = dice.of(signedTexts);
  if (dice.pick(2) === 0) return mutateText(seed, dice, signedTexts);
  const parts = seed.split(".");
  const at = dice.pick(2);
  const inside = decodeUtf8(decodeBase64url(parts[at] ?? ""));
  parts[at] = encodeBase64url(encodeUtf8(textOf([inside])(dice)));
  return parts.join(".");
}

/** A value changed in one or a few places. Longer ones are refused by their length alone, before anything is read. */
const valueOf =
  (...seeds: readonly unknown[]) =>
  (dice: Dice): string => {
    let text: string;
    do text = JSON.stringify(mutateJson(dice.of(seeds), dice));
    while (text.length > LONGEST);
    return text;
  };

const changes = [
  { op: "test", path: "/status", value: "active" },
  { op: "replace", path: "/status", value: "stopped" },
  { op: "add", path: "/note", value: [{ text: "x" }] },
  { op: "copy", from: "/dosageInstruction/0", path: "/dosageInstruction/-" },
  { op: "move", from: "/subject/reference", path: "/subject/display" },
];
const updates: readonly Update[] = [
  { method: "PUT", before: shown.action.op.body, body: shown.action.op.body },
  { method: "PATCH", before: shown.action.op.body, body: JSON.stringify(changes) },
];

const state: VerificationState = {
  ...{ crypto, iss: ISS, now: T0 + 62, answer: () => undefined, decisions: () => [], chainHead: () => undefined },
  directoryEntry: (kid) => (kid === lee.entry.kid ? lee.entry : undefined),
  currentRequest: (rid) => (rid === request.claims.rid ? { ...request, state: "open" } : undefined),
  template: () => hospital.template,
  nonceConsumed: () => false,
};

/** One good input of each kind that is signed or executed, for what changes it in its own way. */
export const GOOD: Readonly<Record<string, unknown>> = {
  decision: makeDecision(lee, request),
  request: request.claims,
  operation: JSON.parse(shown.action.op.body),
};

const objectOf = (input: string): object => {
  const value: unknown = JSON.parse(input);
  return typeof value === "object" && value !== null ? value : { value };
};

const KINDS = Object.keys(SIGNED) as SignedKind[];

/** What no gateway may issue is refused by its length before it is drawn (C1). */
const isIssued = (claims: object): boolean =>
  Buffer.byteLength(JSON.stringify(claims)) <= Math.floor((LIMITS.requestJws * 3) / 4);

export const TARGETS: readonly Target[] = [
  {
    name: "strict-json",
    make: textOf(jsonTexts),
    run(input, call) {
      call(() => parseStrict(input));
    },
  },
  {
    name: "fhir-json",
    make: textOf(jsonTexts),
    run(input, call) {
      call(() => parseFhir(input));
    },
  },
  {
    name: "gate",
    make: jwsOf,
    run(input, call) {
      for (const kind of KINDS) call(() => gateSigned(kind, input));
    },
  },
  {
    name: "envelope",
    make: textOf(frames),
    run(input, call) {
      call(() => {
        const { type, body: said } = parseFrame(input);
        if (Object.hasOwn(clientBodies, type)) clientBodies[type as keyof typeof clientBodies].safeParse(said);
      });
    },
  },
  {
    // Signed by the person's own key, so that everything behind the signature is reached.
    name: "decision",
    make: valueOf(makeDecision(lee, request), makeDecision(lee, request, deny)),
    run(input, call) {
      const jws = lee.signer.sign(TYP.decision, objectOf(input));
      call(() => verifyDecision(jws, state));
    },
  },
  {
    name: "request",
    make: valueOf(request.claims),
    run(input, call) {
      const jws = gateway.sign(TYP.request, objectOf(input));
      call(() => receive(jws));
    },
  },
  {
    name: "present",
    make: valueOf(shown, makeShown({ method: "PUT", before: shown.action.op.body }), request.claims),
    run(input, call) {
      const claims = requestClaims.safeParse(JSON.parse(input));
      if (!claims.success || !isIssued(claims.data)) return;
      for (const one of builtinTemplates) call(() => present(claims.data, one, options));
      call(() => rawView(claims.data, options));
    },
  },
  {
    name: "template",
    make: valueOf(...builtinTemplates),
    run(input, call) {
      const parsed = template.safeParse(JSON.parse(input));
      if (parsed.success) call(() => present(shown, parsed.data, options));
    },
  },
  {
    name: "operation",
    make: textOf([shown.action.op.body, JSON.stringify(hospital.ORDER)]),
    run(input, call) {
      const claims = makeShown({ body: input, method: "PUT", before: shown.action.op.body });
      if (isIssued(claims)) call(() => present(claims, fallback(), options));
    },
  },
  {
    name: "update",
    make(dice) {
      const { method, before, body } = dice.of(updates);
      const changed = textOf([before, body]);
      return JSON.stringify({ method, before: dice.pick(2) === 0 ? before : changed(dice), body: changed(dice) });
    },
    first: DEAREST.map((update) => JSON.stringify(update)),
    run(input, call) {
      const claims = makeShown({ action: "record.update", ...(JSON.parse(input) as Update) });
      if (isIssued(claims)) call(() => present(claims, fallback(), options));
    },
  },
  {
    name: "bundle",
    make: valueOf(bundle),
    run(input, call) {
      const value: unknown = JSON.parse(input);
      const options = { builtinTemplates, findHidden, decodeStatusList };
      call(() => verifyBundle(value, hospital.directory.jwk, crypto, options));
    },
  },
];

function fallback() {
  const [first] = builtinTemplates;
  if (!first) throw new Error("no template");
  return first;
}
