import type { JsonWebKey } from "node:crypto";
import path from "node:path";

import { chainGenesis } from "#shared/protocol/digest.ts";

import { createGateway, type Gateway } from "../../../gateway/index.ts";
import { openDirectory } from "../../../gateway/directory/directory.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import type { GatewayCredential } from "../../blackbox/objects.ts";
import { Person } from "../../blackbox/person.ts";
import { headerOf, jdig, type Key } from "../../blackbox/signed.ts";
import { crypto, enrol } from "../../gateway/device.ts";
import { askPolicy, FHIR, makeAgent, makeDraft } from "../../gateway/world.ts";

/** So many people have a decision on the way at the same time. */
export const IN_FLIGHT = 64;

export interface Submissions {
  readonly gateway: Gateway;
  /** Denials in rounds: one of each person, each of its own request, ready to be sent. */
  readonly rounds: readonly (readonly string[])[];
  /** Whose decision it is. */
  keyOf(jws: string): Key;
  close(): Promise<void>;
}

/**
 * A gateway in this process with its store on the disk, and denials that were signed before, so that what is measured is
 * what the gateway does: verify, judge, log, commit, sign the receipt.
 */
export async function prepareSubmissions(folder: string, rounds: number): Promise<Submissions> {
  const data = path.join(folder, "gateway");
  const gateway = await createGateway({
    ...{ data, fhir: FHIR, name: "Bench", agents: [makeAgent()], pools: ["cardiology"] },
    policy: askPolicy({ hold_s: 60 }),
    facts: { gather: async () => Promise.resolve({ facts: [], checks: [], patient: PATIENT }) },
    listen: { port: 0 },
  });
  const { authority } = gateway;
  if (authority === undefined) throw new Error("a gateway of its own has its directory");
  const directory = openDirectory(path.join(data, "directory"), { clock: systemClock });
  const people = Array.from({ length: IN_FLIGHT }, (_, i) => {
    const sub = `${authority.iss}/approvers/bench-${String(i)}`;
    const now = Math.floor(Date.now() / 1000);
    const { device, cred } = enrol(authority, directory, { sub, pools: ["cardiology"] }, now);
    const { signer } = device;
    const { kid, alg, jwk } = signer;
    if (alg !== "ES256") throw new Error("ES256 unless asked for another");
    const key: Key = {
      kid,
      alg,
      jwk: { ...(jwk as unknown as JsonWebKey), alg },
      sign: (input: string) => Buffer.from(signer.signBytes(Buffer.from(input))),
    };
    const pinned = { directory: { ...directory.jwk, alg }, gateway: {} as GatewayCredential };
    const person = new Person(key, cred, pinned);
    person.chain = { n: 0, prev: chainGenesis(crypto, kid, gateway.iss) };
    return person;
  });
  directory.close();
  const all: string[][] = [];
  for (let round = 0; round < rounds; round++) {
    const signed: string[] = [];
    for (const [i, person] of people.entries()) {
      const task = { id: `task-${String(round)}-${String(i)}`, goal: "Bench" };
      const raised = await gateway.request(makeDraft({ task }));
      if (raised.kind !== "pending") throw new Error(JSON.stringify(raised));
      const jws = gateway.core.store.currentRequest(raised.rid)?.jws ?? "";
      const decision = person.decide(jws, "deny");
      person.chain = { n: person.chain.n + 1, prev: jdig(decision) };
      signed.push(decision);
    }
    all.push(signed);
  }
  const keys = new Map(people.map(({ key }) => [key.kid, key]));
  const keyOf = (jws: string): Key => {
    const key = keys.get(String(headerOf(jws)["kid"]));
    if (key === undefined) throw new Error("nobody's decision");
    return key;
  };
  return { gateway, rounds: all, keyOf, close: async () => await gateway.close() };
}

/** Sends one round at once, and resolves when all of it was acknowledged; `onAnswer` runs with each acknowledgement. */
export async function submitRound(
  { core }: Gateway,
  round: readonly string[],
  onAnswer: () => void = () => undefined,
): Promise<void> {
  await Promise.all(
    round.map(
      (jws) =>
        new Promise<void>((resolve, reject) => {
          core.submitInGroup(jws, undefined, (outcome) => {
            onAnswer();
            if ("value" in outcome && outcome.value.kind === "receipt") resolve();
            else reject(new Error(JSON.stringify("value" in outcome ? outcome.value : String(outcome.error))));
          });
        }),
    ),
  );
}

const PATIENT = {
  ref: "Patient/p-104" as const,
  name: "EXAMPLE, Ruth (Mrs)",
  family: "Example",
  given: ["Ruth"],
  birthDate: "1951-03-09",
  mrn: "SYN-104-77",
  sex: "female",
};
