import type { PracticeResult, PracticeStatus } from "#shared/ipc/contract.ts";
import { BUILTIN_TEMPLATES, builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { findHidden } from "#shared/presentation/text-hygiene.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { templateDigest } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import type { Clock, RandomBytes } from "../clock.ts";
import type { ClientInfo } from "../connection/handshake.ts";
import type { Keyring, Known } from "../keys/keyring.ts";
import { softwareKeyStore } from "../keys/key-store.ts";
import { makeUnlockedKey } from "../keys/unlocked-key.ts";
import { makeDesk } from "../requests/desk.ts";
import type { Desk, DeskEvents } from "../requests/desk-port.ts";
import { makeDraw } from "../requests/draw.ts";
import { EXERCISES } from "./exercises.ts";
import { makeFleetingVault } from "./fleeting-vault.ts";
import { makePracticeGateway, type Issued } from "./gateway.ts";
import { inMemorySockets } from "./in-memory-socket.ts";
import { makeIssuers } from "./issuers.ts";
import { PRACTICE_ENDPOINT, PRACTICE_GATEWAY, PRACTICE_NAME } from "./places.ts";
import { practiceRequest } from "./requests.ts";

export interface PracticeParts {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly newId: () => string;
  readonly client: ClientInfo;
  readonly zone: () => string;
  /** The PIN that is asked for is the person's own: it is what they practise to give. */
  readonly keyring: Pick<Keyring, "verify">;
}

type Over = Extract<PracticeStatus, { kind: "over" }>;

/**
 * One attempt at the practice (approval-experience.md S1, step 4): the app's own desk, at a gateway that is made for it, with
 * keys that are made for it. SECURITY: neither the person's key nor a real gateway has any part in it; everything is in
 * memory, under names that belong to nobody, and is gone with the attempt.
 * @param onOver all three requests are decided
 */
export function openPractice(
  parts: PracticeParts,
  { enrolment, claims, person }: Known,
  events: DeskEvents,
  onOver: (over: Over) => void,
): { readonly desk: Desk; readonly start: () => Promise<void> } {
  const { crypto, clock, random, newId } = parts;
  const now = Math.floor(clock.nowMs() / 1000);
  const issuers = makeIssuers(crypto, newId, now);
  const { privateKey } = softwareKeyStore(random).make();
  const key = makeUnlockedKey(privateKey, "software");
  const credential = issuers.admit(key.jwk, claims);
  const me = readStored("approver", credential);
  const requests = EXERCISES.map((exercise) => practiceRequest(parts, exercise, now));
  const gateway = makePracticeGateway({ ...parts, issuers, me, requests }, () => {
    const over = resultOf(gateway.issued);
    if (over) onOver(over);
  });
  const templates = new Map(builtinTemplates.map((template) => [templateDigest(crypto, template), template]));
  const desk = makeDesk(
    {
      crypto,
      clock,
      random,
      newId,
      sockets: inMemorySockets({ newId, speaker: gateway.speaker }),
      client: parts.client,
      endpoint: new URL(PRACTICE_ENDPOINT),
      iss: PRACTICE_GATEWAY,
      gatewayName: PRACTICE_NAME,
      env: "demo",
      directory: issuers.directory,
      me,
      kid: key.kid,
      credential,
      signer: { sub: me.sub, name: person.name, reg_no: person.reg_no, role: person.role },
      vault: makeFleetingVault(),
      templates: { builtin: (dig) => templates.get(dig), fetched: () => undefined },
      get: () => Promise.resolve(issuers.statusList),
      isFromHere: () => true,
      fetchTemplate: () => Promise.resolve(false),
      genericTemplate: BUILTIN_TEMPLATES.generic,
      findHidden,
      draw: makeDraw(parts.zone),
      zone: parts.zone,
      // Its gateway has no history to be checked.
      verifier: {
        check: () => Promise.reject(new CountersignError("E_CLI_PRACTICE")),
        measure: () => Promise.reject(new CountersignError("E_CLI_PRACTICE")),
        end: () => undefined,
      },
      keepAlarm: () => Promise.resolve(),
      verifyPin: (pin) => parts.keyring.verify(enrolment.kid, pin),
    },
    events,
  );
  return {
    desk: {
      ...desk,
      async close() {
        gateway.stop();
        await desk.close();
      },
      // Nothing that is done here is anybody's history, nor does it reach a key that is.
      history: () => Promise.resolve([]),
      revokeKey: () => Promise.reject(new CountersignError("E_CLI_PRACTICE")),
    },
    start: () => desk.start(key),
  };
}

/** What came of it, once nothing is open and no approval can be taken back any more. */
function resultOf(issued: readonly Issued[]): Over | undefined {
  const results = EXERCISES.flatMap(({ name, right }): PracticeResult[] => {
    const state = issued.find(({ claims }) => claims.task.id === name)?.state;
    if (state === "completed") return [{ exercise: name, right, answer: "approve" }];
    return state === "denied" || state === "revoked" ? [{ exercise: name, right, answer: "deny" }] : [];
  });
  if (results.length < EXERCISES.length) return undefined;
  return { kind: "over", passed: results.every(({ right, answer }) => right === answer), results };
}
